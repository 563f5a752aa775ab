"""A panel against the profiles: every verdict and its borders, worked out by hand."""

from fractions import Fraction

import pytest

from sessions import profiles
from sessions.exercise import Band, Exercise
from sessions.profiles import BandDistance, Match, TippingPoint
from tests.rooms import EXERCISES, panel
from tests.unit.exercise_text import exercise_of

SCHUIFOEFENING = EXERCISES["schuifoefening"]

BAND = Band(
    slider="s",
    low=34,
    high=66,
    weight=1,
    certainty="gezegd",
    place="x",
    why="x",
    match="x",
)


@pytest.mark.parametrize(
    ("value", "distance"),
    [(0, 34), (33, 1), (34, 0), (50, 0), (66, 0), (67, 1), (100, 34)],
)
def test_distance_to_band(value: int, distance: int) -> None:
    """PF1: nothing inside a band, its edges included, else the points to the nearest edge."""
    assert profiles.distance_to_band(value, BAND) == distance


@pytest.mark.parametrize(
    ("distance", "fit"),
    [
        (Fraction(0), 100.0),
        (Fraction(100), 0.0),
        (Fraction(10), 90.0),
        (Fraction(3, 4), 99.3),  # 99.25
        (Fraction(1, 4), 99.8),  # 99.75
        (Fraction(1, 20), 100.0),  # 99.95
        (Fraction(1, 3), 99.7),
        (Fraction(2, 3), 99.3),
        (Fraction(83, 1) / Fraction(9, 2), 81.6),
    ],
)
def test_fit(distance: Fraction, fit: float) -> None:
    """PF3: one decimal, and exactly half is rounded up."""
    assert profiles.fit(*distance.as_integer_ratio()) == fit


@pytest.mark.parametrize(
    ("profile", "points", "expected"),
    [
        # Weights 1 + 1 + 1 + 1 + 1/2; 17 + 17 + 0 + 0 + 17/2 points.
        ("ontwikkelend", (50, 50, 50, 50, 83), Fraction(85, 9)),
        ("ontwikkelend", (50, 50, 50, 50, 50), Fraction(68, 9)),
        # Only what is placed counts, above the line and below it.
        ("ontwikkelend", (50, None, None, None, 83), Fraction(17)),
        ("ontwikkelend", (None, None, None, None, 83), Fraction(17)),
        ("participatief", (0, 33, 67, 33, 67), Fraction(34, 9)),
        ("toenaderingsgericht", (0, 40, 60, 60, 0), Fraction(7)),
        ("toenaderingsgericht", (50, None, None, None, 50), None),
        ("gekanteld", (None, None, None, None, None), None),
    ],
)
def test_distance(profile: str, points: tuple[int | None, ...], expected: Fraction | None) -> None:
    """PF2: the weighted mean over what is placed and scored; none where that is nothing."""
    found = profiles.ranked(SCHUIFOEFENING, panel(*points))
    distances = {
        SCHUIFOEFENING.profiles[place].id: Fraction(far, found.parts)
        for far, place in found.nearest
    }
    assert distances.get(profile) == expected


def ranking(match: Match) -> list[tuple[str, float]]:
    return [(one.profile, one.fit) for one in match.ranking]


ONT, PAR, ORG = "ontwikkelend", "participatief", "organisatiegericht"
TOE, GEK = "toenaderingsgericht", "gekanteld"


