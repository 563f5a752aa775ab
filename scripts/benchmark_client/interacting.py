"""From a press to the next paint, for all that one does in a room."""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import quantiles
from typing import NamedTuple

from playwright.async_api import Locator, expect

from scripts.benchmark_client.browser import Slow
from scripts.benchmark_client.pointer import drag, spots
from scripts.benchmark_client.room import Room

UNNOTED = 16.0
"""Milliseconds; the browser tells nothing of what was painted sooner."""
REASON = "Wij bellen elkaar elke week."
TIMES = 6
STEP = "taking a step"
AFTER_STEP = "the longest frame when the step comes"
"""No interaction: it is drawn when the server has answered. It stands here to be seen."""


class Delay(NamedTuple):
    """From input to paint, in milliseconds, over a number of interactions."""

    number: int
    p75: float
    worst: float


class Interactions:
    """Does what a participant does, and keeps how long each paint took."""

    def __init__(self, slow: Slow, room: Room) -> None:
        self._slow = slow
        self._page = slow.page
        self._room = room
        self._found: dict[str, list[float]] = defaultdict(list)

    async def go_through(self) -> dict[str, Delay]:
        """From the first slider to the outcome."""
        with self._room.moving():
            await self._dragged()
            await self._keys("arrow key on a slider")
            await self._clicked("the button beside a slider", self._beside())
            await self._answers()
            await self._unfolding()
            await self._typing()
        await self._place_all()
        await self._steps()
        return {name: _delay(times) for name, times in self._found.items()}

    @asynccontextmanager
    async def _measured(self, name: str) -> AsyncIterator[None]:
        """What is pressed in here; it ends when its last paint has been noted."""
        begin = await self._slow.now()
        yield
        await self._slow.rest()
        worst: dict[int, float] = defaultdict(float)
        for event in await self._slow.seen("events", begin):
            worst[event["interactionId"]] = max(worst[event["interactionId"]], event["duration"])
        self._found[name].append(max(worst.values(), default=UNNOTED))

    async def _press(self, target: Locator) -> None:
        if self._slow.screen.touch:
            await target.tap()
        else:
            await target.click()

    async def _clicked(self, name: str, target: Locator, times: int = TIMES) -> None:
        for _ in range(times):
            async with self._measured(name):
                await self._press(target)

    def _strip(self, number: int) -> Locator:
        return self._page.get_by_role("region", name="Mengpaneel").get_by_role("group").nth(number)

    def _slider(self, number: int) -> Locator:
        return self._page.get_by_role("slider").nth(number)

    def _beside(self) -> Locator:
        return self._page.get_by_role("button", name="hoger").nth(1)

    async def _dragged(self) -> None:
        low, high = await spots(self._slow, "Positionering intern")
        for _ in range(TIMES):
            async with self._measured("taking and dropping a slider"):
                await drag(self._slow, low, high, 0.5)

    async def _keys(self, name: str) -> None:
        await self._slider(2).focus()
        for key in ("ArrowUp", "ArrowDown") * (TIMES // 2):
            async with self._measured(name):
                await self._page.keyboard.press(key)

    async def _answers(self) -> None:
        """Two of the six buttons, in turn."""
        for name in ("Weet ik niet", "Geen keuze") * (TIMES // 2):
            async with self._measured("a quick answer"):
                await self._press(self._page.get_by_role("button", name=name).nth(3))

    async def _unfolding(self) -> None:
        for number in range(4):
            button = self._page.get_by_role("button", name="Uitleg").nth(number)
            await button.scroll_into_view_if_needed()
            async with self._measured("opening the reason of a slider"):
                await self._press(button)

    async def _typing(self) -> None:
        field = self._page.get_by_label("Jouw reden")
        await field.scroll_into_view_if_needed()
        async with self._measured("a letter in a reason"):
            await self._press(field)
        for letter in REASON:
            async with self._measured("a letter in a reason"):
                await self._page.keyboard.press(letter)
        await self._press(self._page.get_by_role("button", name="Sluit"))

    async def _place_all(self) -> None:
        self._room.settle()
        for number in range(5):
            await self._slider(number).focus()
            await self._page.keyboard.press("ArrowUp")
        button = self._page.get_by_role("button", name="Ik ben klaar")
        async with self._measured("saying that one is done"):
            await self._press(button)

    async def _steps(self) -> None:
        shown: tuple[tuple[str, str, Callable[[], Awaitable[None]] | None], ...] = (
            ("compare", "Vergelijken", None),
            ("agree", "Samen kiezen", self._agreeing),
            ("outcome", "Uitkomst", None),
        )
        for phase, name, then in shown:
            self._room.propose(phase)
            button = self._page.get_by_role("button", name="Ga mee")
            await button.wait_for()
            await self._slow.rest()
            async with self._measured(STEP):
                began = await self._slow.now()
                await self._press(button)
                here = self._page.locator("[aria-current=step]").first
                await expect(here).to_contain_text(name)
                await self._slow.rest(700)
            long = [one["duration"] for one in await self._slow.seen("long", began)]
            self._found[AFTER_STEP].append(max(long, default=UNNOTED))
            if then:
                await then()

    async def _agreeing(self) -> None:
        with self._room.moving("consensus"):
            await self._keys("arrow key on a shared slider")


def _delay(times: list[float]) -> Delay:
    p75 = quantiles(times, n=4, method="inclusive")[-1] if len(times) > 1 else times[0]
    return Delay(len(times), p75, max(times))
