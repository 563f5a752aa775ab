"""Hands, eyes and ears: the keyboard alone, what is said, and what the network may not do."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.checks import violations
from tests.e2e.desks import NAMES, Desk, box
from tests.e2e.visitors import PHONE, Visitor
from tests.integration.clients import Api, Member

Invite = Callable[..., Visitor]
FOCUSED = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
# The cap stands for the invisible range: it carries its outline.
OUTLINED = """() => {
  const one = document.activeElement;
  const shown = one.type === "range" ? one.parentElement.querySelector(".cap") : one;
  const { outlineStyle, outlineWidth } = getComputedStyle(shown);
  const box = shown.getBoundingClientRect();
  const bar = document.querySelector(".next");
  const over = bar?.getBoundingClientRect();
  const covered = bar && !bar.contains(one) && box.bottom > over.top && box.top < over.bottom;
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !covered;
}"""


def tab_to(page: Page, name: str) -> None:
    """Goes on by Tab until something with this name has the focus, which can be seen each time."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue
        assert page.evaluate(OUTLINED), f"no focus to be seen at: {page.evaluate(FOCUSED)}"
        if name in " ".join(page.evaluate(FOCUSED).split()):
            return
    pytest.fail(f"Tab does not come to {name}")


def test_a_seat_places_by_the_keyboard_alone(invite: Invite, api: Api) -> None:
    """From the link to being done without a mouse, and one always sees where one is."""
    page = invite().page
    page.goto(f"/kamer/{api.werkplaats().code}")
    page.get_by_role("button", name="Wijkambtenaar Ga zitten").wait_for()
    tab_to(page, "Wijkambtenaar Ga zitten")
    page.keyboard.press("Enter")
    page.get_by_role("region", name="Mengpaneel").wait_for()
    tab_to(page, "De gemeente als geheel")
    page.keyboard.press("Enter")
    expect(page.get_by_text("over de hele gemeente")).to_be_visible()
    for name in NAMES:
        slider = page.get_by_role("slider", name=name, exact=True)
        tab_to(page, name)
        expect(slider).to_be_focused()
        page.keyboard.press("ArrowUp")
    tab_to(page, "Ik ben klaar")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Iedereen is klaar")).to_be_visible()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ArrowUp", "55"),
        ("ArrowDown", "45"),
        ("ArrowRight", "55"),
        ("ArrowLeft", "45"),
        ("Home", "0"),
        ("End", "100"),
    ],
)
def test_an_own_slider_goes_by_five(key: str, value: str, own: Desk) -> None:
    """An arrow key moves one's own slider five points, and right is more."""
    strip = own.slider(NAMES[0])
    strip.button("Geen keuze").click()
    if strip.input.get_attribute("aria-valuetext") != "50, midden: geen keuze gemaakt":
        strip.button("Geen keuze").click()
    strip.press(key)
    strip.shows(value)


@pytest.fixture(scope="module")
def own(gathering: Invite, api: Api) -> Desk:
    """A seat in a room of its own."""
    return Desk(gathering(), "Wijkambtenaar").sit(f"/kamer/{api.werkplaats().code}")


def test_a_shared_slider_goes_by_one_and_by_five(invite: Invite, api: Api) -> None:
    """The buttons move the shared slider one point, the arrow keys five."""
    made = api.werkplaats()
    desk = Desk(invite(), "Sociaal domein")
    with made.join("wijkambtenaar") as other:
        assert isinstance(other, Member)
        desk.sit(f"/kamer/{made.code}")
        other.place({"bestuur": 64})
        other.ok("phase", {"phase": "agree", "round": "huidig"})
        desk.button("Ga mee").click()
        desk.at("Samen kiezen")
        strip = desk.slider("Bestuur en politiek")
        strip.shows("64")
        expect(strip.input).to_have_attribute("aria-valuetext", "64 van 100, midden")
        strip.more.click()
        strip.shows("65")
        strip.less.click()
        strip.less.click()
        strip.shows("63")
        strip.press("ArrowUp")
        strip.shows("68")
        strip.press("ArrowLeft", 2)
        strip.shows("58")
        other.until(lambda: other.fields.get("consensus/huidig/bestuur") == 58, "58")


def test_a_slider_says_its_value_in_words(invite: Invite, api: Api) -> None:
    """Not chosen, a position, the middle and "I do not know" each have words of their own."""
    desk = Desk(invite(), "Wijkambtenaar").sit(f"/kamer/{api.werkplaats().code}")
    strip = desk.slider(NAMES[0])

    def says(text: str) -> None:
        expect(strip.input).to_have_attribute("aria-valuetext", text)

    says("nog niet gekozen")
    strip.press("ArrowUp", 4)
    says("70 van 100, hoog")
    strip.press("ArrowDown", 8)
    says("30 van 100, laag")
    strip.button("Geen keuze").click()
    says("50, midden: geen keuze gemaakt")
    strip.button("Weet ik niet").click()
    says("weet ik niet")
    strip.button("Weet ik niet").click()
    says("nog niet gekozen")
    # A tap on the middle of an empty slider is a choice.
    desk.page.mouse.click(*strip.spot(50))
    says("50, midden: geen keuze gemaakt")


