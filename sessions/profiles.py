"""How a panel compares with the published profiles (PF).

Distances are whole points and weights whole halves, so every comparison is exact; a fit is
rounded only to be shown. The bands come from the exercise's file; they are this project's
reading of the publication, which gives pictures without numbers.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from math import lcm
from typing import Literal, NamedTuple

import msgspec

from sessions.exercise import Band, Exercise, Profile

Verdict = Literal["incomplete", "open", "own", "between", "clear"]
Panel = Mapping[str, int]
"""Points (0-100) per slider; a slider without a value is absent."""

OPEN_LOW, OPEN_HIGH = 34, 66
"""Where all sliders stand in the middle, nothing is chosen yet."""
OWN_DISTANCE = 10
"""A best fit below 90 is a mixture of one's own."""
OWN_POINTS = 34
"""Nor does a profile fit whose band on one slider of full weight is this far away."""
WHOLE = 2
"""The weight 1, in halves."""
CLOSE = 5
"""Profiles whose fits differ by less than this share the first place."""


class BandDistance(msgspec.Struct, frozen=True):
    """Where a value stands against a profile's band on one slider, in points."""

    value: int
    low: int
    high: int
    weight: float
    distance: int


class RankedProfile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A profile and its fit, 0.0-100.0 rounded half up to one decimal."""

    profile: str
    fit: float
    sliders: dict[str, BandDistance] | None = None
    """Per scored slider, in the outcome only."""


class TippingPoint(msgspec.Struct, frozen=True):
    """The smallest move of one slider that makes another profile come first."""

    slider: str
    value: int
    """Where the slider stands, in points."""
    to: int
    """Where it would have to stand."""
    profile: str
    """The profile that would then come first."""


class Match(msgspec.Struct, frozen=True, omit_defaults=True):
    """A panel's verdict and ranking; `tipping` in the outcome only."""

    verdict: Verdict
    ranking: list[RankedProfile]
    tipping: TippingPoint | None = None


EMPTY = Match("incomplete", [])


def distance_to_band(value: int, band: Band) -> int:
    """0 inside the band, else the points to its nearest edge (PF1)."""
    if value < band.low:
        return band.low - value
    if value > band.high:
        return value - band.high
    return 0


class _Table(NamedTuple):
    """What an exercise's profiles make of every value, each tuple in the order of the profiles.

    A room that drags asks for its match many times a second: this is looked up, not reckoned.
    """

    weights: dict[str, tuple[int, ...]]
    """Per scored slider, in halves; 0 for a profile that takes no stand on it."""
    points: dict[str, tuple[tuple[int, ...], ...]]
    """Per scored slider and value from 0 to 100: weight times distance."""
    own: dict[str, tuple[frozenset[int], ...]]
    """Likewise the profiles that cannot come first without being a mixture of one's own."""


@cache
def _table(exercise: Exercise) -> _Table:
    bands = [{band.slider: band for band in profile.bands} for profile in exercise.profiles]

    def points(slider: str, value: int) -> tuple[int, ...]:
        return tuple(
            one[slider].halves * distance_to_band(value, one[slider]) if slider in one else 0
            for one in bands
        )

    def own(slider: str, value: int) -> frozenset[int]:
        return frozenset(
            place
            for place, one in enumerate(bands)
            if slider in one
            and one[slider].halves == WHOLE
            and distance_to_band(value, one[slider]) >= OWN_POINTS
        )

    return _Table(
        {s: tuple(one[s].halves if s in one else 0 for one in bands) for s in exercise.scored},
        {s: tuple(points(s, value) for value in range(101)) for s in exercise.scored},
        {s: tuple(own(s, value) for value in range(101)) for s in exercise.scored},
    )


class _Unit(NamedTuple):
    """In what the profiles' distances can be compared as whole numbers: 1/`parts` point."""

    parts: int
    factors: tuple[int, ...]
    """By which each profile's points become such parts; 0 where it scores no placed slider."""


