"""Applies batches without end and says what was answered, until its process is killed.

`python -m tests.contract.writer STORE FOLDER`; a line per answer: the number of its turn.
"""

import sys
from pathlib import Path

from sessions import fields as f
from tests.contract.batches import AT, A, B, batch, room
from tests.contract.conftest import STORES
from tests.rooms import HUIDIG, SOCIAAL, werkplaats


def say(turn: int) -> None:
    """Tells the parent that this turn was answered."""
    sys.stdout.write(f"{turn}\n")
    sys.stdout.flush()


def main(name: str, folder: str) -> None:
    store = STORES[name](Path(folder), history_rows=200)
    store.create(werkplaats(), {A: room(), B: room()}, AT)
    say(1)
    for turn in range(2, 1_000_000):
        at = f"2026-03-02T{turn // 3600 % 24:02}:{turn // 60 % 60:02}:{turn % 60:02}.000Z"
        changes = {
            "x": turn,
            f"x/{turn % 20}": turn if turn % 3 else None,
            f.position(HUIDIG, SOCIAAL, "bestuur"): turn % 101,
            "text/why": f"woord {turn}",
        }
        store.apply({A: batch(changes, at), B: batch({"x": turn}, at)})
        say(turn)


if __name__ == "__main__":
    main(*sys.argv[1:])
