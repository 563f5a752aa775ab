"""Laws on the match, against a second reckoning that is as plain as the rule."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions import disagreement, profiles
from sessions.exercise import Profile
from sessions.profiles import Panel
from tests.rooms import EXERCISES, SLIDERS

EXERCISE = EXERCISES["schuifoefening"]
points = st.integers(0, 100) | st.sampled_from((0, 33, 34, 66, 67, 83, 84, 100))
whole = st.fixed_dictionaries(dict.fromkeys(SLIDERS, points))
partial = st.fixed_dictionaries({}, optional=dict.fromkeys(SLIDERS, points))


def distance(profile: str, panel: Panel) -> Fraction | None:
    """The rule as it is written, without a thought for speed."""
    total = weights = 0.0  # sums of halves are exact
    for band in next(one for one in EXERCISE.profiles if one.id == profile).bands:
        if band.slider in panel:
            value = panel[band.slider]
            total += band.weight * max(0, band.low - value, value - band.high)
            weights += band.weight
    return Fraction(total) / Fraction(weights) if weights else None


def ranked(panel: Panel) -> list[str]:
    """The ids of the profiles, nearest first, ties in the order of the file."""
    found = [
        (far, order, one.id)
        for order, one in enumerate(EXERCISE.profiles)
        if (far := distance(one.id, panel)) is not None
    ]
    return [profile for _, _, profile in sorted(found)]


@given(partial)
def test_ranking_is_that_of_the_rule(panel: dict[str, int]) -> None:
    """PF4: for any panel, whole or not, the ranking is that of the plain reckoning."""
    found = profiles.match(EXERCISE, panel)
    assert [one.profile for one in found.ranking] == ranked(panel)
    for one in found.ranking:
        far = distance(one.profile, panel)
        assert far is not None
        assert abs(Fraction(str(one.fit)) - (100 - far)) <= Fraction(1, 20)


@given(partial)
def test_fit_is_in_range(panel: dict[str, int]) -> None:
    """PF3: a fit is never below 0 or above 100."""
    assert all(0 <= one.fit <= 100 for one in profiles.match(EXERCISE, panel).ranking)


@pytest.mark.parametrize("profile", EXERCISE.profiles, ids=lambda one: one.id)
@given(data=st.data())
def test_inside_all_bands(profile: Profile, data: st.DataObject) -> None:
    """PF1: a panel inside every band of a profile fits it fully, whatever the rest does."""
    panel = data.draw(whole)
    for band in profile.bands:
        panel[band.slider] = data.draw(st.integers(band.low, band.high))
    found = {one.profile: one.fit for one in profiles.match(EXERCISE, panel).ranking}
    assert found[profile.id] == 100.0


@given(whole, st.sampled_from(EXERCISE.profiles), st.data())
def test_towards_a_band(panel: dict[str, int], profile: Profile, data: st.DataObject) -> None:
    """PF3: moving a slider towards a profile's band never lowers that profile's fit."""
    band = data.draw(st.sampled_from(profile.bands))
    value = panel[band.slider]
    nearest = min(max(value, band.low), band.high)
    to = data.draw(st.integers(min(value, nearest), max(value, nearest)))

    def fit(of: Panel) -> float:
        return next(
            one.fit for one in profiles.match(EXERCISE, of).ranking if one.profile == profile.id
        )

    assert fit({**panel, band.slider: to}) >= fit(panel)


@given(partial.filter(bool))
def test_tipping_point_is_the_smallest(panel: dict[str, int]) -> None:
    """PF6: no smaller move of any one slider changes the first profile, and this one does."""
    found = profiles.tipping_point(EXERCISE, panel)
    order = ranked(panel)
    candidates = [
        (abs(to - panel[slider]), place, to < panel[slider], slider, to)
        for place, slider in enumerate(SLIDERS)
        if slider in panel
        for to in range(101)
        if ranked({**panel, slider: to})[0] != order[0]
    ]
    if not candidates:
        assert found is None
        return
    *_, slider, to = min(candidates)
    assert found is not None
    assert (found.slider, found.value, found.to) == (slider, panel[slider], to)
    assert found.profile == ranked({**panel, slider: to})[0]


@given(whole)
def test_verdict_is_the_first_that_holds(panel: dict[str, int]) -> None:
    """PF5: the verdict of a whole panel is that of the rule as it is written."""
    first, second, *_ = ranked(panel)
    best, next_best = distance(first, panel), distance(second, panel)
    assert best is not None
    assert next_best is not None
    bands = next(one for one in EXERCISE.profiles if one.id == first).bands
    furthest = max(
        max(0, band.low - panel[band.slider], panel[band.slider] - band.high)
        for band in bands
        if band.weight == 1
    )
    if all(34 <= value <= 66 for value in panel.values()):
        expected = "open"
    elif 100 - best < 90 or furthest >= 34:
        expected = "own"
    elif next_best - best < 5:
        expected = "between"
    else:
        expected = "clear"
    assert profiles.match(EXERCISE, panel).verdict == expected


seats = st.dictionaries(st.sampled_from("abcdef"), points, max_size=6)


@given(seats)
def test_apart_is_that_of_the_rule(positions: dict[str, int]) -> None:
    """DG3: at most one seat stands apart, and it is the one that the rule describes."""
    expected = []
    for seat, value in positions.items():
        others = [one for other, one in positions.items() if other != seat]
        if len(others) >= 2:
            nearest = min(abs(value - one) for one in others)
            if nearest >= 34 and nearest >= 2 * (max(others) - min(others)):
                expected.append(seat)
    assert len(expected) <= 1
    assert disagreement.apart(positions) == (expected[0] if expected else None)


@given(seats)
def test_spread_does_not_depend_on_the_order(positions: dict[str, int]) -> None:
    """DG1: what seats say together does not depend on who is named first."""
    backwards = dict(reversed(positions.items()))
    assert disagreement.of_slider(positions) == disagreement.of_slider(backwards)
