"""The pages as people use them: making a werkplaats, taking a seat, placing, agreeing."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.e2e.visitors import Visitor

SLIDERS = {
    "positionering": "Positionering intern",
    "proces-gemeente": "Proces binnen gemeente",
    "proces-bewoners": "Proces met bewoners",
    "bestuur": "Bestuur en politiek",
    "communicatie": "Communicatie",
}
NAMES = tuple(SLIDERS.values())
PHASES = {"Plaatsen": 1, "Vergelijken": 2, "Samen kiezen": 3, "Uitkomst": 4}
SAVED = "\u2713 opgeslagen"


class Made(NamedTuple):
    """A werkplaats made through the pages: the paths that its facilitator got."""

    overview: str
    own_link: str
    for_all: str
    rooms: list[str]


def box(locator: Locator) -> FloatRect:
    """Where something is on the screen."""
    found = locator.bounding_box()
    assert found is not None, f"{locator} cannot be seen"
    return found


def make_werkplaats(visitor: Visitor, title: str, rooms: str, choices: Sequence[str] = ()) -> Made:
    """From the home page to the page with the links."""
    page = visitor.page
    page.goto("/")
    page.get_by_role("link", name="Maak een werkplaats").click()
    page.get_by_label("Naam van de werkplaats").fill(title)
    page.get_by_label("Gemeenten, \u00e9\u00e9n per regel").fill(rooms)
    for choice in choices:
        page.get_by_label(choice).check()
    page.get_by_role("button", name="Maak de werkplaats").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Je werkplaats staat klaar")
    links = page.get_by_role("region", name="Een link per kamer").get_by_role("link")
    expect(links).to_have_count(len(rooms.splitlines()))
    return Made(
        overview=page.url.removesuffix("/links"),
        own_link=page.get_by_label("Link voor de begeleider", exact=True).input_value(),
        for_all=page.get_by_label("Link voor iedereen", exact=True).input_value(),
        rooms=[link.get_attribute("href") or "" for link in links.all()],
    )


class Strip:
    """One slider of the panel as a seat has it before them."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.root = page.get_by_role("group", name=name, exact=True)
        self.input = self.root.get_by_role("slider")
        self.cap = self.root.locator(".cap")
        self.others = self.root.locator("[id$=-others]")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name)

    @property
    def less(self) -> Locator:
        return self.button("lager")

    @property
    def more(self) -> Locator:
        return self.button("hoger")

    def spot(self, value: int) -> tuple[float, float]:
        """Where on the screen the middle of the cap stands for a value."""
        self.root.scroll_into_view_if_needed()
        track, cap = box(self.input), box(self.cap)
        if track["width"] > track["height"]:
            way = track["width"] - cap["width"]
            x = track["x"] + cap["width"] / 2 + way * value / 100
            return x, track["y"] + track["height"] / 2
        way = track["height"] - cap["height"]
        y = track["y"] + cap["height"] / 2 + way * (100 - value) / 100
        return track["x"] + track["width"] / 2, y

    def drag(self, value: int, *, drop: bool = True) -> None:
        """Takes the cap by the mouse to a value."""
        to = self.spot(value)
        cap = box(self.cap)
        mouse = self.page.mouse
        mouse.move(cap["x"] + cap["width"] / 2, cap["y"] + cap["height"] / 2)
        mouse.down()
        mouse.move(*to, steps=8)
        if drop:
            mouse.up()

    def tap(self, value: int) -> None:
        """Touches the track at a value."""
        self.page.touchscreen.tap(*self.spot(value))

    def press(self, key: str, times: int = 1) -> None:
        """Uses the keyboard."""
        self.input.focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def shows(self, value: str) -> None:
        expect(self.cap).to_have_text(value)

    def saved(self) -> None:
        expect(self.root.get_by_text(SAVED)).to_be_visible()

    def hears(self, text: str) -> None:
        """Waits for what the line of text says about the others."""
        expect(self.others).to_contain_text(text)


class Desk:
    """The room as one seat has it before them."""

    def __init__(self, visitor: Visitor, role: str) -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.role = role

    def sit(self, path: str, name: str | None = None) -> "Desk":
        """Takes the seat by the link of the room: one click."""
        self.page.goto(path)
        if name is not None:
            self.page.get_by_label("Hoe mogen de anderen je noemen?").fill(name)
        self.page.get_by_role("button", name=f"{self.role} Ga zitten").click()
        return self.seated()

    def enter(self, path: str) -> "Desk":
        """Opens the own link of the seat."""
        self.page.goto(path)
        return self.seated()

    def seated(self) -> "Desk":
        expect(self.page.get_by_role("region", name="Mengpaneel")).to_be_visible()
        expect(self.slider(NAMES[0]).input).to_be_visible()
        return self

    def slider(self, name: str) -> Strip:
        return Strip(self.page, name)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    @property
    def next(self) -> Locator:
        """The bar with the next step, at the same place in every phase."""
        return self.page.get_by_role("region", name="Volgende stap")

    def place(self, values: Mapping[str, int | str]) -> None:
        """Places sliders, by the keyboard and the two buttons beside it."""
        for slider, value in values.items():
            strip = self.slider(SLIDERS.get(slider, slider))
            if value == "unknown":
                strip.button("Weet ik niet").click()
                continue
            assert isinstance(value, int)
            if value == 50:
                strip.button("Geen keuze").click()
                continue
            strip.press("ArrowUp" if value > 50 else "ArrowDown", abs(value - 50) // 5)
            strip.shows(str(value))

    def done(self) -> None:
        self.button("Ik ben klaar").click()

    def at(self, phase: str) -> None:
        """Waits until the room is in a phase."""
        here = self.page.get_by_role("list", name="De stappen van deze ronde").locator(
            "[aria-current=step]"
        )
        expect(here).to_contain_text(phase)

    def propose(self, phase: str) -> None:
        self.button(f"{phase} \u2192").click()
        expect(self.next).to_contain_text("Je stelt voor:")

    def confirm(self) -> None:
        self.button("Ga mee").click()
