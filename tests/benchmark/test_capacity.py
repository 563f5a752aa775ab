"""When a system keeps up, and how the largest rate is found."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.benchmark.capacity import HALVINGS, PRECISE, Attempt, climb, objection
from scripts.benchmark.experiments import Capacity
from scripts.benchmark.systems import Load
from tests.benchmark.examples import run


@given(
    limit=st.floats(min_value=0.1, max_value=200),
    start=st.floats(min_value=1, max_value=50),
)
def test_the_largest_rate_is_found_to_within_a_tenth(limit: float, start: float) -> None:
    """Wherever the limit lies and the search begins: what is found holds, and little more does."""
    found = climb(lambda rate: rate <= limit, start, ceiling=115)
    if limit >= 115:
        assert found == 115
    elif limit < start / 2**HALVINGS:
        assert found == 0
    else:
        assert found <= limit
        assert limit <= found * PRECISE + 0.02  # rates are rounded to hundredths


def test_the_ceiling_is_tried_and_never_passed() -> None:
    """The last rate that is tried upwards is the ceiling itself."""
    tried: list[float] = []
    assert climb(_noting(tried, lambda rate: True), 10, 50) == 50
    assert tried == [10, 20, 40, 50]


def test_a_first_rate_above_the_ceiling_is_the_ceiling() -> None:
    """Nobody is tried beyond what they allow."""
    assert climb(lambda rate: True, 200, 50) == 50


def test_who_keeps_up_with_nothing_is_not_tried_forever() -> None:
    """After some halvings it is known that none holds."""
    tried: list[float] = []
    assert climb(_noting(tried, lambda rate: False), 8, 100) == 0
    assert len(tried) == HALVINGS + 1


def _noting(tried: list[float], holds: Callable[[float], bool]) -> Callable[[float], bool]:
    def noting(rate: float) -> bool:
        tried.append(rate)
        return holds(rate)

    return noting


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ({}, ""),
        ({"seen_p99_ms": 100.0}, ""),
        ({"seen_p99_ms": 100.1}, "p99 100 ms"),
        ({"lost": 2}, "2 last values lost"),
        ({"refused": 3}, "3 moves refused"),
        ({"gone": 1}, "1 connections ended"),
        ({"generator_lag_p99_ms": 30.0, "lost": 5}, "the load generator was 30 ms late (p99)"),
    ],
)
def test_what_is_wrong_with_a_run(figures: dict[str, Any], told: str) -> None:
    """A run is kept up with when 99 of hundred moves are soon seen and nothing is missing.

    If the generator was late, that comes first: the rest says nothing then.
    """
    assert objection(run(**figures)) == told


def test_a_capacity_tells_its_best_run_and_its_limit() -> None:
    """The figures are of the largest rate that held, the limit is of the lowest one above it."""
    attempts = [
        Attempt(10, "p99 130 ms", run()),
        Attempt(10, "", run(seen_p99_ms=60)),
        Attempt(20, "40 last values lost", run()),
        Attempt(14, "p99 110 ms", run()),
    ]
    found = Capacity("ours", Load(hertz=10), attempts)
    assert found.best == run(seen_p99_ms=60)
    assert found.limit == "p99 110 ms"


def test_a_capacity_of_none_tells_what_was_wrong_with_the_lowest() -> None:
    """Where nothing held there are no figures."""
    found = Capacity("ours", Load(hertz=0), [Attempt(4, "a", run()), Attempt(2, "b", run())])
    assert found.best is None
    assert found.limit == "b"
