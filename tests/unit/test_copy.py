"""The form of a copy: what is read, and what is wrong with a file that is not."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.errors import CopyError
from sessions.store import copy
from sessions.store.copy import Counts
from sessions.store.history import new_room
from sessions.store.port import Saved
from tests.rooms import SINCE, werkplaats
from tests.rooms import new_room as fields

SAVED = [
    Saved(
        werkplaats("wp", join_code="346789", rooms=["abcdef", "ghjkmn"]),
        [new_room(code, fields(), SINCE) for code in ("abcdef", "ghjkmn")],
    ),
    Saved(werkplaats("leeg", join_code="999999"), []),
]


class Kept:
    """A source of two werkplaatsen, and of the id of one that has gone."""

    def ids(self) -> list[str]:
        return ["gone", "wp", "leeg"]

    def save(self, werkplaats_id: str) -> Saved | None:
        return next((one for one in SAVED if one.werkplaats.id == werkplaats_id), None)

    def close(self) -> None:
        """There is nothing to let go of."""


def written() -> list[bytes]:
    lines: list[bytes] = []
    assert copy.write(Kept(), SINCE, lines.append) == Counts(2, 2)
    return lines


COPY = written()
HEADER, WERKPLAATS, ROOM, OTHER_ROOM, EMPTY, END = COPY


def why(lines: list[bytes]) -> str:
    """The sentence by which a copy is refused."""
    with pytest.raises(CopyError) as caught:
        list(copy.read(copy.lines(io.BytesIO(b"".join(lines)))))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "Zonnedorp" not in sentence
    return sentence


def changed(line: bytes, change: Callable[[Any], object]) -> bytes:
    found = json.loads(line)
    change(found)
    return json.dumps(found).encode() + b"\n"


def test_what_was_written_is_read() -> None:
    """ST15: a copy is read as what it was made from, one line for each werkplaats and room."""
    assert list(copy.read(COPY)) == SAVED
    assert json.loads(HEADER) == {"form": "mengpaneel", "version": 1, "at": SINCE}
    assert HEADER.startswith(copy.BEGINNING)
    assert json.loads(END) == {"kind": "end", "werkplaatsen": 2, "rooms": 2}
    assert [line.count(b"\n") for line in COPY] == [1] * 6
    assert list(copy.read([*COPY[:-1], END.strip()])) == SAVED


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"[]",
        b"geen kopie\n",
        b"\x00" * 500,
        b"\x1f\x8b\x08",
        b"[" * 9000,
        HEADER[:20],
        WERKPLAATS,
        changed(HEADER, lambda line: line.update(form="iets anders")),
        changed(HEADER, lambda line: line.update(version=0)),
        changed(HEADER, lambda line: line.update(version="1")),
        changed(HEADER, lambda line: line.update(version=True)),
    ],
)
def test_no_copy(content: bytes) -> None:
    """ST15: a file that does not begin as a copy is none."""
    assert why([content, *COPY[1:]]) == "line 1: this is no copy that Mengpaneel made"


def test_a_newer_copy() -> None:
    """ST15: a copy of a newer form is refused, whatever else it has."""
    header = b'{"form":"mengpaneel","version":2,"at":7,"more":[]}\n'
    assert "newer version of Mengpaneel (form 2, this one knows 1)" in why([header, b"new\n"])


def test_cut_off_anywhere() -> None:
    """ST15: a copy that misses its end is refused, wherever it was cut off."""
    whole = b"".join(COPY)
    for length in [*range(len(HEADER), len(whole), 37), len(whole) - 2]:
        at = whole[:length].count(b"\n") + 1
        assert why([whole[:length]]) == f"the copy is cut off at line {at}"


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ([HEADER, ROOM], 2),
        ([HEADER, HEADER, *COPY[1:]], 2),
        ([HEADER, WERKPLAATS, ROOM, EMPTY, END], 4),
        ([HEADER, WERKPLAATS, OTHER_ROOM, ROOM, EMPTY, END], 3),
        ([HEADER, WERKPLAATS, ROOM, ROOM, EMPTY, END], 4),
        ([HEADER, WERKPLAATS, ROOM, OTHER_ROOM, ROOM, EMPTY, END], 5),
        ([HEADER, WERKPLAATS, ROOM, END], 4),
        ([HEADER, EMPTY, EMPTY, END], 3),
        ([HEADER, EMPTY, END], 3),
        ([HEADER, WERKPLAATS, ROOM, OTHER_ROOM, END], 5),
        ([*COPY, END], 7),
        ([*COPY, b"\n"], 7),
        ([HEADER, b"\n", *COPY[1:]], 2),
        ([changed(HEADER, lambda line: line.update(at="gisteren")), *COPY[1:]], 1),
        ([changed(HEADER, lambda line: line.update(more=1)), *COPY[1:]], 1),
    ],
)
def test_lines_that_do_not_belong(lines: list[bytes], number: int) -> None:
    """ST15: what is missing, too much or in another place is refused, and the line is named."""
    assert f"damaged at line {number}: " in why(lines)


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.pop("title"),
        lambda line: line.update(more=1),
        lambda line: line.update({"a\n\x1b": 1}),
        lambda line: line.update(kind="kamer"),
        lambda line: line.update(id="a}b"),
        lambda line: line.update(id=""),
        lambda line: line.update(join_code="346789\n"),
        lambda line: line.update(expires_at="morgen"),
        lambda line: line.update(expires_at="2026-02-30T00:00:00.000Z"),
        lambda line: line.update(wijk="nee"),
        lambda line: line.update(rooms=["abcdef", 7]),
        lambda line: line["roles"][0].update(more=1),
    ],
)
def test_a_damaged_werkplaats(change: Callable[[Any], object]) -> None:
    """ST15: a werkplaats has exactly what it should have, or the copy is refused."""
    assert "damaged at line 2: " in why([HEADER, changed(WERKPLAATS, change), *COPY[2:]])


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.pop("history"),
        lambda line: line.update(more=1),
        lambda line: line.update(code="qrstuv"),
        lambda line: line.update(seq=0),
        lambda line: line.update(seq=-1),
        lambda line: line.update(seq=2**70),
        lambda line: line.update(seq="1"),
        lambda line: line["fields"].update({"#seq": 7}),
        lambda line: line["fields"].update({"phase": None}),
        lambda line: line["history"][0].append(1),
        lambda line: line["history"].append([2, SINCE, "x", 1, 1]),
        lambda line: line["history"].append([1, SINCE, "x", 0, 1]),
        lambda line: line["history"].append([1, SINCE, "x", 2**70, 1]),
        lambda line: line["history"].append([1, "gisteren", "x", 1, 1]),
        lambda line: line["history"].append([1, SINCE, None, 1, 1]),
    ],
)
def test_a_damaged_room(change: Callable[[Any], object]) -> None:
    """ST15: a room that no store could keep as it is makes the copy refused."""
    assert "damaged at line 3: " in why([HEADER, WERKPLAATS, changed(ROOM, change), *COPY[3:]])


@given(st.data())
def test_any_damage_is_an_answer(data: st.DataObject) -> None:
    """ST15: whatever is wrong with a file, reading it gives a copy or one sentence."""
    whole = bytearray(b"".join(COPY))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    with suppress(CopyError):
        list(copy.read(copy.lines(io.BytesIO(bytes(whole)))))
