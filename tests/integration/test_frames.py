"""WebSocket frames at a real server: what is in order counts, what is not ends alone."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from threading import Event, Thread

import pytest

from tests.integration.clients import Api
from tests.integration.drags import KEY, Drag, is_fast, move
from tests.integration.process import PATIENCE
from tests.wsframes import BINARY, MORE, PING, PONG, TEXT, closing, frame, text


@pytest.fixture
def drag(each_api: Api) -> Iterator[Drag]:
    """A room on each kind of server."""
    with ExitStack() as stack:
        yield Drag(each_api, stack)


def test_a_move_in_fragments(drag: Drag) -> None:
    """Controls between its fragments are answered, and the move is a move."""
    raw = drag.raw()
    first, second, third = move(31)[:20], move(31)[20:40], move(31)[40:]
    raw.send_raw(
        frame(TEXT, first.encode(), fin=False)
        + frame(PING, b"een")
        + frame(PONG, b"niemand vroeg dit")
        + frame(MORE, second.encode(), fin=False, mask=b"\x00" * 4)
        + frame(PING, b"twee", mask=b"\xff" * 4)
        + frame(MORE, third.encode())
        + text(move(32))
    )
    drag.seen(32)
    pongs: list[bytes] = []
    while len(pongs) < 2:
        found = raw.receive_raw()
        assert found is not None
        pongs += [found[1]] if found[0] == PONG else []
    assert pongs == [b"een", b"twee"]


def test_a_move_byte_by_byte(drag: Drag) -> None:
    """However a move is cut up on its way, it is read once it is whole."""
    raw = drag.raw()
    for byte in text(move(41)) + text(move(42)):
        raw.send_raw(bytes([byte]))
    drag.seen(42)


WRONG = {
    "unmasked": (frame(TEXT, b'42/room,["help"]', mask=None), 1002),
    "reserved bit": (frame(TEXT, b"2", reserved=4), 1002),
    "unknown kind": (frame(3, b"x"), 1002),
    "continuation of nothing": (frame(MORE, b"x"), 1002),
    "ping in fragments": (frame(PING, b"x", fin=False), 1002),
    "long ping": (frame(PING, b"x" * 126), 1002),
    "bad goodbye": (closing(1005), 1002),
    "no UTF-8": (frame(TEXT, b'42/room,["\xff"]'), 1007),
    "no UTF-8 in fragments": (frame(TEXT, b"4", fin=False) + frame(MORE, b"\xc0\xaf"), 1007),
    "endless": (frame(BINARY, b"x" * 400_000, declared=2**62), 1009),
    "endless fragments": (
        frame(TEXT, b"4", fin=False) + frame(MORE, b"x" * 60_000, fin=False) * 5,
        1009,
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_broken_frames_end_their_connection(drag: Drag, what: str) -> None:
    """Moves before it count, none after it does; the fast lane says why. Nobody else notices."""
    broken, code = WRONG[what]
    raw = drag.raw()
    raw.send_raw(text(move(7)))
    drag.seen(7)
    with suppress(OSError):  # It may be cut off while it is still sending.
        raw.send_raw(broken + text(move(99)))
    told = raw.goodbye()
    assert told == code or not is_fast(drag.server)
    drag.other.until(lambda: "online/fysiek" not in drag.other.fields, "it to be gone")
    drag.assert_unharmed()
    assert drag.other.fields[KEY] == 7


@pytest.mark.parametrize("code", [1000, 1001, 4000])
def test_moves_before_a_goodbye_count(drag: Drag, code: int) -> None:
    """A client that drags, says goodbye and goes in one breath: the last value is stored."""
    raw = drag.raw()
    raw.send_raw(b"".join(text(move(value)) for value in range(50)) + closing(code, b"dag"))
    drag.seen(49)
    assert raw.goodbye() == code or not is_fast(drag.server)
    drag.other.until(lambda: "online/fysiek" not in drag.other.fields, "it to be gone")


def test_a_flood_of_pings(drag: Drag) -> None:
    """Who pings without end leaves the others their turn, read or not."""
    raw = drag.raw(narrow=True)
    over = Event()
    pings = frame(PING, b"x" * 100) * 300 + frame(PING) * 3_000

    def flood() -> None:
        with suppress(OSError):
            while not over.is_set():
                raw.send_raw(pings)

    before = drag.server.memory()
    flooding = Thread(target=flood)
    flooding.start()
    drag.stack.callback(flooding.join)
    drag.stack.callback(raw.interrupt)
    drag.stack.callback(over.set)
    for value in range(20):
        drag.other.ok("move", {"slider": "bestuur", "value": value})
    assert drag.server.memory() - before < 100 * 2**20
    if is_fast(drag.server):
        flooding.join(PATIENCE)
        assert not flooding.is_alive(), "the flood was not ended"
