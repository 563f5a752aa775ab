"""The load generator tells the truth about servers that are slow, forgetful or both."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest

from scripts.benchmark import build, plans
from scripts.benchmark.plans import Person
from scripts.benchmark.results import Result, read_result
from tests.integration.process import PATIENCE
from tests.integration.relay import Move, Relay

HERTZ, SECONDS = 50, 1.0
PEOPLE = 3
Load = Callable[[Callable[[Move], bool]], Result]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Lays one second of load on a relay; the result."""

    def lay(passes: Callable[[Move], bool]) -> Result:
        plan = tmp_path / "plan"
        people = [Person(0, str(place), "/") for place in range(PEOPLE)]
        plan.write_text("\n".join(plans.lines(people)) + "\n", encoding="utf-8")
        with Relay(passes) as relay:
            options = {
                "--wire": "relay",
                "--plan": str(plan),
                "--port": str(relay.port),
                "--hertz": str(HERTZ),
                "--seconds": str(SECONDS),
                "--warmup": "0",
                "--linger": "1",
            }
            words = [word for option in options.items() for word in option]
            done = subprocess.run(
                [str(build.generator()), *words],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=True,
            )
        begin, line = done.stdout.splitlines()
        assert begin == "begin"
        return read_result(line)

    return lay


def test_every_move_is_seen_by_all_others(load: Load) -> None:
    """Each move has one time for each other person in the room."""
    found = load(lambda move: True)
    assert found.moves == found.moves_sent == PEOPLE * HERTZ * SECONDS
    assert found.seen == found.to_see == found.moves * (PEOPLE - 1)
    assert found.seeing_ms.count == found.seen
    assert found.lost == found.gone == found.uncertain == 0


def test_moves_that_are_passed_over_are_seen_with_the_next(load: Load) -> None:
    """A server may show the newest value only; the moves before it were seen late, not never."""
    found = load(lambda move: move.before % 10 == 9)
    assert found.frames < found.to_see / 5
    assert found.seen == found.to_see
    assert found.lost == 0
    # The first of ten waits for nine more, which is 180 ms.
    assert found.seeing_ms.max >= 9 * 1000 / HERTZ
    assert found.seeing_ms.p50 >= 3 * 1000 / HERTZ


def test_a_last_value_that_never_comes_is_lost(load: Load) -> None:
    """Who never sees where a slider ended has lost it, also if all before it came."""
    last = HERTZ * SECONDS - 1
    found = load(lambda move: move.seat != 0 or move.before < last)
    assert found.lost == PEOPLE - 1
    assert found.to_see - found.seen == PEOPLE - 1


def test_nothing_is_sent_less_because_nobody_answers(load: Load) -> None:
    """The loop is open: a server that shows nothing gets all moves, and loses all last values."""
    found = load(lambda move: False)
    assert found.moves == PEOPLE * HERTZ * SECONDS
    assert found.seen == found.seeing_ms.count == 0
    assert found.lost == found.finals == PEOPLE * (PEOPLE - 1)


def test_a_pause_is_in_the_time_of_every_move_of_it(load: Load) -> None:
    """A server that stands still is slow for all moves of that time, and not for one."""
    pause = 0.5

    def passes(move: Move) -> bool:
        if move.seat == 0 and move.before == 10:
            sleep(pause)
        return True

    found = load(passes)
    assert found.lost == 0
    assert found.seeing_ms.max >= pause * 1000
    # Of all 300 times, 50 are of moves in that pause: evenly spread over it.
    assert found.seeing_ms.p95 >= pause * 1000 / 2
