"""Random work under random faults keeps every promise; a seed tells which work and faults.

`CHAOS_SEED=17 CHAOS_SECONDS=60 pytest tests/chaos` tries another one. What the machine adds to a
seed (who is faster) does not repeat: a seed that once failed is tried again and again below.
"""

import os
from pathlib import Path

import pytest

from tests.chaos.checks import verify
from tests.chaos.report import report, summary
from tests.chaos.run import Size, play
from tests.modes import THREADING

SEED = os.environ.get("CHAOS_SEED", "1")
SECONDS = float(os.environ.get("CHAOS_SECONDS", "12"))
FAILED_ONCE = ("3", "4", "5", "28")
"""Seeds that found something."""
LONG = Size(max(140.0, SECONDS), workers=3, rooms=6, pace=0.12, longest=10.0, departure=True)


def _prove(folder: Path, seed: str, size: Size) -> None:
    record = play(folder, seed, size)
    print(f"CHAOS_SEED={seed}: {summary(record)}")  # noqa: T201  # for who asks with -s
    found = verify(record)
    assert not found, report(seed, record, found)


def test_a_short_run_keeps_every_promise(tmp_path: Path) -> None:
    """ST1, ST4, ST7, ST12, ST13: two workers, three rooms, and nothing stays whole for long."""
    _prove(tmp_path, SEED, Size(SECONDS))


@pytest.mark.slow
@pytest.mark.parametrize("seed", FAILED_ONCE)
def test_what_failed_once_is_tried_again(tmp_path: Path, seed: str) -> None:
    """ST1: the seeds that found something find nothing any more."""
    _prove(tmp_path, seed, Size(SECONDS))


@pytest.mark.slow
def test_workers_on_threads_keep_every_promise(tmp_path: Path) -> None:
    """ST1, ST4, ST7: where threads truly run side by side, the same holds."""
    _prove(tmp_path, SEED, Size(SECONDS, mode=THREADING))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [f"long {number}" for number in range(3)])
def test_a_long_run_keeps_every_promise(tmp_path: Path, seed: str) -> None:
    """ST1, ST4, ST7, ST12, ST13: three workers, six rooms, minutes, and longer faults."""
    _prove(tmp_path, seed, LONG)
