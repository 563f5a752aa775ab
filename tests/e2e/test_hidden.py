"""A hidden round in real browsers: nothing of it arrives before the reveal."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.desks import NAMES, Desk, make_werkplaats
from tests.e2e.visitors import Visitor

Invite = Callable[..., Visitor]
HIDDEN = ["Eerst zelf, dan samen"]
VALUES = {
    "Wijkambtenaar": (70, 30, 85, 45, 80),
    "Sociaal domein": (60, 35, 75, 55, 65),
    "Fysiek domein": (40, 25, 15, 95, 20),
}
IDS = {"Wijkambtenaar": "wijkambtenaar", "Sociaal domein": "sociaal", "Fysiek domein": "fysiek"}


def received(visitor: Visitor, others: list[str]) -> list[str]:
    """The frames with a position or a reason of others."""
    of_others = re.compile(rf'"(?:position|reason)/[^"/]*/(?:{"|".join(others)})/')
    return [frame for frame in visitor.frames if of_others.search(frame)]


def test_nothing_of_others_is_sent_before_the_reveal(invite: Invite) -> None:
    """Positions and reasons stand on no page and in no frame until all are done and two agree."""
    facilitator = invite()
    made = make_werkplaats(facilitator, "Werkplaats", "Waterveen", HIDDEN)
    facilitator.page.get_by_role("link", name="Naar het overzicht").click()
    desks = [Desk(invite(), role).sit(made.rooms[0]) for role in VALUES]
    desks[0].button("De gemeente als geheel").click()
    for desk in desks:
        desk.place(dict(zip(NAMES, VALUES[desk.role], strict=True)))
    desks[2].slider("Proces met bewoners").button("Uitleg en reden").click()
    desks[2].page.get_by_label("Jouw reden").fill("Een reden die nog niemand leest")
    desks[2].button("Sluit").click()
    desks[2].slider("Communicatie").saved()
    expect(desks[2].slider("Proces met bewoners").button("reden \u2713")).to_be_visible()

    # Being done comes after all of it, so what was to be sent has been sent.
    for desk in desks:
        desk.done()
    expect(desks[0].page.get_by_text("Iedereen is klaar")).to_be_visible()
    card = facilitator.page.get_by_role("article", name="Waterveen")
    expect(card.get_by_text("Fysiek domein: aanwezig, 5 van 5 schuiven, klaar")).to_be_attached()
    for desk in desks:
        others = [IDS[role] for role in VALUES if role != desk.role]
        assert received(desk.visitor, others) == []
        assert desk.visitor.frames, "the frames were listened to"
        expect(desk.page.locator(".panel .marker")).to_have_count(0)
        expect(desk.slider("Communicatie").others).to_contain_text("heeft gekozen")
        if desk is not desks[2]:
            assert "nog niemand leest" not in desk.page.content()
    assert received(facilitator, list(IDS.values())) == []
    assert not any("nog niemand leest" in frame for frame in facilitator.frames)
    overview = re.compile(r'"positions":\{[^}]*\d')
    assert [frame for frame in facilitator.frames if overview.search(frame)] == []
    expect(card.get_by_text("Verborgen tot deze kamer gaat vergelijken")).to_be_visible()

    desks[0].propose("Vergelijken")
    desks[1].confirm()
    for desk in desks:
        desk.at("Vergelijken")
        expect(desk.page.locator(".panel .marker")).to_have_count(10)
    desks[0].slider("Communicatie").hears("Sociaal domein: 65. Fysiek domein: 20.")
    expect(desks[0].page.get_by_text("Een reden die nog niemand leest")).to_be_visible()
    expect(card.get_by_text("Wijkambtenaar: 80. Sociaal domein: 65.")).to_be_attached()


def test_one_who_is_not_done_keeps_the_round_hidden(invite: Invite) -> None:
    """While one who is there is not done, the others are told whom they wait for."""
    made = make_werkplaats(invite(), "Werkplaats", "Waterveen", HIDDEN)
    first, second = (Desk(invite(), role).sit(made.rooms[0]) for role in list(VALUES)[:2])
    first.place(dict(zip(NAMES, VALUES["Wijkambtenaar"], strict=True)))
    first.done()
    expect(first.button("Wacht op Sociaal domein")).to_be_disabled()
    second.slider(NAMES[0]).hears("Wijkambtenaar: heeft gekozen")
