"""What else the machine did: figures of a busy one tell of that, and not of the client."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PROCESSES = Path("/proc")
IDLE = slice(3, 5)
"""Where /proc/stat tells the time in which a core had nothing to do, or waited for a disk."""


class Work(NamedTuple):
    """The ticks of all cores so far, those in which they worked, and those of this script."""

    all: int
    busy: int
    own: int


class Others:
    """How much of one core other programs took; 0.0 for none."""

    share: float = 0.0


@contextmanager
def noticing() -> Iterator[Others]:
    """Looks what others do for as long as this lasts."""
    others = Others()
    before = _work()
    yield others
    after = _work()
    others.share = (os.cpu_count() or 1) * (
        (after.busy - before.busy - after.own + before.own) / max(1, after.all - before.all)
    )


def _work() -> Work:
    ticks = [int(word) for word in (PROCESSES / "stat").read_text("ascii").split()[1:9]]
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for file in PROCESSES.glob("[0-9]*/stat"):
        try:
            words = file.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue  # it ended just now
        process = int(file.parent.name)
        parents[process] = int(words[1])
        used[process] = sum(int(word) for word in words[11:15])
    own = sum(ticks for process, ticks in used.items() if _is_own(process, parents))
    return Work(sum(ticks), sum(ticks) - sum(ticks[IDLE]), own)


def _is_own(process: int, parents: dict[int, int]) -> bool:
    """Whether this script started it, or whoever did."""
    while process > 1:
        if process == os.getpid():
            return True
        process = parents.get(process, 0)
    return False
