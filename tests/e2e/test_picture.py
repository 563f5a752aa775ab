"""The picture of the room for the documentation, made anew on request."""

import os
from collections.abc import Callable
from pathlib import Path

from tests.e2e.checks import rest
from tests.e2e.desks import NAMES, Desk
from tests.e2e.visitors import Visitor
from tests.integration.clients import Api, Member
from tests.integration.process import ROOT

PICTURE = ROOT / "docs" / "images" / "room.png"
LARGEST = 250_000
CASE = "speelplekken of parkeerplekken in de Molenbuurt"
POSITIONS = {
    "wijkambtenaar": (70, 30, 85, 45, 80),
    "sociaal": (62, 35, 78, 50, 60),
    "fysiek": (55, 25, 40, 50, 20),
}
REASONS = {
    "wijkambtenaar": "De wijkkrant komt elk kwartaal.",
    "sociaal": "Wij bellen elkaar, maar niets staat vast.",
    "fysiek": "Onze afdeling hoort het vaak te laat.",
}
NAMED = {"wijkambtenaar": "Fatima", "fysiek": "Anneke"}
IDS = ("positionering", "proces-gemeente", "proces-bewoners", "bestuur", "communicatie")


def test_the_picture_is_made(invite: Callable[..., Visitor], api: Api, tmp_path: Path) -> None:
    """Three seats compare: the picture shows where they differ and what to talk about first."""
    made = api.werkplaats({"municipality": "Waterveen", "case": CASE})
    members = []
    for role, name in NAMED.items():
        answer = api.ask("POST", f"rooms/{made.code}/seats", json={"role": role, "name": name})
        members.append(Member(api.server, made.code, answer.json()["token"]))
    desk = Desk(invite(), "Sociaal domein").sit(f"/kamer/{made.code}", "Joris")
    desk.button("Onze eigen casus").click()
    for role, member in zip(NAMED, members, strict=True):
        member.place(dict(zip(IDS, POSITIONS[role], strict=True)))
        _say(member, REASONS[role])
    for name, value in zip(NAMES, POSITIONS["sociaal"], strict=True):
        strip = desk.slider(name)
        strip.drag(value)
        strip.saved()
    desk.slider("Communicatie").button("Uitleg en reden").click()
    desk.page.get_by_label("Jouw reden").fill(REASONS["sociaal"])
    desk.button("Sluit").click()
    desk.slider("Communicatie").button("reden \u2713").wait_for()
    for member in members:
        member.ok("phase", {"phase": "compare", "round": "huidig"})
    desk.at("Vergelijken")
    desk.page.mouse.move(720, 880)
    desk.page.evaluate("document.activeElement.blur()")
    rest(desk.page)
    # With UPDATE_SCREENSHOT=1 it becomes the picture of the README.
    picture = PICTURE if os.environ.get("UPDATE_SCREENSHOT") else tmp_path / PICTURE.name
    desk.page.screenshot(path=picture, animations="disabled")
    for member in members:
        member.close()
    assert picture.stat().st_size <= LARGEST


def _say(member: Member, text: str) -> None:
    member.ok("reason", {"slider": "communicatie", "text": text, "round": "huidig"})