@pytest.mark.parametrize(
    ("values", "verdict", "expected"),
    [
        (
            (10, 10, 50, 50, 30),
            "clear",
            [(ONT, 100.0), (TOE, 88.7), (PAR, 81.6), (ORG, 67.1), (GEK, 46.0)],
        ),
        (  # participatief and organisatiegericht both miss 68 halves: the order of the table
            (50, 50, 50, 50, 50),
            "open",
            [(ONT, 92.4), (PAR, 84.9), (ORG, 84.9), (TOE, 83.0), (GEK, 66.0)],
        ),
        (
            (100, 100, 100, 100, 100),
            "clear",
            [(GEK, 100.0), (ORG, 81.3), (TOE, 77.7), (PAR, 66.4), (ONT, 51.3)],
        ),
        (  # 201 over 4.5 is exactly 134 over 3: a tie of profiles with other weights
            (0, 100, 100, 0, 0),
            "own",
            [(ONT, 70.0), (PAR, 66.4), (ORG, 55.3), (TOE, 55.3), (GEK, 49.6)],
        ),
        (  # without `communicatie` a profile's weights are those of the other sliders
            (10, 10, 50, 50, None),
            "incomplete",
            [(ONT, 100.0), (TOE, 88.7), (PAR, 86.9), (ORG, 63.0), (GEK, 46.0)],
        ),
        (  # toenaderingsgericht scores neither of these two
            (50, None, None, None, 20),
            "incomplete",
            [(ONT, 88.7), (ORG, 88.7), (PAR, 68.7), (GEK, 51.0)],
        ),
        ((36, 0, 50, 50, None), "incomplete", None),
        ((None, None, None, None, None), "incomplete", []),
    ],
)
def test_ranking(
    values: tuple[int | None, ...], verdict: str, expected: list[tuple[str, float]] | None
) -> None:
    """PF4: profiles come in the order of their exact distance, ties in the order of the table."""
    found = profiles.match(SCHUIFOEFENING, panel(*values))
    assert found.verdict == verdict
    if expected is not None:
        assert ranking(found) == expected
    else:
        assert ranking(found)[0] == (ONT, 99.3)  # 3 points over four sliders: 99.25


@pytest.mark.parametrize(
    ("values", "verdict", "first"),
    [
        # One slider without a value.
        ((None, 10, 50, 50, 30), "incomplete", ONT),
        ((50, 50, 50, 50, None), "incomplete", ONT),
        # All five in the middle zone, its edges included.
        ((34, 34, 34, 34, 34), "open", ONT),
        ((66, 66, 66, 66, 66), "open", None),
        ((34, 66, 34, 66, 34), "open", ONT),
        ((33, 34, 34, 34, 34), "clear", ONT),  # 1/4.5 against 68.5/4.5
        # The best fit is exactly 90.0 (30 points over three sliders), or just below.
        ((0, 63, 100, 100, 0), "clear", TOE),
        ((0, 64, 100, 100, 0), "own", TOE),
        # A slider of weight 1 lies 33, or exactly 34, from its band in the first profile.
        ((10, 66, 50, 50, 30), "clear", ONT),
        ((10, 67, 50, 50, 30), "own", ONT),
        # A slider of weight one half may lie 34 from it.
        ((10, 10, 50, 50, 100), "clear", ONT),
        # The first two differ by exactly 5.0 (22.5 over 4.5), or by less.
        ((33, 10, 66, 34, 47), "clear", ONT),
        ((33, 10, 66, 34, 48), "between", ONT),
    ],
)
def test_verdict(values: tuple[int | None, ...], verdict: str, first: str | None) -> None:
    """PF5: the first verdict that holds, with each border on the side that the rule says."""
    found = profiles.match(SCHUIFOEFENING, panel(*values))
    assert found.verdict == verdict
    if first is not None:
        assert found.ranking[0].profile == first


def test_own_is_judged_by_the_exact_fit() -> None:
    """PF5: a fit that is shown as 90.0 and is less makes a mixture of one's own."""
    exercise = exercise_of({"one": {f"s{n}": (0, 0, 1.0) for n in range(1, 21)}}, sliders=20)
    points = {f"s{n}": 10 for n in range(1, 21)}
    assert profiles.match(exercise, points).verdict == "clear"
    points["s20"] = 11  # 201 over 20 is 10.05: the fit is 89.95 and is shown as 90.0
    found = profiles.match(exercise, points)
    assert (found.ranking[0].fit, found.verdict) == (90.0, "own")


def test_open_comes_before_own() -> None:
    """PF5: a panel without choices is `open`, however badly the best profile fits."""
    exercise = exercise_of({"one": {"s1": (0, 0, 1.0)}}, sliders=1)
    assert profiles.match(exercise, {"s1": 34}).verdict == "open"
    assert profiles.match(exercise, {"s1": 33}).verdict == "own"


def test_one_profile_is_never_between() -> None:
    """PF5: without a second profile the first is clear."""
    exercise = exercise_of({"one": {"s1": (0, 10, 1.0)}}, sliders=1)
    assert profiles.match(exercise, {"s1": 5}) == profiles.Match(
        "clear", [profiles.RankedProfile("one", 100.0)]
    )


