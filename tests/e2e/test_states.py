"""Every state of every page: no rule of accessibility broken, and everything fits at each width."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.checks import SCHEMES, WIDTHS, at_every_width, in_every_scheme
from tests.e2e.conftest import Invite
from tests.e2e.tour import PARTS, TOUR
from tests.integration.clients import Api

STATES = [(part, state) for part, states in PARTS.items() for state in states]


class Judged(NamedTuple):
    """What was found in one state."""

    rules: dict[str, list[str]]
    fit: dict[int, list[str]]


class Walk:
    """Walks each part of the tour once, however many tests ask about it."""

    def __init__(self, gathering: Invite, api: Api) -> None:
        self._invite = gathering
        self._api = api
        self._judged: dict[str, dict[str, Judged]] = {}

    def _walk(self, part: str) -> None:
        wanted = os.environ.get("SCREENSHOTS")
        shots = Path(wanted) if wanted else None
        if shots is not None:
            shots.mkdir(parents=True, exist_ok=True)
        for state, page in TOUR[part](self._invite, self._api):
            judged = Judged(in_every_scheme(page), at_every_width(page, shots, state))
            self._judged[part][state] = judged

    def judged(self, part: str, state: str) -> Judged:
        if part not in self._judged:
            self._judged[part] = {}
            self._walk(part)
            assert tuple(self._judged[part]) == PARTS[part]
        assert state in self._judged[part], "the walk ended before it came here"
        return self._judged[part][state]


@pytest.fixture(scope="module")
def walk(gathering: Invite, api: Api) -> Walk:
    """The tour, walked where it is needed."""
    return Walk(gathering, api)


@pytest.mark.parametrize(("part", "state"), STATES, ids=[state for _, state in STATES])
def test_no_rule_of_accessibility_is_broken(walk: Walk, part: str, state: str) -> None:
    """The page passes every rule, in light, in dark, in forced colours and without motion."""
    assert walk.judged(part, state).rules == {scheme: [] for scheme in SCHEMES}


@pytest.mark.parametrize(("part", "state"), STATES, ids=[state for _, state in STATES])
def test_everything_fits(walk: Walk, part: str, state: str) -> None:
    """No sideways scrolling, small target, overlap or cut text at any width."""
    assert walk.judged(part, state).fit == {width: [] for width in WIDTHS}
