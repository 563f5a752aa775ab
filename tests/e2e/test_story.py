"""A whole werkplaats, as a facilitator and a trio live it."""

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.desks import NAMES, SLIDERS, Desk, Made, make_werkplaats
from tests.e2e.visitors import PHONE, TABLET, Visitor

ROOMS = "Waterveen; speelplekken of parkeerplekken in de Molenbuurt\nOosterhage"
Invite = Callable[..., Visitor]


class Story(NamedTuple):
    """The facilitator and the three seats, each with a browser of their own."""

    facilitator: Page
    wijkambtenaar: Desk
    sociaal: Desk
    fysiek: Desk

    @property
    def trio(self) -> tuple[Desk, Desk, Desk]:
        return self.wijkambtenaar, self.sociaal, self.fysiek

    @property
    def card(self) -> Locator:
        return self.facilitator.get_by_role("article", name="Waterveen")

    def step(self, phase: str) -> None:
        """One seat proposes, a second goes along, and everybody is there."""
        self.wijkambtenaar.propose(phase)
        expect(self.sociaal.next).to_contain_text("Wijkambtenaar stelt voor:")
        self.sociaal.confirm()
        for desk in self.trio:
            desk.at(phase)
        expect(self.card.get_by_text(phase)).to_be_visible()


@pytest.fixture
def story(invite: Invite) -> Story:
    """A werkplaats made on the pages, with the facilitator at the overview and three at a seat."""
    visitor = invite()
    made = make_werkplaats(visitor, "Werkplaats najaar", ROOMS)
    page = visitor.page
    page.get_by_role("link", name="Naar het overzicht").click()
    expect(page.get_by_role("article")).to_have_count(2)
    return Story(
        page,
        Desk(invite(), "Wijkambtenaar").sit(made.rooms[0]),
        _by_the_link_for_all(invite, made),
        Desk(invite(**PHONE), "Fysiek domein").sit(made.rooms[0], "Anneke"),
    )


def _by_the_link_for_all(invite: Invite, made: Made) -> Desk:
    desk = Desk(invite(**TABLET), "Sociaal domein")
    desk.page.goto(made.for_all)
    desk.page.get_by_role("button", name="Waterveen").click()
    desk.button("Sociaal domein Ga zitten").click()
    return desk.seated()


def test_the_whole_story(story: Story) -> None:
    """From the first link to the second round, with a facilitator who sees it live."""
    _presence(story)
    _about(story)
    _placing(story)
    _help(story)
    _comparing(story)
    _agreeing(story)
    _outcome(story)
    _next_round(story)
    _the_facilitator_steps(story)


def _presence(story: Story) -> None:
    for role in ("Wijkambtenaar", "Sociaal domein", "Fysiek domein"):
        expect(story.card.get_by_text(f"{role}: aanwezig, 0 van 5 schuiven")).to_be_attached()
    expect(story.facilitator.get_by_text("3 van 6 deelnemers aanwezig")).to_be_visible()
    here = story.wijkambtenaar.page.get_by_role("list", name="Wie er zijn")
    expect(here.get_by_text("Anneke")).to_be_visible()
    expect(here.locator("li.online")).to_have_count(3)


def _about(story: Story) -> None:
    expect(story.fysiek.page.get_by_text("De begeleider ziet live per rol").first).to_be_attached()
    story.fysiek.button("Onze eigen casus").tap()
    for desk in story.trio:
        expect(desk.page.get_by_text("over onze casus")).to_be_visible()
        expect(desk.button("Onze eigen casus")).to_have_count(0)