def test_no_profiles_is_incomplete() -> None:
    """PF5: an exercise without profiles has nothing to judge by."""
    assert profiles.match(exercise_of({}, sliders=1), {"s1": 5}) == profiles.EMPTY


def test_wijk_does_not_count() -> None:
    """PF7: an optional slider changes neither fit, verdict nor tipping point."""
    points = panel(10, 10, 50, 50, 30)
    with_wijk = profiles.match(SCHUIFOEFENING, {**points, "wijk": 100}, explain=True)
    assert with_wijk == profiles.match(SCHUIFOEFENING, points, explain=True)


def test_explanation() -> None:
    """PF6: the outcome tells per scored slider the band, the value, the weight and the distance."""
    found = profiles.match(SCHUIFOEFENING, panel(50, 10, 40, 90, 20), explain=True)
    bands = {one.profile: one.sliders for one in found.ranking}
    assert bands[TOE] == {
        "proces-gemeente": BandDistance(10, 0, 33, 1.0, 0),
        "proces-bewoners": BandDistance(40, 67, 100, 1.0, 27),
        "bestuur": BandDistance(90, 67, 100, 1.0, 0),
    }
    participatief = bands[PAR]
    assert participatief is not None
    assert participatief["positionering"] == BandDistance(50, 34, 66, 0.5, 0)
    assert participatief["communicatie"] == BandDistance(20, 67, 100, 1.0, 47)


def test_no_explanation_unless_asked() -> None:
    """PF6: distances per slider and the tipping point come in the outcome only."""
    found = profiles.match(SCHUIFOEFENING, panel(10, 10, 50, 50, 30))
    assert found.tipping is None
    assert all(one.sliders is None for one in found.ranking)


LADDER = {
    "middle": {"s1": (40, 60, 1.0)},
    "low": {"s1": (0, 20, 1.0)},
    "high": {"s1": (80, 100, 1.0)},
}


@pytest.mark.parametrize(
    ("exercise", "points", "expected"),
    [
        # 21 on `proces-bewoners` upwards and on `bestuur` downwards: the first in panel order.
        (
            SCHUIFOEFENING,
            panel(33, 10, 66, 34, 48),
            TippingPoint("proces-bewoners", 66, 87, PAR),
        ),
        # From the top: 48 down on `proces-gemeente` (19/3 against 32/5) comes before 52 down
        # on `proces-bewoners`.
        (
            SCHUIFOEFENING,
            panel(100, 100, 100, 100, 100),
            TippingPoint("proces-gemeente", 100, 52, TOE),
        ),
        # 21 upwards or downwards: upwards.
        (exercise_of(LADDER, sliders=1), {"s1": 50}, TippingPoint("s1", 50, 71, "high")),
        # 20 downwards is smaller than 22 upwards.
        (exercise_of(LADDER, sliders=1), {"s1": 49}, TippingPoint("s1", 49, 29, "low")),
        # A tie goes to the first in the file: the second has to be better, not as good.
        (
            exercise_of({"a": {"s1": (0, 49, 1.0)}, "b": {"s1": (51, 100, 1.0)}}, sliders=1),
            {"s1": 49},
            TippingPoint("s1", 49, 51, "b"),
        ),
        # The other way round one point less is enough.
        (
            exercise_of({"b": {"s1": (51, 100, 1.0)}, "a": {"s1": (0, 49, 1.0)}}, sliders=1),
            {"s1": 49},
            TippingPoint("s1", 49, 50, "b"),
        ),
        (exercise_of({"only": {"s1": (0, 10, 1.0)}}, sliders=1), {"s1": 90}, None),
        (
            exercise_of({"a": {"s1": (0, 50, 1.0)}, "b": {"s1": (0, 50, 0.5)}}, sliders=1),
            {"s1": 0},
            None,
        ),
    ],
)
def test_tipping_point(
    exercise: Exercise, points: dict[str, int], expected: TippingPoint | None
) -> None:
    """PF6: the smallest single move, ties by panel order and upwards first, or none."""
    assert profiles.tipping_point(exercise, points) == expected
    assert profiles.match(exercise, points, explain=True).tipping == expected


def test_no_tipping_point_of_an_incomplete_panel() -> None:
    """PF6: a provisional ranking has no tipping point yet."""
    found = profiles.match(SCHUIFOEFENING, panel(10, 10, 50, 50, None), explain=True)
    assert found.verdict == "incomplete"
    assert found.tipping is None
