"""A pointer that moves sixty times a second, whether or not the page keeps up with it."""

import asyncio
from time import perf_counter
from typing import Any

from scripts.benchmark_client.browser import Slow

RATE = 60
SWEEP_SECONDS = 1.5
"""From one end of a slider to the other."""

Spot = tuple[float, float]


async def spots(slow: Slow, slider: str) -> tuple[Spot, Spot]:
    """Where the cap of a slider stands on the screen, at a low and at a high value."""
    strip = slow.page.get_by_role("group", name=slider, exact=True)
    await strip.scroll_into_view_if_needed()
    box = await strip.get_by_role("slider").bounding_box()
    if box is None:
        raise RuntimeError(f"the slider {slider} cannot be seen")
    x, y, width, height = box["x"], box["y"], box["width"], box["height"]
    if width > height:
        return (x + 0.15 * width, y + height / 2), (x + 0.85 * width, y + height / 2)
    return (x + width / 2, y + 0.85 * height), (x + width / 2, y + 0.15 * height)


async def drag(slow: Slow, low: Spot, high: Spot, seconds: float) -> None:
    """Drags up and down between two spots, and lets go at the low one."""
    sent: list[asyncio.Task[Any]] = []
    await _send(slow, "start", low)
    begin = perf_counter()
    for number in range(round(seconds * RATE)):
        await asyncio.sleep(max(0.0, begin + number / RATE - perf_counter()))
        sent.append(asyncio.create_task(_send(slow, "move", _between(low, high, number / RATE))))
    await asyncio.gather(*sent)
    await _send(slow, "move", low)
    await _send(slow, "end", low)


def _between(low: Spot, high: Spot, seconds: float) -> Spot:
    part = seconds / SWEEP_SECONDS % 2
    part = 2 - part if part > 1 else part
    return low[0] + (high[0] - low[0]) * part, low[1] + (high[1] - low[1]) * part


async def _send(slow: Slow, what: str, spot: Spot) -> None:
    if slow.screen.touch:
        kind = {"start": "touchStart", "move": "touchMove", "end": "touchEnd"}[what]
        points = [] if what == "end" else [{"x": spot[0], "y": spot[1]}]
        await slow.devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        return
    kind = {"start": "mousePressed", "move": "mouseMoved", "end": "mouseReleased"}[what]
    await slow.devtools.send(
        "Input.dispatchMouseEvent",
        {"type": kind, "x": spot[0], "y": spot[1], "button": "left", "buttons": 1, "clickCount": 1},
    )
