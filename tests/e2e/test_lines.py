"""Bad lines: offline, a server that goes away and comes back, and no WebSocket at all."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.desks import NAMES, Desk
from tests.e2e.visitors import Visitor
from tests.integration.clients import Api
from tests.integration.process import Server

Invite = Callable[..., Visitor]
OFFLINE = "offline, wordt bewaard"
NO_NETWORK = ("ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_CHANGED", "WebSocket connection")
NO_SERVER = ("ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "WebSocket")
GONE = "Even geen verbinding."
# What a browser behind such a proxy makes of a WebSocket.
STOPPED = """
window.WebSocket = class {
  constructor() {
    setTimeout(() => {
      this.onerror?.(new Event("error"));
      this.onclose?.(new CloseEvent("close", { code: 1006 }));
    });
  }
  send() {}
  close() {}
};
"""


def test_offline_keeps_what_one_does(invite: Invite, api: Api) -> None:
    """Without a network one places on; it is said, kept, and saved when the network is back."""
    path = f"/kamer/{api.werkplaats().code}"
    away, here = (Desk(invite(), role).sit(path) for role in ("Wijkambtenaar", "Sociaal domein"))
    strip = away.slider(NAMES[0])
    strip.press("ArrowUp", 2)
    strip.saved()
    here.slider(NAMES[0]).hears("Wijkambtenaar: 60")
    with away.visitor.expecting(*NO_NETWORK):
        away.visitor.context.set_offline(True)
        expect(away.page.get_by_role("alert").get_by_text(GONE)).to_be_visible()
        strip.press("ArrowUp", 4)
        strip.shows("80")
        expect(strip.root.get_by_text(OFFLINE)).to_be_visible()
        away.slider(NAMES[1]).button("Weet ik niet").click()
        away.visitor.context.set_offline(False)
        expect(away.page.get_by_text(GONE)).to_have_count(0)
    strip.saved()
    strip.shows("80")
    here.slider(NAMES[0]).hears("Wijkambtenaar: 80")
    here.slider(NAMES[1]).hears("Wijkambtenaar: weet ik niet")


def test_a_server_that_comes_back_has_everything(invite: Invite, own_server: Server) -> None:
    """The server stops and starts on the same store and port; nobody reloads, nothing is lost."""
    client = Api(own_server)
    made = client.werkplaats()
    client.close()
    path = f"/kamer/{made.code}"
    roles = ("Wijkambtenaar", "Sociaal domein")
    one, two = (Desk(invite(url=own_server.url), role).sit(path) for role in roles)
    one.slider(NAMES[0]).press("ArrowUp", 2)
    two.slider(NAMES[0]).hears("Wijkambtenaar: 60")
    with one.visitor.expecting(*NO_SERVER), two.visitor.expecting(*NO_SERVER):
        own_server.settings["PORT"] = own_server.url.rpartition(":")[2]
        own_server.stop()
        for desk in (one, two):
            expect(desk.page.get_by_role("alert").get_by_text(GONE)).to_be_visible()
        one.slider(NAMES[0]).press("ArrowUp", 5)
        expect(one.slider(NAMES[0]).root.get_by_text(OFFLINE)).to_be_visible()
        two.slider(NAMES[1]).press("ArrowDown", 5)
        own_server.start()
        for desk in (one, two):
            expect(desk.page.get_by_text(GONE)).to_have_count(0)
    one.slider(NAMES[0]).shows("85")
    one.slider(NAMES[0]).saved()
    two.slider(NAMES[0]).hears("Wijkambtenaar: 85")
    one.slider(NAMES[1]).hears("Sociaal domein: 25")


def test_placing_works_without_websockets(invite: Invite, api: Api) -> None:
    """Where a proxy stops every WebSocket, long-polling carries the whole placing."""
    path = f"/kamer/{api.werkplaats().code}"
    one, two = Desk(invite(), "Wijkambtenaar"), Desk(invite(), "Fysiek domein")
    for desk in (one, two):
        desk.visitor.context.add_init_script(STOPPED)
        desk.sit(path)
    one.slider(NAMES[0]).drag(80)
    two.slider(NAMES[0]).hears("Wijkambtenaar: 80")
    one.place(dict.fromkeys(NAMES[1:], 60))
    two.place(dict.fromkeys(NAMES, 40))
    one.slider(NAMES[4]).hears("Fysiek domein: 40. 20 punten uit elkaar: nuance.")
    for desk in (one, two):
        desk.slider(NAMES[4]).saved()
        desk.done()
        assert desk.visitor.frames == []
    one.propose("Vergelijken")
    two.confirm()
    one.at("Vergelijken")
