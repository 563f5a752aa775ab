"""Several workers behind nginx, as people see them: that one of them ends is not their concern."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from server.nginx import configuration
from tests.e2e.conftest import PATIENCE
from tests.e2e.desks import NAMES, Desk
from tests.e2e.visitors import PHONE, TABLET, Visitor
from tests.integration.balancer import Nginx, free_port
from tests.integration.clients import Api
from tests.integration.process import Server, until
from tests.integration.workers import WorkersAtRedis

OFFLINE = "Even geen verbinding"
WATCH = f"""
window.offline = false;
new MutationObserver(() => {{
  window.offline ||= document.body.innerText.includes("{OFFLINE}");
}}).observe(document.body, {{ childList: true, subtree: true }});
"""
ROLES = ("Wijkambtenaar", "Sociaal domein", "Fysiek domein")


class Installation:
    """Redis, two workers and nginx, with an API that goes by the first worker."""

    def __init__(self, folder: Path, browser: Browser, stack: ExitStack) -> None:
        self.workers = stack.enter_context(WorkersAtRedis(folder, DRAIN_SECONDS="1"))
        addresses = [worker.url.removeprefix("http://") for worker in self.workers.all]
        port = free_port()
        text = configuration(addresses, [f"127.0.0.1:{port}"], "_", None, folder)
        self._nginx = Nginx(folder, text, port)
        stack.callback(self._nginx.stop)
        self._browser = browser
        self._stack = stack
        self.api: Api = self.workers.apis[0]

    def invite(self, **options: object) -> Visitor:
        visitor = Visitor(self._browser, self._nginx.url, **options)
        visitor.context.set_default_timeout(PATIENCE)
        self._stack.callback(visitor.context.close)
        return visitor

    def busy(self) -> Server:
        """The worker that the room is on."""
        (found,) = until(self._busy, "a worker with the room")
        return found

    def _busy(self) -> list[Server]:
        three = 'mengpaneel_connections{namespace="room"} 3.0'
        found = zip(self.workers.all, self.workers.apis, strict=True)
        return [worker for worker, api in found if three in api.ask("GET", "/metrics").text]


@pytest.fixture
def installation(built: None, tmp_path: Path, browser: Browser) -> Iterator[Installation]:
    with ExitStack() as stack:
        yield Installation(tmp_path, browser, stack)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_worker_ends_under_a_trio(installation: Installation, how: str) -> None:
    """Three seats and a facilitator go on where they were; a planned stop is not even seen."""
    werkplaats = installation.api.werkplaats()
    path = f"/kamer/{werkplaats.code}"
    sizes: list[dict[str, object]] = [{}, dict(PHONE), dict(TABLET)]
    desks = [
        Desk(installation.invite(**size), role).sit(path)
        for size, role in zip(sizes, ROLES, strict=True)
    ]
    above = installation.invite().page
    above.goto(f"/begeleider/{werkplaats.id}#{werkplaats.token}")
    for number, desk in enumerate(desks):
        strip = desk.slider(NAMES[0])
        strip.press("ArrowUp", number + 1)
        strip.saved()

    desks[0].page.evaluate(WATCH)
    getattr(installation.busy(), how)()
    for desk in desks:
        strip = desk.slider(NAMES[1])
        strip.press("ArrowUp", 4)
        strip.saved()
    for desk in desks:
        desk.slider(NAMES[1]).hears("70")
    for page in (desks[0].page, above):
        expect(page.get_by_text(OFFLINE)).to_have_count(0)
    if how == "stop":
        assert desks[0].page.evaluate("window.offline") is False
