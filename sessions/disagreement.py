"""How far the seats of a room stand apart on a slider (DG).

The numbers are this project's own reading of the conversation that the exercise is for;
see `docs/insight.md`.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Literal

import msgspec

Level = Literal["eens", "nuance", "verschil", "tegenpolen"]
Number = int | float

ZONE = 34
"""A zone is a third of the scale: from 34 points on, two seats stand in different zones."""


class SliderInsight(msgspec.Struct, frozen=True):
    """One slider in one round. Points run from 0 to 100; null where n is 1."""

    n: int
    spread: int | None
    median: Number
    mean: float
    level: Level | None
    apart: str | None
    """The role that looks at it differently, if one does."""


def level(spread: int) -> Level:
    """The word for a spread of 0-100 points (DG2)."""
    if spread <= 16:
        return "eens"
    if spread <= 33:
        return "nuance"
    if spread <= 66:
        return "verschil"
    return "tegenpolen"


def median(values: Sequence[int]) -> Number:
    """The middle of at least one value; of an even number the mean of the middle two."""
    return _middle(sorted(values))


def _middle(ordered: Sequence[int]) -> Number:
    half, odd = divmod(len(ordered), 2)
    if odd:
        return ordered[half]
    total = ordered[half - 1] + ordered[half]
    return total // 2 if total % 2 == 0 else total / 2


def whole_median(values: Sequence[int]) -> int:
    """The median rounded half up: where a shared slider starts (AG1)."""
    return int(median(values) + 0.5)


def apart(positions: Mapping[str, int]) -> str | None:
    """The seat at least a zone from its nearest neighbour and twice the spread of the rest (DG3).

    Only the lowest or the highest seat can be that one, and never both.
    """
    return _apart(sorted(positions.items(), key=_points))


_points = itemgetter(1)


def _apart(ordered: Sequence[tuple[str, int]]) -> str | None:
    """The same of seats from the lowest to the highest."""
    if len(ordered) < 3:
        return None
    (lowest, low), (_, above), (_, below), (highest, high) = *ordered[:2], *ordered[-2:]
    if above - low >= ZONE and above - low >= 2 * (high - above):
        return lowest
    if high - below >= ZONE and high - below >= 2 * (below - low):
        return highest
    return None


def of_slider(positions: Mapping[str, int]) -> SliderInsight | None:
    """What the positions by role say together; none without positions (DG1)."""
    if not positions:
        return None
    ordered = sorted(positions.items(), key=_points)
    values = [value for _, value in ordered]
    count = len(values)
    mean = sum(values) / count
    if count == 1:
        return SliderInsight(1, None, values[0], mean, None, None)
    spread = values[-1] - values[0]
    return SliderInsight(count, spread, _middle(values), mean, level(spread), _apart(ordered))


def talking_order(sliders: Mapping[str, SliderInsight]) -> list[str]:
    """The sliders with two positions or more, widest first, ties in the order given (DG4)."""
    return sorted(
        (slider for slider, found in sliders.items() if found.spread is not None),
        key=lambda slider: -(sliders[slider].spread or 0),
    )


def agreement(sliders: Mapping[str, SliderInsight]) -> int | None:
    """100 less the mean spread, rounded half up; none where nothing can be compared (DG5)."""
    spreads = [found.spread for found in sliders.values() if found.spread is not None]
    if not spreads:
        return None
    # In whole numbers, so that half is exactly half: (100 - sum/n) rounded half up.
    count = len(spreads)
    return (2 * (100 * count - sum(spreads)) + count) // (2 * count)
