"""The built client, a real server, one browser, and visitors who may not run into any trouble."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.e2e.visitors import Visitor
from tests.integration.clients import Api
from tests.integration.process import ROOT, Server

CLIENT = ROOT / "client"
SOURCES = (
    "src",
    "public",
    "index.html",
    "package-lock.json",
    "vite.config.ts",
    "delivery.ts",
    "font.ts",
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BEHIND_PROXY = {"TRUSTED_PROXIES": "1"}
PATIENCE = 15_000.0
"""Milliseconds until a page that does not show what it should fails the test."""

Invite = Callable[..., Visitor]


def _newest(*places: Path) -> float:
    files = [file for place in places for file in (place, *place.rglob("*")) if file.is_file()]
    return max((file.stat().st_mtime for file in files), default=0.0)


@pytest.fixture(scope="session")
def built() -> None:
    """The client, built from the sources as they are."""
    made = CLIENT / "dist" / "index.html"
    if made.is_file() and made.stat().st_mtime >= _newest(*(CLIENT / name for name in SOURCES)):
        return
    npm = shutil.which("npm")
    assert npm is not None, "the client is not built, and npm is not there to build it"
    subprocess.run([npm, "run", "build"], cwd=CLIENT, check=True, capture_output=True)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives the browser."""
    with sync_playwright() as driver:
        expect.set_options(timeout=PATIENCE)
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One browser for all tests; everybody in a test has a context of their own."""
    running = playwright.chromium.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS
    )
    yield running
    running.close()


@pytest.fixture(scope="session")
def server(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests; each makes a werkplaats of its own."""
    running = Server(tmp_path_factory.mktemp("server"), **BEHIND_PROXY).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def gathering(browser: Browser, server: Server) -> Iterator[Invite]:
    """Invites visitors who stay for the tests of a module."""
    with ExitStack() as stack:
        yield _inviting(browser, server.url, stack)


@pytest.fixture
def invite(browser: Browser, server: Server) -> Iterator[Invite]:
    """Invites visitors; a test fails when the browser of one of them complained."""
    with ExitStack() as stack:
        yield _inviting(browser, server.url, stack)


def _inviting(browser: Browser, url: str, stack: ExitStack) -> Invite:
    def invited(**options: Any) -> Visitor:
        visitor = Visitor(browser, options.pop("url", url), **options)
        visitor.context.set_default_timeout(PATIENCE)
        stack.callback(visitor.close)
        return visitor

    return invited


@pytest.fixture
def own_server(built: None, tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, that it may stop and start again."""
    running = Server(tmp_path, **BEHIND_PROXY).start()
    yield running
    if running.alive:
        running.stop()


@pytest.fixture(scope="session")
def api(server: Server) -> Iterator[Api]:
    """The HTTP API, for what a test is not about."""
    client = Api(server)
    yield client
    client.close()
