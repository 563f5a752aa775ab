"""When a system keeps up, and how the largest rate is found at which it does."""

from collections.abc import Callable
from math import sqrt

import msgspec

from scripts.benchmark.figures import Figures

LONGEST_MS = 100.0
"""Of hundred moves, 99 have to be seen within this."""
LATE_MS = 20.0
"""A generator that is later than this says nothing about who it measures."""
PRECISE = 1.1
"""The rate that was kept up with, and the one that was not, are then near enough."""
HALVINGS = 6
"""So many times a smaller first rate is tried, where not even the first one holds."""


class Attempt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rate that was tried, and what was wrong with it; empty where it was kept up with."""

    hertz: float
    objection: str
    figures: Figures | None
    """None where it broke down."""


def objection(found: Figures) -> str:
    """Why this run was not kept up with; empty where it was."""
    if found.generator_lag_p99_ms > LATE_MS:
        return f"the load generator was {found.generator_lag_p99_ms:.0f} ms late (p99)"
    if found.gone:
        return f"{found.gone:.0f} connections ended"
    if found.lost:
        return f"{found.lost:.0f} last values lost"
    if found.refused:
        return f"{found.refused:.0f} moves refused"
    if found.seen_p99_ms > LONGEST_MS:
        return f"p99 {found.seen_p99_ms:,.0f} ms"
    return ""


def climb(holds: Callable[[float], bool], start: float, ceiling: float) -> float:
    """The largest rate that holds, to within a tenth, up to the ceiling; 0 where none was found.

    It doubles until one does not hold, and then halves what lies between in the sense of ratios.
    """
    good, bad = _first(holds, min(start, ceiling))
    if not good:
        return 0.0
    while not bad and good < ceiling:
        rate = min(good * 2, ceiling)
        if holds(rate):
            good = rate
        else:
            bad = rate
    while bad > good * PRECISE:
        rate = round(sqrt(good * bad), 2)
        if holds(rate):
            good = rate
        else:
            bad = rate
    return good


def _first(holds: Callable[[float], bool], rate: float) -> tuple[float, float]:
    """A rate that holds, and the lowest that did not; 0 for what was not met."""
    bad = 0.0
    for _ in range(HALVINGS + 1):
        if holds(rate):
            return rate, bad
        bad, rate = rate, rate / 2
    return 0.0, bad
