"""Frames while a slider is dragged and two colleagues drag theirs."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median, quantiles
from typing import NamedTuple

from scripts.benchmark_client.browser import Slow
from scripts.benchmark_client.loading import QUIET
from scripts.benchmark_client.machine import noticing
from scripts.benchmark_client.pointer import drag, spots

SLIDER = "Proces binnen gemeente"
SECONDS = 5.0
MIDDLE = 50


class Frames(NamedTuple):
    """How a stretch of animation went; times in milliseconds, shares from 0 to 1."""

    per_second: float
    middle: float
    p95: float
    over_20: float
    over_33: float
    long_frames: int
    longest: float


async def dragging(slow: Slow) -> tuple[Frames, float]:
    """Drags one slider for some seconds in a room that is open.

    Also answers how much of one core others took meanwhile.
    """
    low, high = await spots(slow, SLIDER)
    await slow.rest(QUIET)  # what comes at rest has come
    await drag(slow, low, high, 1.0)
    await _moved(slow)
    begin = await slow.now()
    with noticing() as others:
        await drag(slow, low, high, SECONDS)
    end = await slow.now()
    await slow.rest()
    frames = [moment for moment in await slow.seen("frames", begin) if moment <= end]
    long = [one["duration"] for one in await slow.seen("long", begin) if one["startTime"] <= end]
    return _summary(frames, long), others.share


async def _moved(slow: Slow) -> None:
    """Fails where the slider does not stand at the low spot, where it was let go."""
    await slow.rest()
    slider = slow.page.get_by_role("slider", name=SLIDER, exact=True)
    if int(await slider.input_value()) >= MIDDLE:
        raise RuntimeError("the slider does not follow the pointer")


def _summary(frames: Sequence[float], long: Sequence[float]) -> Frames:
    times = [after - before for before, after in pairwise(frames)]
    if len(times) < SECONDS:
        raise RuntimeError("the page showed hardly any frame")
    return Frames(
        per_second=1000 * len(times) / sum(times),
        middle=median(times),
        p95=quantiles(times, n=20)[-1],
        over_20=sum(time > 20 for time in times) / len(times),
        over_33=sum(time > 33.4 for time in times) / len(times),
        long_frames=len(long),
        longest=max([*times, *long]),
    )
