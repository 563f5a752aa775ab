"""A process that is killed at any moment loses nothing that it was told is stored."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract import databases
from tests.contract.batches import A, B, consistent
from tests.contract.conftest import Open
from tests.rooms import HUIDIG, SOCIAAL

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("answers", [1, 2, 40, 333, 700])
def test_killed_writer(store_name: str, open_store: Open, tmp_path: Path, answers: int) -> None:
    """ST1: after `kill -9` every answered batch is there, and map, seq and history agree."""
    if store_name != "sqlite":
        databases.url(store_name, tmp_path)  # Its server must not end with the writer.
    command = [sys.executable, "-m", "tests.contract.writer", store_name, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(answers):
            assert writer.stdout.readline()
        writer.kill()
        rest = writer.stdout.read().split("\n")[:-1]
    told = answers + len(rest)
    store = open_store()
    rooms = store.rooms([A, B])
    for code in (A, B):
        seq, fields = rooms[code]
        # The last batch may have been stored without its answer.
        assert seq in (told, told + 1)
        assert fields.get("x", 1) == seq
        consistent(store, code)
    fields = rooms[A].fields
    seq = rooms[A].seq
    if seq > 1:
        assert fields["text/why"] == f"woord {seq}"
        assert fields[f"position/{HUIDIG}/{SOCIAAL}/bestuur"] == seq % 101
    for slot in range(20):
        last = max((turn for turn in range(2, seq + 1) if turn % 20 == slot), default=3)
        assert fields.get(f"x/{slot}") == (last if last % 3 else None)
