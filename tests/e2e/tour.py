"""A walk along every state of every page, so that each can be judged where it stands.

A part is a generator: it brings a page into a state, names it, and goes on when it was judged.
Colleagues who are not looked at are connections without a browser.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from playwright.sync_api import Page, expect

from tests.e2e.desks import NAMES, Desk, Strip
from tests.e2e.visitors import Visitor
from tests.integration.clients import Api, Member, Werkplaats

Stop = tuple[str, Page]
Invite = Callable[..., Visitor]

CASE = "speelplekken of parkeerplekken in de Molenbuurt"
WATERVEEN = {"municipality": "Waterveen", "case": CASE}
ROOMS = [
    WATERVEEN,
    {"municipality": "Oosterhage"},
    {"municipality": "Duinrade", "case": "ontmoeten in Zuid"},
    {"municipality": "Linderwoud"},
]
WIJKAMBTENAAR = dict(
    zip(
        ("positionering", "proces-gemeente", "proces-bewoners", "bestuur", "communicatie"),
        (70, 30, 85, 45, 80),
        strict=True,
    )
)
SOCIAAL = {**WIJKAMBTENAAR, "positionering": 60, "proces-gemeente": 35, "proces-bewoners": 75}
FYSIEK = {**WIJKAMBTENAAR, "positionering": 55, "proces-bewoners": 40, "communicatie": 20}
PARTS = {
    "pages": (
        "home",
        "home-error",
        "create",
        "create-errors",
        "create-filled",
        "links",
        "links-qr",
        "join-pick",
        "join-room",
        "join-unknown",
        "no-access",
        "not-found",
        "privacy",
        "accessibility",
    ),
    "room": (
        "place-about",
        "place-live",
        "place-detail",
        "place-table",
        "place-menu",
        "place-proposal",
        "compare",
        "compare-detail",
        "agree",
        "agree-detail",
        "agree-table",
        "agree-settled",
        "outcome",
        "outcome-open",
        "ambition",
        "ambition-placed",
        "called",
        "still",
        "freed",
    ),
    "hidden": ("hidden-place", "hidden-waiting", "hidden-looking-along"),
    "four": ("four-place", "four-agree", "four-outcome"),
    "overview": (
        "overview-empty",
        "overview-cards",
        "overview-chosen",
        "overview-table",
        "overview-room",
        "overview-manage",
        "overview-manage-errors",
        "overview-delete",
        "looking-along",
        "overview-deleted",
    ),
}


def pages(invite: Invite, api: Api) -> Iterator[Stop]:
    """The pages around the room, with their errors."""
    visitor = invite()
    page = visitor.page
    page.goto("/")
    page.get_by_role("heading", level=1).wait_for()
    yield "home", page
    page.get_by_label("Code").fill("abc")
    page.get_by_role("button", name="Ga verder").click()
    expect(page.get_by_text("Hier staan er 3")).to_be_visible()
    yield "home-error", page

    page.goto("/begeleider")
    expect(page.get_by_label("Naam van de werkplaats")).to_be_visible()
    yield "create", page
    page.get_by_label("Gemeenten").fill("Waterveen\nWaterveen")
    page.get_by_label("Hoeveel dagen").fill("nul")
    page.get_by_role("button", name="Maak de werkplaats").click()
    expect(page.get_by_text("Er klopt nog iets niet")).to_be_visible()
    yield "create-errors", page
    page.get_by_label("Naam van de werkplaats").fill("Werkplaats wijkgericht werken")
    page.get_by_label("Gemeenten").fill(
        f"Waterveen; {CASE}\nOosterhage\nDuinrade; ontmoeten in Zuid"
    )
    page.get_by_label("Hoeveel dagen").fill("90")
    yield "create-filled", page
    page.get_by_role("button", name="Maak de werkplaats").click()
    expect(page.get_by_role("region", name="Een link per kamer")).to_be_visible()
    yield "links", page
    page.get_by_role("button", name="QR-codes").click()
    page.get_by_role("img", name="QR-code van de kamer van Oosterhage").wait_for()
    yield "links-qr", page

    made = api.werkplaats(*ROOMS)
    made.seat("fysiek")
    page.goto(f"/mee/{made.made['join_code']}")
    page.get_by_role("button", name="Waterveen").wait_for()
    yield "join-pick", page
    page.get_by_role("button", name="Waterveen").click()
    page.get_by_role("button", name="Ga zitten").first.wait_for()
    yield "join-room", page
    with visitor.expecting("404"):
        page.goto("/kamer/2222aa")
        expect(page.get_by_text("We kennen deze code niet")).to_be_visible()
        yield "join-unknown", page
    page.goto("/begeleider/onbekend")
    expect(page.get_by_text("Open je begeleiderslink")).to_be_visible()
    yield "no-access", page
    with visitor.expecting("404"):
        for name, path in (("not-found", "/nergens"),):
            page.goto(path)
            page.get_by_role("heading", level=1).wait_for()
            yield name, page
    for name, path in (("privacy", "/privacy"), ("accessibility", "/toegankelijkheid")):
        page.goto(path)
        page.get_by_role("heading", level=1).wait_for()
        yield name, page


class Trio:
    """One seat in a browser, the other two as connections."""

    def __init__(self, invite: Invite, made: Werkplaats, stack: ExitStack) -> None:
        self.made = made
        self.w = stack.enter_context(made.join("wijkambtenaar"))
        self.f = stack.enter_context(made.join("fysiek"))
        self.desk = Desk(invite(), "Sociaal domein")
        self.desk.sit(f"/kamer/{made.code}", "Joris")
        self.page = self.desk.page

    @property
    def others(self) -> tuple[Member, Member]:
        assert isinstance(self.w, Member)
        assert isinstance(self.f, Member)
        return self.w, self.f

    def place(self, round_id: str = "huidig") -> None:
        w, f = self.others
        w.place(WIJKAMBTENAAR, round_id)
        f.place(FYSIEK, round_id)
        reasons = (
            (w, "proces-bewoners", "In de Molenbuurt bellen bewoners mij rechtstreeks."),
            (f, "proces-bewoners", "Het plan voor de speelplek lag er al."),
            (w, "communicatie", "De wijkkrant komt elk kwartaal, en bewoners lezen hem."),
            (f, "communicatie", "Onze afdeling hoort het vaak te laat."),
        )
        for member, slider, text in reasons:
            member.ok("reason", {"slider": slider, "text": text, "round": round_id})

    def step(self, phase: str, round_id: str = "huidig") -> None:
        """The other two take the step."""
        for member in self.others:
            member.ok("phase", {"phase": phase, "round": round_id})


def room(invite: Invite, api: Api) -> Iterator[Stop]:
    """A live room, from the first question to the second round."""
    with ExitStack() as stack:
        yield from _room(Trio(invite, api.werkplaats(WATERVEEN), stack), invite)


def _room(trio: Trio, invite: Invite) -> Iterator[Stop]:
    desk, page = trio.desk, trio.page
    w, f = trio.others
    yield "place-about", page
    desk.button("Onze eigen casus").click()
    expect(page.get_by_text("over onze casus")).to_be_visible()
    trio.place()
    desk.place({"positionering": 60, "proces-gemeente": 35, "proces-bewoners": "unknown"})
    desk.slider("Bestuur en politiek").button("Geen keuze").click()
    desk.slider("Bestuur en politiek").saved()
    desk.slider(NAMES[0]).hears("Fysiek domein: 55")
    yield "place-live", page

    detail = desk.slider("Proces met bewoners").button("Uitleg")
    detail.click()
    page.get_by_label("Jouw reden").fill("Wij werken met vaste spreekuren in de wijk.")
    yield "place-detail", page
    detail.click()
    table = desk.button("Toon ook als tabel")
    table.click()
    yield "place-table", page
    table.click()
    desk.button("Meer").click()
    page.get_by_role("dialog").wait_for()
    yield "place-menu", page
    page.keyboard.press("Escape")
    desk.place({"proces-bewoners": 75, "communicatie": 80})
    for strip in (Strip(page, name) for name in NAMES):
        strip.saved()
    for member in (w, f):
        member.ok("done", {"done": True, "round": "huidig"})
    desk.done()
    w.ok("phase", {"phase": "compare", "round": "huidig"})
    desk.button("Ga mee").wait_for()
    yield "place-proposal", page
    yield from _compare(trio)
    yield from _agree(trio)
    yield from _outcome(trio)
    yield from _ambition(trio)
    yield from _called(trio, invite)


def _compare(trio: Trio) -> Iterator[Stop]:
    trio.desk.confirm()
    trio.desk.at("Vergelijken")
    yield "compare", trio.page
    detail = trio.desk.slider("Communicatie").button("Uitleg")
    detail.click()
    yield "compare-detail", trio.page
    detail.click()


def _agree(trio: Trio) -> Iterator[Stop]:
    desk, page = trio.desk, trio.page
    w, f = trio.others
    trio.step("agree")
    desk.at("Samen kiezen")
    for member in (w, f):
        member.ok("agree", {"slider": "proces-gemeente", "value": 30, "round": "huidig"})
    yield "agree", page
    detail = desk.slider("Proces met bewoners").button("Uitleg")
    detail.click()
    page.get_by_label("Jouw reden").press("End")
    yield "agree-detail", page
    detail.click()
    table = desk.button("Toon ook als tabel")
    table.click()
    yield "agree-table", page
    table.click()
    desk.slider("Proces binnen gemeente").button("Zo kan het voor mij").click()
    communicatie = desk.slider("Communicatie")
    for member in (w, f):
        member.ok("agree", {"slider": "communicatie", "value": "differ", "round": "huidig"})
    communicatie.button("We laten dit verschil staan").click()
    expect(communicatie.root.get_by_text("Jullie laten dit verschil staan")).to_be_visible()
    positionering = desk.slider("Positionering intern")
    for member in (w, f):
        member.ok("agree", {"slider": "positionering", "value": 60, "round": "huidig"})
    w.ok("consensus", {"slider": "positionering", "value": 64, "round": "huidig"})
    expect(positionering.root.get_by_text("De schuif is verzet")).to_be_visible()
    yield "agree-settled", page


def _outcome(trio: Trio) -> Iterator[Stop]:
    trio.step("outcome")
    trio.desk.at("Uitkomst")
    page = trio.page
    page.get_by_role("heading", name="Wat jullie hebben afgesproken").wait_for()
    yield "outcome", page
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    yield "outcome-open", page


def _ambition(trio: Trio) -> Iterator[Stop]:
    desk = trio.desk
    trio.step("place", "ambitie")
    desk.at("Plaatsen")
    desk.button("Onze eigen casus").wait_for()
    yield "ambition", trio.page
    desk.button("Onze eigen casus").click()
    expect(trio.page.get_by_text("over onze casus")).to_be_visible()
    trio.place("ambitie")
    desk.place({"positionering": 85, "proces-gemeente": 65})
    desk.slider(NAMES[0]).hears("Fysiek domein: 55")
    yield "ambition-placed", trio.page


def _called(trio: Trio, invite: Invite) -> Iterator[Stop]:
    desk, page = trio.desk, trio.page
    desk.button("Vraag de begeleider").click()
    facilitator = trio.made.facilitate()
    with facilitator:
        facilitator.ok("help", {"claim": True})
        expect(page.get_by_text("De begeleider komt eraan").first).to_be_visible()
        yield "called", page
        facilitator.ok("lock", {"locked": True})
        expect(page.get_by_text("even stilgezet")).to_be_visible()
        yield "still", page
    path = f"rooms/{trio.made.code}/seats/sociaal"
    assert trio.made.api.ask("DELETE", path, trio.made.token).status_code == 204
    expect(page.get_by_text("Je stoel is vrijgemaakt")).to_be_visible()
    yield "freed", page


def hidden(invite: Invite, api: Api) -> Iterator[Stop]:
    """A round in which each first places alone."""
    with ExitStack() as stack:
        made = api.werkplaats(WATERVEEN, visibility="hidden")
        trio = Trio(invite, made, stack)
        desk = trio.desk
        desk.button("De gemeente als geheel").click()
        trio.place()
        desk.place({"positionering": 60, "proces-gemeente": 35})
        desk.slider(NAMES[0]).hears("heeft gekozen")
        yield "hidden-place", desk.page
        desk.place({"proces-bewoners": 75, "bestuur": 50, "communicatie": "unknown"})
        desk.slider("Communicatie").saved()
        desk.done()
        desk.page.get_by_role("button", name="Wacht op").wait_for()
        yield "hidden-waiting", desk.page
        page = invite().page
        page.goto(f"/begeleider/{made.id}#{made.token}")
        page.get_by_role("button", name="Kijk mee").click()
        page.get_by_role("region", name="Mengpaneel").wait_for()
        Strip(page, NAMES[0]).hears("heeft gekozen")
        yield "hidden-looking-along", page


def four(invite: Invite, api: Api) -> Iterator[Stop]:
    """Four seats and six sliders: the fullest panel."""
    roles = ["wijkambtenaar", "sociaal", "fysiek", "veiligheid"]
    made = api.werkplaats(WATERVEEN, roles=roles, wijk=True)
    with ExitStack() as stack:
        trio = Trio(invite, made, stack)
        fourth = stack.enter_context(made.join("veiligheid"))
        assert isinstance(fourth, Member)
        desk = trio.desk
        desk.button("Onze eigen casus").click()
        trio.place()
        fourth.place({**FYSIEK, "bestuur": 5, "wijk": 90})
        desk.place({"positionering": 60, "bestuur": 95, "Deze wijk": 65})
        desk.slider(NAMES[0]).hears("Veiligheid: 55")
        yield "four-place", desk.page
        trio.step("agree")
        desk.at("Samen kiezen")
        yield "four-agree", desk.page
        trio.step("outcome")
        desk.at("Uitkomst")
        desk.page.get_by_role("heading", name="Wat jullie hebben afgesproken").wait_for()
        yield "four-outcome", desk.page


def overview(invite: Invite, api: Api) -> Iterator[Stop]:
    """The facilitator's own page, with rooms at several steps."""
    made = api.werkplaats(*ROOMS, title="Werkplaats wijkgericht werken")
    visitor = invite()
    page = visitor.page
    page.goto(f"/begeleider/{made.id}#{made.token}")
    expect(page.get_by_role("article")).to_have_count(len(ROOMS))
    yield "overview-empty", page
    with ExitStack() as stack:
        _fill(made, stack)
        calling = page.get_by_role("article", name="Duinrade")
        expect(calling.get_by_text("vraagt hulp")).to_be_visible()
        expect(page.get_by_role("article", name="Waterveen").locator(".marker")).to_have_count(15)
        yield "overview-cards", page
        page.get_by_role("checkbox", name="Kies Waterveen").check()
        page.get_by_role("checkbox", name="Kies Duinrade").check()
        page.get_by_role("button", name="Zet 2 kamers stil").click()
        expect(page.get_by_text("stilgezet").first).to_be_visible()
        yield "overview-chosen", page
        page.get_by_role("button", name="Tabel").click()
        yield "overview-table", page
        page.get_by_role("button", name="Kaarten").click()
        page.get_by_role("button", name="Meer over Waterveen").click()
        page.get_by_role("dialog").wait_for()
        page.get_by_role("button", name=re.compile("Maak vrij.*Fysiek")).click()
        yield "overview-room", page
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Beheer").click()
        yield "overview-manage", page
        page.get_by_role("dialog").get_by_role("button", name="Voeg toe").click()
        expect(page.get_by_text("Vul minstens")).to_be_visible()
        yield "overview-manage-errors", page
        page.get_by_role("button", name="Wis deze werkplaats").click()
        page.get_by_role("button", name="Ja, wis alles").wait_for()
        yield "overview-delete", page
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Kijk mee in Waterveen").click()
        page.get_by_role("region", name="Mengpaneel").wait_for()
        Strip(page, NAMES[0]).hears("Fysiek domein: 55")
        yield "looking-along", page
    page.get_by_role("link", name="Terug naar het overzicht").click()
    page.get_by_role("button", name="Beheer").click()
    page.get_by_role("button", name="Wis deze werkplaats").click()
    page.get_by_role("button", name="Ja, wis alles").click()
    expect(page.get_by_text("De werkplaats is gewist")).to_be_visible()
    yield "overview-deleted", page


def _fill(made: Werkplaats, stack: ExitStack) -> None:
    """The first room compares, the second has begun, the third calls, the fourth is empty."""
    first = [
        stack.enter_context(made.join(role)) for role in ("wijkambtenaar", "sociaal", "fysiek")
    ]
    for member, values in zip(first, (WIJKAMBTENAAR, SOCIAAL, FYSIEK), strict=True):
        assert isinstance(member, Member)
        member.place(values)
    for member in first[:2]:
        assert isinstance(member, Member)
        member.ok("phase", {"phase": "compare", "round": "huidig"})
    server = made.api.server
    second = Member(server, made.codes[1], made.seat("sociaal", made.codes[1]))
    third = Member(server, made.codes[2], made.seat("fysiek", made.codes[2]))
    for member in (second, third):
        stack.enter_context(member)
        member.place({"positionering": 40, "bestuur": "unknown"})
    third.ok("help", {"help": True})


TOUR: dict[str, Callable[[Invite, Api], Iterator[Stop]]] = {
    "pages": pages,
    "room": room,
    "hidden": hidden,
    "four": four,
    "overview": overview,
}
