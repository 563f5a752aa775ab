"""How a panel compares with the published profiles (PF).

Distances are whole points and weights whole halves, so every comparison is exact; a fit is
rounded only to be shown. The bands come from the exercise's file; they are this project's
reading of the publication, which gives pictures without numbers.
"""

from collections.abc import Mapping
from functools import cache
from math import lcm
from typing import Literal, NamedTuple

import msgspec

from sessions.exercise import Band, Exercise, Profile

Verdict = Literal["incomplete", "open", "own", "between", "clear"]
Panel = Mapping[str, int]
"""Points (0-100) per slider; a slider without a value is absent."""

OWN_DISTANCE = 10
"""A best fit below 90 is a mixture of one's own."""
OWN_POINTS = 34
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


class Distance(NamedTuple):
    """How far a panel is from a profile: `points` over `weight` is the weighted mean (PF2).

    Both count in halves and are whole, so that comparing and rounding are exact.
    """

    points: int
    weight: int


class Scoring(NamedTuple):
    """A profile, ready to be reckoned with: per slider its weight and the points at each value."""

    profile: Profile
    bands: tuple[tuple[str, int, tuple[int, ...]], ...]

    def distance(self, panel: Panel) -> Distance | None:
        """Over the placed sliders that the profile scores; none where there are none."""
        points = weight = 0
        for slider, halves, costs in self.bands:
            value = panel.get(slider)
            if value is not None:
                points += costs[value]
                weight += halves
        return Distance(points, weight) if weight else None


@cache
def _scorings(exercise: Exercise) -> tuple[Scoring, ...]:
    """Made once: a room that drags asks for its match many times a second."""
    return tuple(scoring(profile) for profile in exercise.profiles)


def scoring(profile: Profile) -> Scoring:
    """What each band of a profile costs at each value from 0 to 100."""
    return Scoring(
        profile,
        tuple(
            (
                band.slider,
                band.halves,
                tuple(band.halves * distance_to_band(value, band) for value in range(101)),
            )
            for band in profile.bands
        ),
    )


def fit(distance: Distance) -> float:
    """100 less the distance, to one decimal, half up (PF3)."""
    points, weight = distance
    tenths = 1000 * weight - 10 * points
    return (2 * tenths + weight) // (2 * weight) / 10


class _Ranking(NamedTuple):
    """The profiles, nearest first; `keys` are their distances in units of 1/`common` point."""

    profiles: list[tuple[Profile, Distance]]
    keys: list[int]
    common: int


def _ranked(exercise: Exercise, panel: Panel) -> _Ranking:
    found = [
        (scoring.profile, distance)
        for scoring in _scorings(exercise)
        if (distance := scoring.distance(panel)) is not None
    ]
    common = lcm(*(distance.weight for _, distance in found))

    def key(one: tuple[Profile, Distance]) -> int:
        return one[1].points * (common // one[1].weight)

    # Sorting is stable: ties stay in the order of the file (PF4).
    found.sort(key=key)
    return _Ranking(found, [key(one) for one in found], common)


def _verdict(exercise: Exercise, panel: Panel, ranking: _Ranking) -> Verdict:
    """The first that holds (PF5)."""
    if any(slider not in panel for slider in exercise.scored) or not ranking.profiles:
        return "incomplete"
    if all(34 <= panel[slider] <= 66 for slider in exercise.scored):
        return "open"
    best, *others = ranking.keys
    far = any(
        band.halves == 2 and distance_to_band(panel[band.slider], band) >= OWN_POINTS
        for band in ranking.profiles[0][0].bands
    )
    if best > OWN_DISTANCE * ranking.common or far:
        return "own"
    if others and others[0] - best < CLOSE * ranking.common:
        return "between"
    return "clear"


def match(exercise: Exercise, panel: Panel, *, explain: bool = False) -> Match:
    """Ranks the profiles for a panel and judges the result (PF3-PF5).

    `explain` adds the distance per slider and the tipping point (PF6), for the outcome.
    """
    scored = {slider: panel[slider] for slider in exercise.scored if slider in panel}
    ranked = _ranked(exercise, scored)
    verdict = _verdict(exercise, scored, ranked)
    ranking = [
        RankedProfile(profile.id, fit(distance), _bands(profile, scored) if explain else None)
        for profile, distance in ranked.profiles
    ]
    tipping = tipping_point(exercise, scored) if explain and verdict != "incomplete" else None
    return Match(verdict, ranking, tipping)


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