def _placing(story: Story) -> None:
    wijkambtenaar, sociaal, fysiek = story.trio
    expect(wijkambtenaar.button("Ik ben klaar")).to_be_disabled()
    mouse = wijkambtenaar.slider("Positionering intern")
    mouse.drag(70)
    mouse.shows("70")
    mouse.saved()
    wijkambtenaar.place({"proces-gemeente": 30, "proces-bewoners": 85, "bestuur": 45})
    wijkambtenaar.place({"communicatie": 80})

    buttons = sociaal.slider("Positionering intern")
    buttons.more.click()
    buttons.more.click()
    buttons.shows("60")
    buttons.less.click()
    buttons.shows("55")
    buttons.hears("Wijkambtenaar: 70")
    sociaal.slider("Bestuur en politiek").button("Geen keuze").click()
    sociaal.slider("Bestuur en politiek").shows("50")
    sociaal.place({"proces-gemeente": 35, "proces-bewoners": 75, "communicatie": 70})

    touch = fysiek.slider("Positionering intern")
    touch.tap(40)
    touch.shows("40")
    touch.saved()
    unknown = fysiek.slider("Proces binnen gemeente")
    unknown.button("Weet ik niet").tap()
    unknown.shows("?")
    for name, value in (("Proces met bewoners", 40), ("Bestuur en politiek", 45)):
        fysiek.slider(name).tap(value)
        fysiek.slider(name).shows(str(value))
    fysiek.slider("Communicatie").tap(20)

    mouse.hears("Sociaal domein: 55. Fysiek domein: 40. 30 punten uit elkaar: nuance.")
    expect(mouse.root.locator(".marker")).to_have_count(2)
    buttons.hears("Wijkambtenaar: 70. Fysiek domein: 40.")
    wijkambtenaar.slider("Proces binnen gemeente").hears("Fysiek domein: weet ik niet")
    wijkambtenaar.slider("Communicatie").hears("Fysiek domein: 20")

    expect(story.card.get_by_text("Wijkambtenaar: 70. Sociaal domein: 55.")).to_be_attached()
    expect(story.card.get_by_text("grootste verschil: Communicatie 60")).to_be_visible()
    expect(story.card.get_by_text("Fysiek domein: aanwezig, 5 van 5 schuiven")).to_be_attached()

    sociaal.slider("Communicatie").button("Uitleg en reden").click()
    reason = sociaal.page.get_by_label("Jouw reden")
    reason.fill("Ik hoor het vaak pas achteraf.")
    expect(sociaal.slider("Communicatie").button("Uitleg \u00b7 reden \u2713")).to_be_visible()
    sociaal.button("Sluit").click()


def _help(story: Story) -> None:
    story.fysiek.button("Vraag de begeleider").tap()
    page = story.facilitator
    expect(story.card.get_by_text("vraagt hulp")).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(1\) Werkplaats najaar"))
    page.get_by_role("button", name="Ik kom naar Waterveen").click()
    for desk in story.trio:
        expect(desk.page.get_by_text("De begeleider komt eraan").first).to_be_visible()
    expect(story.card.get_by_text("hulp onderweg")).to_be_visible()
    page.get_by_role("button", name=re.compile("Opgelost.*Waterveen")).click()
    expect(story.fysiek.button("Vraag de begeleider")).to_be_visible()


def _comparing(story: Story) -> None:
    for desk in story.trio:
        desk.done()
    for desk in story.trio:
        expect(desk.page.get_by_text("Iedereen is klaar")).to_be_visible()
    story.step("Vergelijken")
    page = story.wijkambtenaar.page
    order = page.get_by_role("complementary").get_by_role("listitem").get_by_role("button")
    expect(order).to_have_text(
        [
            re.compile("Communicatie.*60 verschil"),
            re.compile("Proces met bewoners.*45 verschil"),
            re.compile("Positionering intern.*30 nuance"),
            re.compile("Proces binnen gemeente.*5 eens"),
            re.compile("Bestuur en politiek.*5 eens"),
        ]
    )
    talk = page.get_by_role("region", name="Bespreek eerst: Communicatie")
    expect(talk.get_by_text("Fysiek domein kijkt hier anders.")).to_be_visible()
    expect(talk.get_by_text("Ik hoor het vaak pas achteraf.")).to_be_visible()
    # Who was convinced moves along, also now.
    story.wijkambtenaar.slider("Bestuur en politiek").more.click()
    story.sociaal.slider("Bestuur en politiek").hears("Wijkambtenaar: 50")


def _agreeing(story: Story) -> None:
    story.step("Samen kiezen")
    name = "Positionering intern"
    shared = story.wijkambtenaar.slider(name)
    shared.shows("55")
    expect(shared.root.get_by_text("Niet afgesproken")).to_be_visible()
    for desk in story.trio:
        desk.slider(name).button("Zo kan het voor mij").click()
    for desk in story.trio:
        expect(desk.slider(name).root.get_by_text("Afgesproken", exact=True)).to_be_visible()
        expect(desk.page.get_by_text("1 van 5 schuiven")).to_be_visible()
    shared.more.click()
    shared.shows("56")
    for desk in story.trio:
        desk.slider(name).shows("56")
        expect(desk.slider(name).root.get_by_text("De schuif is verzet.")).to_be_visible()
        expect(desk.page.get_by_text("0 van 5 schuiven")).to_be_visible()
    for desk in story.trio:
        desk.slider(name).button("Zo kan het voor mij").click()
        desk.slider("Communicatie").button("We laten dit verschil staan").click()
    for desk in story.trio:
        expect(
            desk.slider("Communicatie").root.get_by_text("Jullie laten dit verschil staan")
        ).to_be_visible()
        expect(desk.page.get_by_text("2 van 5 schuiven")).to_be_visible()


