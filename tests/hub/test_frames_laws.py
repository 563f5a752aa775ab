"""However a client's bytes are cut up, they are read the same; and no bytes do harm.

The oracles are what was put in, and wsproto reading the same bytes alone.
"""

import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from server.frames import Reader, Received, text_frame
from tests.wsframes import BINARY, CLOSE, MORE, PING, PONG, TEXT, closing, frame, said, text

LIMIT = 131_072
WIDE = 10**9
"""A limit that no stream of these tests comes near."""


class Heard(NamedTuple):
    """What a reader made of a stream."""

    messages: list[Received]
    reply: bytes
    ended: bool


class Sent(NamedTuple):
    """A stream, and what was put into it."""

    stream: bytes
    messages: list[Received]
    pings: list[bytes]
    code: int | None


def read(pieces: Iterable[bytes], limit: int = WIDE) -> Heard:
    reader = Reader(limit)
    messages = [message for piece in pieces for message in reader.feed(piece)]
    return Heard(messages, reader.reply, reader.ended)


def cut(stream: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """The stream in pieces."""
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return (stream[start:stop] for start, stop in pairwise(edges))


def one_by_one(stream: bytes) -> Iterator[bytes]:
    return (stream[place : place + 1] for place in range(len(stream)))


def by_wsproto(stream: bytes) -> tuple[list[Received], list[bytes], int | None]:
    """The messages, pings and code of the end of a stream, as the library alone reads it."""
    library = Connection(ConnectionType.SERVER)
    library.receive_data(stream)
    messages: list[Received] = []
    pings: list[bytes] = []
    parts: list[Any] = []
    for event in library.events():
        if isinstance(event, CloseConnection):
            return messages, pings, int(event.code)
        if isinstance(event, Ping):
            pings.append(bytes(event.payload))
        elif isinstance(event, TextMessage | BytesMessage):
            parts.append(event.data)
            if event.message_finished:
                messages.append(parts[0][:0].join(parts))
                parts = []
    return messages, pings, None


masks = st.binary(min_size=4, max_size=4)
letters = st.text(max_size=40) | st.sampled_from(
    ("", "é", "€" * 50, "🙂" * 40, '42/room,["move",{"slider":"bestuur","value":3}]', "x" * 125)
)
sizes = st.sampled_from((125, 126, 127, 1_000, 65_535, 65_536, 70_001))
long_texts = st.builds(lambda size, letter: (letter * size)[:size], sizes, st.sampled_from("xé"))
bodies = letters | letters | letters | long_texts | st.binary(max_size=200)
small = st.binary(max_size=12) | st.just(b"p" * 125)
codes = st.sampled_from((1000, 1001, 1003, 1007, 1011, 3000, 4000, 4999))


@st.composite
def controls(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """Pings and pongs, which may stand anywhere between frames; and the pings to be answered."""
    stream, pings = b"", []
    for opcode, body in draw(st.lists(st.tuples(st.sampled_from((PING, PONG)), small), max_size=2)):
        stream += frame(opcode, body, mask=draw(masks))
        pings += [body] if opcode == PING else []
    return stream, pings


@st.composite
def streams(draw: st.DrawFn) -> Sent:
    """A client in good order: messages whole and in fragments, with controls in between."""
    stream, messages, pings = b"", [], []
    for message in draw(st.lists(bodies, max_size=5)):
        body = message.encode() if isinstance(message, str) else message
        whole = draw(st.booleans())
        places = [] if whole else draw(st.lists(st.integers(0, len(body)), max_size=4))
        edges = [0, *sorted(places), len(body)]
        opcode = TEXT if isinstance(message, str) else BINARY
        for number, (start, stop) in enumerate(pairwise(edges), start=1):
            last = number == len(edges) - 1
            stream += frame(opcode, body[start:stop], fin=last, mask=draw(masks))
            opcode = MORE
            if not whole:
                between, asked = draw(controls())
                stream += between
                pings += asked
        messages.append(message)
    code = draw(st.none() | codes)
    if code is not None:
        stream += closing(code, draw(st.sampled_from((b"", b"dag", "één".encode()))))
    return Sent(stream, messages, pings, code)


places = st.lists(st.integers(0, 10**6), max_size=30)


@given(streams(), places)
def test_every_chunking_gives_what_was_put_in(sent: Sent, places: list[int]) -> None:
    """Whole, cut anywhere, and byte by byte: the same messages, pongs and goodbye."""
    heard = read([sent.stream])
    assert heard.messages == sent.messages
    assert heard.ended is (sent.code is not None)
    assert said(heard.reply) == ([], sent.pings, sent.code)
    assert by_wsproto(sent.stream) == (sent.messages, sent.pings, sent.code)
    assert read(cut(sent.stream, places)) == heard
    if len(sent.stream) < 5_000:
        assert read(one_by_one(sent.stream)) == heard


@given(st.lists(letters | st.binary(max_size=9), min_size=1, max_size=3), st.data())
def test_every_place_to_cut(messages: list[str | bytes], data: st.DataObject) -> None:
    """In two pieces, cut at each place there is, also within a header or a letter."""
    stream = b"".join(
        text(one) if isinstance(one, str) else frame(BINARY, one) for one in messages
    ) + data.draw(st.sampled_from((b"", frame(PING, b"?"), closing(1000))))
    heard = read([stream])
    assert heard.messages == messages
    for place in range(len(stream) + 1):
        assert read([stream[:place], stream[place:]]) == heard


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A stream that something happened to on its way, or that never was one."""
    stream = bytearray(draw(streams()).stream[:3_000] or draw(st.binary(max_size=40)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(stream)))
        how = draw(st.sampled_from(("flip", "flip", "cut", "insert", "end")))
        if how == "flip" and place < len(stream):
            stream[place] ^= 1 << draw(st.integers(0, 7))
        elif how == "cut":
            del stream[place : place + draw(st.integers(1, 9))]
        elif how == "insert":
            stream[place:place] = draw(st.binary(max_size=9))
        elif how == "end":
            del stream[place:]
    return bytes(stream)


def consumed(stream: bytes) -> bytes:
    """What the reader looked at: not yet a frame of the plain kind that is not whole."""
    reader = Reader(WIDE)
    reader.feed(stream)
    return stream[: len(stream) - len(reader._rest)]


@given(mutated(), places)
@example(frame(TEXT, b"\xff"), [])
@example(frame(TEXT, b"\xff")[:-1], [])
@example(text("a") + frame(TEXT, b"b", fin=False) + text("c"), [7])
def test_broken_streams_end_and_harm_nothing(stream: bytes, places: list[int]) -> None:
    """Nothing raises, every chunking agrees, and it is broken where wsproto alone says so."""
    heard = read([stream])
    assert read(cut(stream, places)) == heard
    assert read(one_by_one(stream)) == heard
    messages, pings, code = by_wsproto(consumed(stream))
    assert heard.messages == messages
    assert heard.ended is (code is not None)
    assert said(heard.reply) == ([], pings, code)


wrong = st.one_of(
    st.builds(lambda op, body: frame(op, body, mask=None), st.sampled_from((1, 2, 9, 8)), small),
    st.builds(lambda bits, op: frame(op, b"a", reserved=bits), st.integers(1, 7), st.just(TEXT)),
    st.builds(frame, st.sampled_from((3, 4, 5, 6, 7, 11, 15)), small),
    st.sampled_from(
        (
            frame(PING, b"a", fin=False),
            frame(CLOSE, b"a"),
            frame(PING, b"a" * 126),
            frame(MORE, b"a"),
            frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
            frame(TEXT, b"a", fin=False) + frame(BINARY, b"b"),
            b"\x81\xfe\x00\x05" + b"\x00" * 9,
            b"\x81\xff" + (200).to_bytes(8) + b"\x00" * 9,
            b"\x81\xff" + (2**63).to_bytes(8) + b"\x00" * 9,
            *(closing(code) for code in (0, 999, 1004, 1005, 1006, 1015, 2000, 5000)),
        )
    ),
)


@given(st.lists(letters, max_size=3), st.booleans(), wrong, places)
def test_against_the_rules(before: list[str], asks: bool, broken: bytes, places: list[int]) -> None:
    """Unmasked frames, reserved bits, unknown kinds and the like end with 1002, after the rest."""
    stream = b"".join(map(text, before)) + (frame(PING, b"!") if asks else b"") + broken
    heard = read(cut(stream + text("late"), places), LIMIT)
    assert heard.messages == before
    assert heard.ended
    assert said(heard.reply) == ([], [b"!"] * asks, 1002)


NO_UTF8 = (b"\xff", b"a\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82")


@given(st.sampled_from(NO_UTF8), st.lists(letters, max_size=2), st.integers(0, 9), places)
def test_text_that_is_none(
    bad: bytes, before: list[str], fragments: int, places: list[int]
) -> None:
    """Bytes that are no UTF-8 end with 1007, whole or in fragments, and in a client's goodbye."""
    start = b"".join(map(text, before))
    whole = frame(TEXT, b"goed " + bad)
    parts = frame(TEXT, b"goed ", fin=False) + frame(MORE, fin=False) * fragments
    parts += frame(MORE, bad)
    for broken in (whole, parts, closing(1000, bad)):
        heard = read(cut(start + broken, places), LIMIT)
        assert heard.messages == before
        assert heard.ended
        assert said(heard.reply).code == 1007


ends = wrong | st.builds(closing, codes) | st.just(frame(TEXT, b"\xff")) | st.just(frame(CLOSE))


@given(st.lists(letters, max_size=2), ends, st.lists(letters.map(text) | wrong, max_size=3))
@example([], frame(TEXT, b"\xff"), [text("late")])
@example([], closing(1000), [frame(PING)])
def test_after_the_end_nothing_is_read(before: list[str], end: bytes, more: list[bytes]) -> None:
    """Once ended, whatever comes is neither read nor answered."""
    reader = Reader(LIMIT)
    assert reader.feed(b"".join(map(text, before)) + end) == before
    assert reader.ended
    reply = reader.reply
    for piece in more:
        assert reader.feed(piece) == []
        assert reader.reply == reply


@given(st.integers(1, 300), st.integers(-3, 3), st.sampled_from("aé€🙂"), st.booleans(), places)
def test_the_longest_message(
    limit: int, over: int, letter: str, fragments: bool, places: list[int]
) -> None:
    """A message of the limit comes through, one letter more ends with 1009; bytes likewise."""
    size = max(0, limit + over)
    for message in (letter * size, b"\xff" * size):
        opcode, body = (TEXT, message.encode()) if isinstance(message, str) else (BINARY, message)
        stream = frame(opcode, body)
        if fragments:
            half = len(body) // 2
            stream = frame(opcode, body[:half], fin=False) + frame(MORE, body[half:])
        heard = read(cut(stream, places), limit)
        assert heard.messages == ([message] if size <= limit else [])
        assert said(heard.reply).code == (1009 if size > limit else None)


@pytest.mark.parametrize("declared", [LIMIT + 1, 2**20, 2**31, 2**32, 2**63 - 1])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_size_beyond_all_measure(declared: int, opcode: int) -> None:
    """A frame that claims to be huge ends with 1009 as soon as too much of it has come."""
    reader = Reader(LIMIT)
    assert reader.feed(frame(opcode, declared=declared)) == []
    fed = 0
    while not reader.ended:
        assert fed <= LIMIT, "it goes on reading"
        assert reader.feed(b"\x0f\xf0\x3c\xa5" * 1_000) == []
        fed += 4_000
    assert said(reader.reply).code == 1009


@pytest.mark.parametrize("part", [b"", b"x", b"x" * 100])
def test_fragments_without_end(part: bytes) -> None:
    """A message that never ends takes no more memory than one of the limit, and then ends."""
    limit = 2_000
    piece = frame(MORE, part, fin=False) * 50
    reader = Reader(limit)
    tracemalloc.start()
    reader.feed(frame(TEXT, fin=False))
    for _ in range(100):
        assert reader.feed(piece) == []
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 64 * 1024
    assert reader.ended is bool(part)
    if part:
        assert said(reader.reply).code == 1009
    else:
        assert reader.feed(frame(MORE, b"klaar")) == ["klaar"]


@given(st.text(max_size=200) | long_texts)
def test_what_the_server_says(message: str) -> None:
    """A server's frame is what wsproto reads as one whole message."""
    assert said(text_frame(message.encode())) == ([message], [], None)
