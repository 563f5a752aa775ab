"""A slowed Chromium with one page, and what it tells of its own speed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playwright.async_api import Browser, CDPSession, Page

SLOWER = 4
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
OBSERVE = Path(__file__).with_name("observe.js")


class Screen(NamedTuple):
    """A device: how wide, how high, and whether fingers touch it."""

    width: int
    height: int
    touch: bool


SCREENS = (Screen(1440, 900, touch=False), Screen(360, 740, touch=True))


class Slow:
    """A page on a machine that is `SLOWER` times slower than this one."""

    def __init__(self, page: Page, devtools: CDPSession, screen: Screen) -> None:
        self.page = page
        self.devtools = devtools
        self.screen = screen

    async def now(self) -> float:
        """The page's clock, in milliseconds since its navigation began."""
        return float(await self.page.evaluate("performance.now()"))

    async def seen(self, kind: str, since: float = 0.0) -> list[Any]:
        """What was noted of one kind since a moment of the page's clock."""
        found: list[Any] = await self.page.evaluate(f"clientSpeed.{kind}")
        return [one for one in found if _moment(one) >= since]

    async def answering(self) -> None:
        """Waits until the room of this page answered to its first key."""
        # The page's policy refuses what Playwright would wait for by itself.
        for _ in range(600):
            if await self.page.evaluate("clientSpeed.responded !== null"):
                return
            await self.page.wait_for_timeout(100)
        raise RuntimeError("the room does not answer within a minute")

    async def rest(self, milliseconds: float = 300) -> None:
        """Waits until what was just done has been painted and noted."""
        await self.page.wait_for_timeout(milliseconds)


def _moment(noted: Any) -> float:
    return float(noted["startTime"] if isinstance(noted, dict) else noted)


@asynccontextmanager
async def slowed(browser: Browser, screen: Screen) -> AsyncIterator[Slow]:
    """A page with a cold cache, not yet at any address; fails on an error of the page itself."""
    context = await browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        has_touch=screen.touch,
        is_mobile=screen.touch,
        locale="nl-NL",
    )
    await context.add_init_script(path=OBSERVE)
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    devtools = await context.new_cdp_session(page)
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    yield Slow(page, devtools, screen)
    await context.close()
    if errors:
        raise RuntimeError(f"the page failed: {errors}")