def _outcome(story: Story) -> None:
    story.step("Uitkomst")
    for desk in story.trio:
        page = desk.page
        expect(page.get_by_role("heading", level=2).first).to_contain_text("gemeente")
        settled = page.get_by_role("region", name="Wat jullie hebben afgesproken")
        expect(settled).to_contain_text("Afgesproken: Positionering intern.")
        expect(settled).to_contain_text("Dit verschil laten jullie staan: Communicatie.")
        open_ones = "Proces binnen gemeente, Proces met bewoners en Bestuur en politiek"
        expect(settled).to_contain_text(f"Niet afgesproken: {open_ones}.")
        recognised = page.get_by_role("region", name="hierin herkennen jullie je")
        expect(recognised.get_by_role("listitem").first).to_be_visible()
        expect(recognised.get_by_role("heading", name="hierin zijn jullie anders")).to_be_visible()
        tipping = page.get_by_role("region", name="De kleinste stap naar een ander profiel")
        expect(tipping).to_contain_text(re.compile(r"van \d+ naar \d+ gaan"))
        own = page.get_by_role("region", name="Wat ieder vanuit de eigen stoel ziet")
        expect(own.get_by_role("listitem")).to_have_count(3)
        page.get_by_text("Alle profielen, met de getallen").click()
        ranking = page.locator("details").filter(has_text="Alle profielen").locator("details")
        expect(ranking).to_have_count(5)
        reading = page.get_by_role("region", name="Hoe zeker is dit?")
        expect(reading).to_contain_text("eigen lezing van Mengpaneel")
        expect(reading).to_contain_text("Platform31")
    expect(story.card.get_by_text("niet afgesproken")).to_be_visible()


def _next_round(story: Story) -> None:
    story.wijkambtenaar.button("Volgende ronde").click()
    expect(story.sociaal.next).to_contain_text("de ronde \u201cWat willen wij?\u201d")
    story.sociaal.confirm()
    for desk in story.trio:
        desk.at("Plaatsen")
        expect(desk.page.get_by_text("Wat willen wij?")).to_be_visible()
    story.wijkambtenaar.button("Onze eigen casus").click()
    strip = story.sociaal.slider("Positionering intern")
    expect(strip.root.locator(".ghost")).to_have_count(1)
    strip.hears("Eerder afgesproken: 56")
    story.sociaal.slider("Bestuur en politiek").hears("niet afgesproken: 50")
    for name in NAMES:
        story.sociaal.slider(name).shows("kies")
    expect(story.card.get_by_text("Wat willen wij?")).to_be_visible()


def _the_facilitator_steps(story: Story) -> None:
    page = story.facilitator
    page.get_by_role("checkbox", name="Kies Waterveen voor een stap").check()
    page.get_by_label("Stap", exact=True).select_option(label="Vergelijken (Wat willen wij?)")
    page.get_by_role("button", name=re.compile("Zet .* op deze stap")).click()
    for desk in story.trio:
        desk.at("Vergelijken")
    expect(story.card.get_by_text("Vergelijken")).to_be_visible()
    other = page.get_by_role("article", name="Oosterhage")
    expect(other.get_by_text("Plaatsen")).to_be_visible()
    page.get_by_role("button", name="Kijk mee in Waterveen").click()
    expect(page.get_by_text("Je kijkt mee als begeleider")).to_be_visible()
    expect(page.get_by_role("slider")).to_have_count(0)
    page.get_by_role("link", name="Terug naar het overzicht").click()
    expect(story.card).to_be_visible()


def test_a_mouse_shows_others_the_way(story: Story) -> None:
    """While one drags, the others see the marker go, before it is dropped."""
    mover, watcher = story.wijkambtenaar, story.fysiek
    strip = mover.slider(SLIDERS["bestuur"])
    strip.drag(80, drop=False)
    strip.shows("80")
    watcher.slider(SLIDERS["bestuur"]).hears("Wijkambtenaar: 80")
    mover.page.mouse.move(*strip.spot(20), steps=4)
    watcher.slider(SLIDERS["bestuur"]).hears("Wijkambtenaar: 20")
    mover.page.mouse.up()
    strip.saved()