@lru_cache(1024)
def _unit(exercise: Exercise, placed: tuple[str, ...]) -> _Unit:
    weights = [0] * len(exercise.profiles)
    for slider in placed:
        weights = [a + b for a, b in zip(weights, _table(exercise).weights[slider], strict=True)]
    parts = lcm(*(weight for weight in weights if weight))
    return _Unit(parts, tuple(parts // weight if weight else 0 for weight in weights))


class Ranking(NamedTuple):
    """The profiles that score anything, nearest first, and how far each is (PF2, PF4)."""

    nearest: list[tuple[int, int]]
    """Distance (the weighted mean over the placed sliders, exactly, in 1/`parts` point) and the
    profile's place in the exercise."""
    parts: int


def ranked(exercise: Exercise, panel: Panel) -> Ranking:
    """Compares a panel of scored sliders with every profile."""
    unit = _unit(exercise, tuple(panel))
    points = _table(exercise).points
    totals = map(sum, zip(*[points[slider][value] for slider, value in panel.items()], strict=True))
    nearest = [
        (total * factor, place)
        for place, (total, factor) in enumerate(zip(totals, unit.factors, strict=False))
        if factor
    ]
    nearest.sort()  # Ties stay in the order of the file.
    return Ranking(nearest, unit.parts)


def fit(distance: int, parts: int) -> float:
    """100 less the distance, to one decimal, half up (PF3)."""
    tenths = 1000 * parts - 10 * distance
    return (2 * tenths + parts) // (2 * parts) / 10


def _verdict(exercise: Exercise, panel: Panel, ranking: Ranking) -> Verdict:
    """The first that holds (PF5)."""
    if len(panel) < len(exercise.scored) or not ranking.nearest:
        return "incomplete"
    if min(panel.values()) >= OPEN_LOW and max(panel.values()) <= OPEN_HIGH:
        return "open"
    best, first = ranking.nearest[0]
    if best > OWN_DISTANCE * ranking.parts:
        return "own"
    own = _table(exercise).own
    for slider, value in panel.items():
        if first in own[slider][value]:
            return "own"
    if len(ranking.nearest) > 1 and ranking.nearest[1][0] - best < CLOSE * ranking.parts:
        return "between"
    return "clear"


def match(exercise: Exercise, panel: Panel, *, explain: bool = False) -> Match:
    """Ranks the profiles for a panel and judges the result (PF3-PF5).

    `explain` adds the distance per slider and the tipping point (PF6), for the outcome.
    """
    scored = {slider: panel[slider] for slider in exercise.scored if slider in panel}
    ranking = ranked(exercise, scored)
    verdict = _verdict(exercise, scored, ranking)
    told = [
        _told(exercise.profiles[place].id, far, ranking.parts) for far, place in ranking.nearest
    ]
    if explain:
        told = [
            msgspec.structs.replace(one, sliders=_bands(exercise.profiles[place], scored))
            for one, (_, place) in zip(told, ranking.nearest, strict=True)
        ]
    tipping = tipping_point(exercise, scored) if explain and verdict != "incomplete" else None
    return Match(verdict, told, tipping)


@lru_cache(65_536)
def _told(profile: str, distance: int, parts: int) -> RankedProfile:
    """A profile in a ranking; the same ones come back again and again."""
    return RankedProfile(profile, fit(distance, parts))


def _bands(profile: Profile, panel: Panel) -> dict[str, BandDistance]:
    return {
        band.slider: BandDistance(
            panel[band.slider],
            band.low,
            band.high,
            band.halves / 2,
            distance_to_band(panel[band.slider], band),
        )
        for band in profile.bands
        if band.slider in panel
    }


def tipping_point(exercise: Exercise, panel: Panel) -> TippingPoint | None:
    """The smallest move, in whole points, of one slider that changes the first profile (PF6).

    Of equal moves the first slider in panel order, upwards before downwards; none where no
    single move does it.
    """
    scored = [slider for slider in exercise.scored if slider in panel]
    rivals = [_Rival(profile, panel) for profile in exercise.profiles]
    rivals = [rival for rival in rivals if rival.weight]
    if not rivals:
        return None
    # Totals on one common weight are whole numbers that compare as the distances do.
    common = lcm(*(rival.weight for rival in rivals))

    def leader(slider: str, value: int) -> str:
        return min(rivals, key=lambda rival: rival.total(slider, value) * common // rival.weight).id

    first = leader(scored[0], panel[scored[0]])
    for points in range(1, 101):
        for slider in scored:
            for value in (panel[slider] + points, panel[slider] - points):
                if 0 <= value <= 100 and (moved := leader(slider, value)) != first:
                    return TippingPoint(slider, panel[slider], value, moved)
    return None


class _Rival:
    """A profile in the search for the tipping point: its sums, so that a move costs one step."""

    def __init__(self, profile: Profile, panel: Panel) -> None:
        self.id = profile.id
        self.bands = {band.slider: band for band in profile.bands if band.slider in panel}
        self.costs = {
            slider: band.halves * distance_to_band(panel[slider], band)
            for slider, band in self.bands.items()
        }
        self.sum = sum(self.costs.values())
        self.weight = sum(band.halves for band in self.bands.values())

    def total(self, slider: str, value: int) -> int:
        """The weighted sum of distances if this slider stood at `value`."""
        band = self.bands.get(slider)
        if band is None:
            return self.sum
        return self.sum - self.costs[slider] + band.halves * distance_to_band(value, band)