def test_the_network_moves_no_thumb_that_is_held(invite: Invite, api: Api) -> None:
    """While a pointer holds the shared slider, the value of others waits; the focus stays too."""
    made = api.werkplaats()
    desk = Desk(invite(), "Sociaal domein")
    with made.join("wijkambtenaar") as other:
        assert isinstance(other, Member)
        desk.sit(f"/kamer/{made.code}")
        other.place({"bestuur": 40})
        other.ok("phase", {"phase": "agree", "round": "huidig"})
        desk.button("Ga mee").click()
        desk.at("Samen kiezen")
        strip = desk.slider("Bestuur en politiek")
        strip.shows("40")
        strip.drag(80, drop=False)
        strip.shows("80")
        other.until(lambda: other.fields.get("consensus/huidig/bestuur") == 80, "80")
        value = {"slider": "bestuur", "value": 10, "round": "huidig"}
        other.ok("consensus", value)
        # A later field that arrives shows that the earlier one has arrived as well.
        other.ok("consensus", {"slider": "communicatie", "value": 33, "round": "huidig"})
        desk.slider("Communicatie").shows("33")
        strip.shows("80")
        focused = desk.page.evaluate(FOCUSED)
        desk.page.mouse.up()
        strip.shows("10")
        assert desk.page.evaluate(FOCUSED) == focused


def test_others_are_said_at_rest_and_politely(invite: Invite, api: Api) -> None:
    """One status region says where others came to rest, without taking the focus."""
    made = api.werkplaats()
    desk = Desk(invite(), "Sociaal domein")
    with made.join("wijkambtenaar") as other:
        assert isinstance(other, Member)
        desk.sit(f"/kamer/{made.code}")
        strip = desk.slider(NAMES[0])
        strip.press("ArrowUp")
        region = desk.page.locator("[role=status][aria-live=polite]").last
        for value in (10, 35, 70):
            other.place({"bestuur": value})
        expect(region).to_contain_text("Bestuur en politiek: Wijkambtenaar 70")
        expect(region).not_to_contain_text("Sociaal domein")
        assert desk.page.evaluate(FOCUSED) == NAMES[0]


def test_a_page_scrolls_under_a_finger(invite: Invite, api: Api) -> None:
    """On a phone a finger that goes up from a slider scrolls the page and moves nothing."""
    visitor = invite(**PHONE)
    desk = Desk(visitor, "Wijkambtenaar").sit(f"/kamer/{api.werkplaats().code}")
    strip = desk.slider(NAMES[1])
    strip.tap(70)
    strip.shows("70")
    where = box(strip.input)
    x, y = where["x"] + where["width"] / 4, where["y"] + where["height"] / 2
    before = desk.page.evaluate("scrollY")
    wire = visitor.context.new_cdp_session(desk.page)
    wire.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        point = {"x": x, "y": y - 15 * step}
        wire.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    desk.page.wait_for_function("before => scrollY > before + 60", arg=before)
    strip.shows("70")


def test_a_finger_drags_a_slider(invite: Invite, api: Api) -> None:
    """On a phone a finger that goes sideways takes the slider along."""
    visitor = invite(**PHONE)
    desk = Desk(visitor, "Wijkambtenaar").sit(f"/kamer/{api.werkplaats().code}")
    strip = desk.slider(NAMES[1])
    (x, y), (to, _) = strip.spot(50), strip.spot(90)
    wire = visitor.context.new_cdp_session(desk.page)
    wire.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        point = {"x": x + (to - x) * step / 10, "y": y}
        wire.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    strip.shows("90")
    strip.saved()


def test_a_room_that_is_offline_breaks_no_rule(invite: Invite, api: Api) -> None:
    """The alert of a lost connection passes the rules too."""
    desk = Desk(invite(), "Wijkambtenaar").sit(f"/kamer/{api.werkplaats().code}")
    with desk.visitor.expecting("ERR_INTERNET_DISCONNECTED", "WebSocket"):
        desk.visitor.context.set_offline(True)
        expect(desk.page.get_by_role("alert").get_by_text("Even geen verbinding")).to_be_visible()
        desk.slider(NAMES[0]).press("ArrowUp")
        assert violations(desk.page) == []
        desk.visitor.context.set_offline(False)
        expect(desk.page.get_by_text("Even geen verbinding")).to_have_count(0)
