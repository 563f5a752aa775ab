"""Figures as medians of runs, what is asked of them, and how they are told."""

import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from scripts.benchmark_client.browser import SLOWER
from scripts.benchmark_client.dragging import Frames
from scripts.benchmark_client.interacting import AFTER_STEP, Delay
from scripts.benchmark_client.loading import Load

PAGE = Path(__file__).resolve().parents[2] / "docs" / "client-speed.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of the figures -->\n"

Figures = dict[str, float]
"""What was measured, by its name; shares in percent, times in milliseconds, sizes in bytes."""


class Wish(NamedTuple):
    """A requirement: the figure that it is about, and what that must be."""

    says: str
    figure: str
    holds: Callable[[float], bool]


FRAMES = "frames a second while dragging"
LATE = "of these later than 20 ms, in %"
WORST = "worst delay from a press to its paint"
SIZE = "first load, in bytes over the network"
READY = "first load, until a slider answers and the page is at rest"
WISHES = (
    Wish("60 frames a second while dragging (58 or more)", FRAMES, lambda found: found >= 58),
    Wish("hardly a frame late (at most 5 % of them)", LATE, lambda found: found <= 5),
    Wish("at most 100 ms from a press to its paint", WORST, lambda found: found <= 100),
    Wish("at most 80 kB for the first load", SIZE, lambda found: found <= 80_000),
    Wish("at most 1 s until the room can be used", READY, lambda found: found <= 1000),
)


def figures_of(
    loads: Sequence[Load], frames: Sequence[Frames], delays: Sequence[Mapping[str, Delay]]
) -> Figures:
    """The median of every figure over the runs."""
    all_of = [
        {**_loaded(load), **_framed(one), **_delayed(delay)}
        for load, one, delay in zip(loads, frames, delays, strict=True)
    ]
    names = list(dict.fromkeys(name for one in all_of for name in one))
    return {name: median(one.get(name, 0) for one in all_of) for name in names}


def _framed(frames: Frames) -> Figures:
    return {
        FRAMES: frames.per_second,
        "a frame in the middle, in ms": frames.middle,
        "a late frame (95 %), in ms": frames.p95,
        LATE: 100 * frames.over_20,
        "of these later than 33 ms, in %": 100 * frames.over_33,
        "frames of 50 ms or more": frames.long_frames,
        "the longest frame, in ms": frames.longest,
    }


def _delayed(delays: Mapping[str, Delay]) -> Figures:
    pressed = [delay.worst for name, delay in delays.items() if name != AFTER_STEP]
    told: Figures = {WORST: max(pressed)}
    for name, delay in delays.items():
        told[f"{name}: three in four within"] = delay.p75
        told[f"{name}: worst"] = delay.worst
    return told


def _loaded(load: Load) -> Figures:
    return {
        SIZE: sum(load.sizes.values()),
        **{f"of these {kind}": load.sizes[kind] for kind in sorted(load.sizes)},
        "fetched afterwards, at rest, in bytes": load.later,
        "first load, until sliders are shown": load.shown,
        "first load, until a slider answers to a key": load.responded,
        READY: load.interactive,
    }


def table(found: Mapping[int, Figures]) -> str:
    """All figures, a column a screen, and what holds."""
    return f"{_markdown(found)}\n\n{_verdicts(found)}"


def _markdown(found: Mapping[int, Figures]) -> str:
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    rows = [
        ("", *(f"{width} pixels wide" for width in found)),
        ("---", *("---:" for _ in found)),
        *((name, *(_number(figures.get(name, 0)) for figures in found.values())) for name in names),
    ]
    return "\n".join(_row(cells) for cells in rows)


def _verdicts(found: Mapping[int, Figures]) -> str:
    rows = [
        ("asked", *(f"{width} pixels wide" for width in found)),
        ("---", *("---" for _ in found)),
        *((wish.says, *(_verdict(wish, one) for one in found.values())) for wish in WISHES),
    ]
    return "\n".join(_row(cells) for cells in rows)


def _verdict(wish: Wish, figures: Figures) -> str:
    value = figures[wish.figure]
    return f"{'holds' if wish.holds(value) else 'DOES NOT HOLD'}: {_number(value)}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}".removesuffix(".0")


def page(found: Mapping[int, Figures], runs: int) -> str:
    """The part of the page that is made of figures."""
    machine = f"{os.cpu_count()} cores, {platform.system()} on {platform.machine()}"
    return (
        f"Medians of {runs} runs with `./scripts/bench_client --write`; {machine}, the page's own "
        f"processor slowed {SLOWER} times.\n\n{_verdicts(found)}\n\n{_markdown(found)}\n"
    )


def write(figures: str) -> None:
    """Puts the figures into the page, between the two marks."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    PAGE.write_text(f"{head}{BEGIN}\n{figures}\n{END}{tail}", encoding="utf-8")
