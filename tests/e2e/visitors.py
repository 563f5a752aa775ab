"""People with a browser: each has a context of their own, and nothing may go wrong in it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, WebSocket

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
TABLET = {"viewport": {"width": 768, "height": 1024}}
LAPTOP = {"viewport": {"width": 1440, "height": 900}}

SAY_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`the policy refused ${event.violatedDirective}: ${event.blockedURI}`));
"""
# Leaving a page ends the requests that it still had.
LEFT = "net::ERR_ABORTED"


class Trouble(NamedTuple):
    """Something that the browser complained about."""

    kind: str
    text: str


class Visitor:
    """One person: a browser context, its page, and all that the browser complained about."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.troubles: list[Trouble] = []
        self.frames: list[str] = []
        self.context = browser.new_context(
            base_url=url, locale="nl-NL", timezone_id="Europe/Amsterdam", **{**LAPTOP, **options}
        )
        self.context.add_init_script(SAY_VIOLATIONS)
        self.context.on("weberror", lambda error: self._note("page error", str(error.error)))
        self.context.on("console", self._console)
        self.context.on("requestfailed", self._failed)
        self.context.on("response", self._answered)
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.on("websocket", self._listen)
        return page

    def _note(self, kind: str, text: str) -> None:
        self.troubles.append(Trouble(kind, text))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note("console", message.text)

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT:
            self._note("failed request", f"{request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._note("answer", f"{response.status} {response.request.method} {response.url}")

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.frames.append(str(frame)))

    @contextmanager
    def expecting(self, *patterns: str) -> Iterator[None]:
        """What is said in here and matches a pattern is part of the test."""
        before = len(self.troubles)
        yield
        # What the browser still has to tell comes with the next thing that it is asked.
        self.page.evaluate("new Promise((done) => setTimeout(done))")
        expected = re.compile("|".join(patterns))
        found = self.troubles[before:]
        self.troubles[before:] = [one for one in found if not expected.search(one.text)]

    def close(self) -> None:
        """Leaves; fails where the browser complained about anything unexpected."""
        self.context.close()
        assert self.troubles == []
