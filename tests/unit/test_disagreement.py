"""How far seats stand apart: the numbers of the published reading, worked out by hand."""

import pytest

from sessions import disagreement as dg
from sessions.disagreement import SliderInsight


@pytest.mark.parametrize(
    ("spread", "word"),
    [
        (0, "eens"),
        (16, "eens"),
        (17, "nuance"),
        (33, "nuance"),
        (34, "verschil"),
        (66, "verschil"),
        (67, "tegenpolen"),
        (100, "tegenpolen"),
    ],
)
def test_level(spread: int, word: str) -> None:
    """DG2: a zone is a third of the scale, and each border belongs where the table says."""
    assert dg.level(spread) == word


@pytest.mark.parametrize(
    ("positions", "seat"),
    [
        ({}, None),
        ({"a": 10}, None),
        ({"a": 0, "b": 100}, None),  # two seats: neither stands apart
        ({"a": 0, "b": 0, "c": 34}, "c"),  # exactly 34
        ({"a": 0, "b": 0, "c": 33}, None),
        ({"a": 34, "b": 0, "c": 0}, "a"),
        ({"a": 66, "b": 100, "c": 100}, "a"),  # the lowest of them
        ({"a": 67, "b": 100, "c": 100}, None),
        ({"a": 0, "b": 17, "c": 51}, "c"),  # 34 is exactly twice 17
        ({"a": 0, "b": 18, "c": 52}, None),  # 34 is less than twice 18
        ({"a": 0, "b": 50, "c": 100}, None),  # as far on either side
        ({"a": 0, "b": 33, "c": 100}, "c"),  # 67 is more than twice 33
        ({"a": 0, "b": 34, "c": 100}, None),  # 66 is less than twice 34
        ({"a": 0, "b": 0, "c": 100, "d": 100}, None),  # two pairs
        ({"a": 10, "b": 12, "c": 20, "d": 54}, "d"),  # 34 from c, others 10 apart
        ({"a": 10, "b": 12, "c": 28, "d": 62}, None),  # 34, others 18 apart
        ({"a": 0, "b": 40, "c": 50, "d": 60}, "a"),  # 40 is exactly twice 20
        ({"a": 0, "b": 40, "c": 50, "d": 61}, None),
        ({"a": 50, "b": 50, "c": 50, "d": 50}, None),
    ],
)
def test_apart(positions: dict[str, int], seat: str | None) -> None:
    """DG3: 34 points from the nearest neighbour and twice the spread of the others, of three."""
    assert dg.apart(positions) == seat


@pytest.mark.parametrize(
    ("values", "median", "whole"),
    [
        ([7], 7, 7),
        ([0, 100], 50, 50),
        ([60, 63], 61.5, 62),
        ([0, 1], 0.5, 1),
        ([99, 100], 99.5, 100),
        ([80, 10, 64], 64, 64),
        ([0, 0, 100, 100], 50, 50),
        ([10, 20, 31, 90], 25.5, 26),
    ],
)
def test_median(values: list[int], median: float, whole: int) -> None:
    """AG1: the middle of an even number is the mean of two, and a half is rounded up."""
    assert dg.median(values) == median
    assert dg.whole_median(values) == whole


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        ({}, None),
        ({"a": 30}, SliderInsight(1, None, 30, 30.0, None, None)),
        ({"a": 30, "b": 41}, SliderInsight(2, 11, 35.5, 35.5, "eens", None)),
        ({"a": 40, "b": 60, "c": 85}, SliderInsight(3, 45, 60, 185 / 3, "verschil", None)),
        ({"a": 0, "b": 10, "c": 95}, SliderInsight(3, 95, 10, 35.0, "tegenpolen", "c")),
    ],
)
def test_of_slider(positions: dict[str, int], expected: SliderInsight | None) -> None:
    """DG1: one position has a median and a mean and nothing to compare; none has nothing."""
    assert dg.of_slider(positions) == expected


def insights(**spreads: int | None) -> dict[str, SliderInsight]:
    """Sliders with the spreads given; None is a slider that one seat placed."""
    return {
        slider: SliderInsight(1, None, 50, 50.0, None, None)
        if spread is None
        else SliderInsight(2, spread, 50, 50.0, dg.level(spread), None)
        for slider, spread in spreads.items()
    }


@pytest.mark.parametrize(
    ("spreads", "order"),
    [
        ({}, []),
        ({"a": None}, []),
        ({"a": 10, "b": 40, "c": 20}, ["b", "c", "a"]),
        ({"a": 10, "b": 40, "c": 40, "d": 10}, ["b", "c", "a", "d"]),
        ({"a": 0, "b": None, "c": 0}, ["a", "c"]),
    ],
)
def test_talking_order(spreads: dict[str, int | None], order: list[str]) -> None:
    """DG4: widest first, ties in panel order, and what one seat placed is no subject."""
    assert dg.talking_order(insights(**spreads)) == order


@pytest.mark.parametrize(
    ("spreads", "expected"),
    [
        ({}, None),
        ({"a": None}, None),
        ({"a": 0}, 100),
        ({"a": 100}, 0),
        ({"a": 10, "b": 11}, 90),  # 89.5, rounded half up
        ({"a": 1, "b": 0, "c": None}, 100),  # 99.5
        ({"a": 1, "b": 0, "c": 0}, 100),  # 99.67
        ({"a": 1, "b": 1, "c": 0}, 99),  # 99.33
        ({"a": 45, "b": 20, "c": 22}, 71),
        ({"a": 1, "b": 1, "c": 1, "d": 3}, 99),  # 98.5
        ({"a": 100, "b": 99}, 1),  # 0.5
    ],
)
def test_agreement(spreads: dict[str, int | None], expected: int | None) -> None:
    """DG5: 100 less the mean spread over what can be compared, a half rounded up."""
    assert dg.agreement(insights(**spreads)) == expected
