"""Coming in, coming back, and being turned away with a word that helps."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.desks import NAMES, Desk, make_werkplaats
from tests.e2e.visitors import PHONE, Visitor
from tests.integration.clients import Api

Invite = Callable[..., Visitor]


def test_a_reload_keeps_the_seat(invite: Invite, api: Api) -> None:
    """After a reload one sits where one sat, and the sliders stand as they stood."""
    desk = Desk(invite(), "Wijkambtenaar").sit(f"/kamer/{api.werkplaats().code}")
    strip = desk.slider(NAMES[0])
    strip.press("ArrowUp", 3)
    strip.saved()
    desk.page.reload()
    desk.seated()
    strip.shows("65")
    strip.saved()


def test_the_own_link_opens_the_same_seat_elsewhere(invite: Invite, api: Api) -> None:
    """The personal link of a seat opens it on a phone, and both devices show the same."""
    laptop = Desk(invite(), "Wijkambtenaar")
    laptop.visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    laptop.sit(f"/kamer/{api.werkplaats().code}")
    laptop.button("Meer").click()
    laptop.button("Kopieer mijn persoonlijke link").click()
    expect(laptop.button("Gekopieerd")).to_be_visible()
    link = laptop.page.evaluate("navigator.clipboard.readText()")
    laptop.page.get_by_role("dialog").get_by_role("button", name="Sluiten").click()

    phone = Desk(invite(**PHONE), "Wijkambtenaar").enter(link)
    assert "#" not in phone.page.url, "the secret leaves the address bar"
    laptop.slider(NAMES[0]).press("ArrowUp", 2)
    phone.slider(NAMES[0]).shows("60")
    phone.slider(NAMES[0]).more.tap()
    laptop.slider(NAMES[0]).shows("65")
    expect(phone.page.get_by_role("list", name="Wie er zijn").locator(".online")).to_have_count(1)


def test_a_taken_seat_says_so(invite: Invite, api: Api) -> None:
    """Who comes later sees which seat is taken, also when it was taken a moment ago."""
    made = api.werkplaats()
    early, late = invite(), invite()
    late.page.goto(f"/kamer/{made.code}")
    button = late.page.get_by_role("button", name="Wijkambtenaar Ga zitten")
    button.wait_for()
    Desk(early, "Wijkambtenaar").sit(f"/kamer/{made.code}")
    with late.expecting("409"):
        button.click()
        expect(late.page.get_by_text("Iemand was je net voor")).to_be_visible()
    expect(late.page.get_by_text("Bezet", exact=True)).to_be_visible()
    expect(button).to_have_count(0)
    expect(late.page.get_by_text("kan de begeleider de stoel vrijmaken")).to_be_visible()
    Desk(late, "Sociaal domein").button("Sociaal domein Ga zitten").click()
    Desk(late, "Sociaal domein").seated()


def test_a_freed_seat_says_what_to_do(invite: Invite) -> None:
    """The facilitator frees a seat; who sat there is told, and takes a seat again."""
    facilitator = invite()
    made = make_werkplaats(facilitator, "Werkplaats", "Waterveen")
    desk = Desk(invite(), "Wijkambtenaar").sit(made.rooms[0])
    desk.slider(NAMES[0]).press("ArrowUp", 2)
    desk.slider(NAMES[0]).saved()
    page = facilitator.page
    page.get_by_role("link", name="Naar het overzicht").click()
    page.get_by_role("button", name="Meer over Waterveen").click()
    page.get_by_role("button", name=re.compile("Maak vrij.*Wijkambtenaar")).click()
    page.get_by_role("button", name="Maak vrij", exact=True).click()
    expect(page.get_by_text("De stoel van wijkambtenaar is vrij.")).to_be_visible()

    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Je stoel is vrijgemaakt")
    desk.button("Kies een stoel").click()
    desk.button("Wijkambtenaar Ga zitten").click()
    desk.seated()
    desk.slider(NAMES[0]).shows("60")


def test_a_code_leads_where_it_belongs(invite: Invite, api: Api) -> None:
    """The code of a room and that of a werkplaats open it, however they are typed."""
    made = api.werkplaats({"municipality": "Waterveen"}, {"municipality": "Oosterhage"})
    visitor = invite()
    page = visitor.page
    join_code = made.made["join_code"]
    for typed, heading in (
        (f"{join_code[:3].upper()} {join_code[3:]}", "Kies je gemeente"),
        (f"{visitor.url}/kamer/{made.codes[1]}", "Oosterhage"),
    ):
        page.goto("/")
        page.get_by_label("Code").fill(typed)
        page.get_by_role("button", name="Ga verder").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)


def test_an_unknown_code_says_what_to_do(invite: Invite) -> None:
    """A code that nobody gave leads to a sentence, on the home page and behind a link."""
    visitor = invite()
    page = visitor.page
    with visitor.expecting("404"):
        page.goto("/")
        page.get_by_label("Code").fill("222222")
        page.get_by_role("button", name="Ga verder").click()
        expect(page.get_by_text("We kennen deze code niet")).to_be_visible()
        for path in ("/kamer/222222", "/mee/222222"):
            page.goto(path)
            heading = page.get_by_role("heading", level=1)
            expect(heading).to_have_text("We kennen deze code niet")
        page.get_by_role("link", name="Typ een andere code").click()
        expect(page.get_by_label("Code")).to_be_visible()


def test_a_deleted_werkplaats_says_so(invite: Invite) -> None:
    """Who is in a room when the facilitator deletes everything is told, and cannot come back."""
    facilitator = invite()
    made = make_werkplaats(facilitator, "Werkplaats", "Waterveen")
    desk = Desk(invite(), "Wijkambtenaar").sit(made.rooms[0])
    page = facilitator.page
    page.get_by_role("link", name="Naar het overzicht").click()
    page.get_by_role("button", name="Beheer").click()
    page.get_by_role("button", name="Wis deze werkplaats").click()
    page.get_by_role("button", name="Ja, wis alles").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("De werkplaats is gewist")
    ended = desk.page.get_by_role("heading", level=1)
    expect(ended).to_have_text("Deze kamer is gesloten")
    desk.page.reload()
    expect(ended).to_have_text("We kennen deze kamer niet")
    with facilitator.expecting("401", "404"):
        page.goto(made.own_link)
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_have_text("Deze werkplaats gaat niet meer open")


def test_the_facilitators_own_link_works_elsewhere(invite: Invite) -> None:
    """The own link opens the overview in another browser, and the secret leaves the address bar."""
    made = make_werkplaats(invite(), "Werkplaats najaar", "Waterveen\nOosterhage")
    page = invite().page
    page.goto(made.own_link)
    expect(page.get_by_role("article")).to_have_count(2)
    assert "#" not in page.url
