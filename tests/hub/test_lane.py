"""One WebSocket on the fast lane: in order, within bounds, and gone when it is gone."""

import gc
import json
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import eventlet
import pytest
from engineio.packet import MESSAGE, PING, Packet
from eventlet.green import socket as green_socket
from hypothesis import given
from hypothesis import strategies as st

from server import fastlane
from server.fastlane import MAX_BACKLOG, RECEIVE, WAITING
from server.frames import text_frame
from server.packets import event_packet
from sessions.protocol.messages import Frame
from tests.hub.lane_bench import Bench, Client, turn, until
from tests.wsframes import BINARY, MORE, TEXT, closing, frame, said, text
from tests.wsframes import PING as WS_PING

CLIENT_LEFT, SERVER_LEFT = "transport close", "server disconnect"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A bench on which nothing may be left behind."""
    made = Bench()
    monkeypatch.setattr(fastlane, "later", made.later)
    yield made
    made.assert_nothing_left()


def message(number: object) -> Packet:
    return Packet(MESSAGE, f"m{number}")


# Reading


def test_who_opens_hears_so_first(bench: Bench) -> None:
    """The library's own first packet comes before anything else."""
    client = bench.open()
    client.found.send(message(1))
    first, second = client.said().messages
    assert str(first).startswith('0{"sid":"sid-0"')
    assert second == "4m1"


def test_moves_are_taken_at_once_and_others_in_order(bench: Bench) -> None:
    """While a packet is dealt with the later ones wait, moves as well."""
    client = bench.open()
    client.send("4quick1")
    assert bench.heard == ["quick1"]
    client.send("4wait", "4quick2", "4b", "4quick3")
    until(lambda: bench.gate)
    turn(5)
    assert bench.heard == ["quick1", "wait"]
    bench.gate.send()
    until(lambda: len(bench.heard) == 5)
    client.send("4quick4")
    assert bench.heard == ["quick1", "wait", "quick2", "b", "quick3", "quick4"]
    assert bench.taken == ["quick1", "quick4"]


def test_every_kind_of_frame_comes_through(bench: Bench) -> None:
    """Fragments with a ping in between, binary, and a frame that comes byte by byte."""
    client = bench.open()
    pieces = frame(TEXT, b"4qui", fin=False) + frame(WS_PING, b"hoi") + frame(MORE, b"ck1")
    for byte in pieces + text("4quick2"):
        client.send_bytes(bytes([byte]))
    client.send_bytes(frame(BINARY, b"\x00\x01"))
    until(lambda: len(bench.heard) == 3)
    assert bench.heard == ["quick1", "quick2", b"\x00\x01"]
    assert client.said().pongs == [b"hoi"]


def test_reading_stops_and_goes_on(bench: Bench) -> None:
    """A client that sends faster than it is dealt with is not read, and nothing gets lost."""
    client = bench.open()
    client.send("4wait")
    until(lambda: bench.gate)
    wanted = [f"{number:03}{'x' * 1_000}" for number in range(400)]
    stream = b"".join(text("4" + one) for one in wanted)
    sending = eventlet.spawn(client.send_bytes, stream)
    until(lambda: not client.lane._watched.reading, "reading to stop")
    turn(50)
    assert len(client.lane._inbox) < WAITING + RECEIVE // 1_000
    assert not sending.dead
    bench.gate.send()
    until(lambda: len(bench.heard) == 401)
    assert bench.heard[1:] == wanted
    assert client.lane._watched.reading


@pytest.mark.parametrize("packet", ["", "x", "bnot base64!"])
def test_packets_that_are_none_end_the_connection(bench: Bench, packet: str) -> None:
    """What is no packet of Engine.IO ends its connection; what only is unknown does not."""
    other, client = bench.open(), bench.open()
    client.send("9", "4a", packet, "4late")
    until(lambda: bench.left)
    assert bench.heard == ["a"]
    assert bench.left == [(client.found.sid, CLIENT_LEFT)]
    assert client.goodbye().code == 1000
    other.send("4quick")
    assert bench.taken == ["quick"]


def test_a_fault_of_our_own_harms_one_connection(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error inside the hub ends that connection, with a line in the log; the hub goes on."""
    other, client = bench.open(), bench.open()
    client.send("4quick1", "4fault", "4late")
    until(lambda: bench.left)
    assert bench.heard == ["quick1"]
    assert bench.left == [(client.found.sid, CLIENT_LEFT)]
    other.send("4quick2")
    assert bench.taken == ["quick1", "quick2"]
    output = capsys.readouterr()
    assert "packet_failed" in output.out
    assert "Removing descriptor" not in output.err


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (frame(TEXT, b"4a", mask=None), 1002),
        (frame(3), 1002),
        (frame(TEXT, b"\xff"), 1007),
        (frame(BINARY, b"x" * 2_000_000), 1009),
        (closing(4000), 4000),
    ],
    ids=["unmasked", "unknown kind", "no UTF-8", "too large", "its own"],
)
def test_why_it_ends_is_said(bench: Bench, wrong: bytes, code: int) -> None:
    """What came in before is dealt with, then the reason is told, though the client sends on."""
    client = bench.open()
    client.send("4a").send_bytes(wrong + text("4late") * 9)
    assert client.goodbye().code == code
    assert bench.heard == ["a"]
    assert bench.left == [(client.found.sid, CLIENT_LEFT)]
    assert not bench.gone(client)
    client.close()
    until(lambda: bench.gone(client))


# Writing: who reads slowly


class Slow:
    """A client with small buffers that does not read, and a lane that has noticed it."""

    def __init__(self, bench: Bench) -> None:
        self.client = bench.open(buffer=4_096)
        self.filler = 0
        while self.client.lane._backlog is None:
            self.client.lane.write(text_frame(b"x" * 1_000))
            self.filler += 1


def pushed(client: Client, seq: int, **changes: Any) -> None:
    """A room's frame, as it is broadcast."""
    insight = changes.pop("insight", None)
    made = Frame(seq, changes, insight)
    client.lane.write(text_frame(event_packet("/room", "frame", made)), made)


def frames_of(client: Client, filler: int) -> list[Any]:
    """Frames and other messages that came after the first ones."""
    found = []
    for one in client.said().messages[1 + filler :]:
        text = str(one)
        found.append(json.loads(text[text.index(",") + 1 :])[1] if text.startswith("42") else text)
    return found


def test_a_slow_reader_gets_the_newest(bench: Bench) -> None:
    """Frames that wait become one: the newest value of each field, and the newest insight."""
    slow = Slow(bench)
    insight = cast("Any", {"agreement": 50})
    pushed(slow.client, 5, a=1, b=1, insight=insight)
    pushed(slow.client, 6, a=2, c=None)
    pushed(slow.client, 7, a=3)
    assert frames_of(slow.client, slow.filler) == [
        {"seq": 7, "set": {"a": 3, "b": 1, "c": None}, "insight": {"agreement": 50}}
    ]
    pushed(slow.client, 8, a=4)
    assert frames_of(slow.client, slow.filler)[1:] == [{"seq": 8, "set": {"a": 4}}]


def test_what_is_no_frame_keeps_its_place(bench: Bench) -> None:
    """An acknowledgement or a snapshot comes after the frames before it, before those after it."""
    slow = Slow(bench)
    pushed(slow.client, 1, a=1)
    slow.client.found.send(message("ack1"))
    pushed(slow.client, 2, a=2)
    pushed(slow.client, 3, a=3)
    slow.client.found.send(message("ack2"))
    slow.client.found.send(Packet(PING))
    pushed(slow.client, 4, a=4)
    assert frames_of(slow.client, slow.filler) == [
        *({"seq": 1, "set": {"a": 1}}, "4mack1"),
        *({"seq": 3, "set": {"a": 3}}, "4mack2", "2"),
        {"seq": 4, "set": {"a": 4}},
    ]


def test_the_overviews_updates_are_merged_too(bench: Bench) -> None:
    """Of each room the newest summary comes; a room's frames on the same socket stay their own."""
    slow = Slow(bench)
    for told in ({"aaaaaa": 1, "bbbbbb": 1}, {"aaaaaa": 2}, {"cccccc": 3}):
        pushed(slow.client, told.get("aaaaaa", 3), a=1)
        slow.client.lane.write(text_frame(event_packet("/overview", "rooms", told)), told)
    frame_, rooms = frames_of(slow.client, slow.filler)
    assert frame_ == {"seq": 3, "set": {"a": 1}}
    assert rooms == {"aaaaaa": 2, "bbbbbb": 1, "cccccc": 3}


writes = st.lists(
    st.tuples(st.just("frame"), st.dictionaries(st.sampled_from("abc"), st.none() | st.integers()))
    | st.tuples(st.just("insight"), st.dictionaries(st.sampled_from("ab"), st.integers()))
    | st.tuples(st.just("message"), st.sampled_from((1, 500, 5_000)))
    | st.tuples(st.just("read"), st.sampled_from((1, 700, 9_000, 10**6))),
    max_size=60,
)


@given(writes)
def test_however_slowly_it_reads_it_knows_the_same(acts: list[tuple[str, Any]]) -> None:
    """The map, the seq and the insight are right at each message in between, and at the end."""
    bench = Bench()
    client = bench.open(buffer=4_096)
    known: dict[str, Any] = {}
    insight: Any = None
    seq = 0
    expected: list[tuple[str, dict[str, Any], int, Any]] = []
    for kind, value in acts:
        if kind == "read":
            turn()
            client.read(value)
        elif kind == "message":
            name = f"{len(expected)}{'x' * value}"
            expected.append((name, dict(known), seq, insight))
            client.lane.write(text_frame(b"4" + name.encode()))
        else:
            seq += 1
            insight = {"number": seq} if kind == "insight" else insight
            known.update(value)
            pushed(client, seq, **value, insight=insight if kind == "insight" else None)
    found: list[tuple[str, dict[str, Any], int, Any]] = []
    seen: dict[str, Any] = {}
    told: tuple[int, Any] = (0, None)
    for one in client.said().messages[1:]:
        text = str(one)
        if text.startswith("42/room"):
            made = json.loads(text[text.index(",") + 1 :])[1]
            seen.update(made["set"])
            told = made["seq"], made.get("insight", told[1])
        else:
            found.append((text[1:], dict(seen), *told))
    assert found == expected
    assert (seen, *told) == (known, seq, insight)
    for timer in bench.timers:
        timer()
    client.close()
    assert bench.gone(client)


def test_who_never_reads_takes_no_memory_for_frames(bench: Bench) -> None:
    """However many frames are not read, one waits; the connection is kept."""
    slow = Slow(bench)
    for seq in range(5_000):
        pushed(slow.client, seq, a=seq, b="x" * 500)
    assert len(slow.client.lane._backlog or b"") < 20_000
    assert frames_of(slow.client, slow.filler) == [
        {"seq": 4_999, "set": {"a": 4_999, "b": "x" * 500}}
    ]
    assert bench.left == []


def test_who_lets_too_much_wait_is_closed(bench: Bench) -> None:
    """Beyond the bound the connection ends and what waited is let go of; others go on."""
    other, slow = bench.open(), Slow(bench)
    one = Packet(MESSAGE, "x" * 50_000)
    sent = 0
    while not bench.left:
        assert sent <= MAX_BACKLOG + 50_000, "it goes on keeping"
        slow.client.found.send(one)
        assert len(slow.client.lane._backlog or b"") <= MAX_BACKLOG + 60_000
        sent += 50_000
        turn()
    assert bench.left == [(slow.client.found.sid, CLIENT_LEFT)]
    assert bench.gone(slow.client)
    assert other.lane._watched.reading


def test_a_large_first_message_is_no_fault(bench: Bench) -> None:
    """One message larger than all bounds is sent whole, and small ones behind it."""
    client = bench.open(buffer=4_096)
    client.lane.write(text_frame(b"x" * (MAX_BACKLOG - 1)))
    client.lane.write(text_frame(b"y"))
    assert [len(one) for one in client.said().messages[1:]] == [MAX_BACKLOG - 1, 1]
    assert bench.left == []


# Errors


@pytest.mark.parametrize("unread", [False, True])
def test_a_client_that_vanished_is_found_when_written_to(bench: Bench, unread: bool) -> None:
    """An error in sending ends the connection, without a word to the others."""
    client = bench.open()
    if unread:
        turn(3)
    else:
        client.said()
    client.socket.close()
    client.found.send(message(1))
    client.found.send(message(2))
    until(lambda: bench.gone(client))
    assert bench.left == [(client.found.sid, CLIENT_LEFT)]


def test_a_client_that_vanishes_while_it_is_waited_for(bench: Bench) -> None:
    """The same for one with a backlog: what waited for it is let go of."""
    slow = Slow(bench)
    slow.client.found.send(message(1))
    slow.client.close()
    until(lambda: bench.gone(slow.client))
    assert bench.left == [(slow.client.found.sid, CLIENT_LEFT)]


def test_after_an_error_nothing_is_read_any_more(bench: Bench) -> None:
    """The hub may call once more for what was ready before: then nothing is taken in."""
    client = bench.open()
    client.send("4wait")
    until(lambda: bench.gate)
    client.lane._lost()
    client.send("4quick", "4late")
    client.lane._readable(0)
    client.lane._writable(0)
    bench.gate.send()
    until(lambda: bench.gone(client))
    client.lane._readable(0)
    assert bench.heard == ["wait"]
    assert len(bench.left) == 1


# The end, in every order


def test_the_client_goes_first(bench: Bench) -> None:
    """Its goodbye is answered in kind, once all that it said before has been dealt with."""
    client = bench.open()
    client.send("4a", "4quick", "4b").send_bytes(closing(1001))
    assert client.goodbye().code == 1001
    assert bench.heard == ["a", "quick", "b"]
    assert bench.left == [(client.found.sid, CLIENT_LEFT)]


def test_the_client_just_goes(bench: Bench) -> None:
    """An end without goodbye is an end; what came before it is dealt with."""
    client = bench.open()
    client.send("4wait", "4quick")
    until(lambda: bench.gate)
    client.close()
    assert bench.left == []
    bench.gate.send()
    until(lambda: bench.gone(client))
    assert bench.heard == ["wait", "quick"]
    assert bench.left == [(client.found.sid, CLIENT_LEFT)]


def test_the_client_says_that_it_goes(bench: Bench) -> None:
    """A packet that closes, of Engine.IO, closes."""
    client = bench.open()
    client.send("4a", "1", "4late")
    assert client.goodbye().code == 1000
    assert bench.heard == ["a"]
    assert bench.left == [(client.found.sid, "client disconnect")]


def test_the_server_goes_first(bench: Bench) -> None:
    """It says so in both languages, and waits for the client's own end."""
    client = bench.open()
    client.found.close(wait=False)
    heard = client.goodbye()
    assert (heard.messages[1:], heard.code) == (["1"], 1000)
    assert bench.left == [(client.found.sid, SERVER_LEFT)]
    assert bench.lanes.by_sid == {}
    client.send("4late", "4quick")
    assert not bench.gone(client)
    client.close()
    assert bench.gone(client)
    assert bench.heard == []


def test_both_go_at_once(bench: Bench) -> None:
    """Crossing goodbyes end it once."""
    client = bench.open()
    client.socket.send(closing(1000))
    client.found.close(wait=False)
    assert client.goodbye().code == 1000
    client.close()
    assert bench.gone(client)
    assert len(bench.left) == 1


def test_a_client_that_does_not_go(bench: Bench) -> None:
    """Who is told goodbye and stays is hung up on after a while."""
    client = bench.open()
    client.found.close(wait=False)
    client.goodbye()
    client.send("4late")
    assert not bench.gone(client)
    bench.pass_time()
    assert bench.gone(client)


def test_a_client_that_never_stops(bench: Bench) -> None:
    """Who is told goodbye and sends on without end is hung up on before its time is over."""
    client = bench.open()
    client.found.close(wait=False)
    with pytest.raises(BrokenPipeError):
        client.send_bytes(text("4" + "x" * 60_000) * 500)
    assert bench.gone(client)
    assert bench.heard == []


def test_goodbye_to_a_slow_reader(bench: Bench) -> None:
    """What waits is said first, and then goodbye; who reads nothing is hung up on after a while."""
    reading, silent = Slow(bench), Slow(bench)
    for slow in (reading, silent):
        pushed(slow.client, 9, a=9)
        slow.client.found.close(wait=False)
    heard = reading.client.goodbye()
    assert str(heard.messages[-2]).endswith('{"seq":9,"set":{"a":9}}]')
    assert (heard.messages[-1], heard.code) == ("1", 1000)
    assert not bench.gone(silent.client)
    bench.pass_time()
    assert bench.gone(silent.client)


def test_a_slow_reader_goes_after_goodbye(bench: Bench) -> None:
    """Who goes while the goodbye still waits is hung up on at once."""
    slow = Slow(bench)
    slow.client.found.close(wait=False)
    slow.client.close()
    until(lambda: bench.gone(slow.client))
    assert len(bench.left) == 1


@pytest.mark.parametrize("goes", [False, True])
def test_closed_while_something_waits(bench: Bench, goes: bool) -> None:
    """What waits is dropped, and nothing is read again when the one that was at work returns."""
    client = bench.open()
    client.send("4wait", "4late")
    until(lambda: bench.gate)
    client.found.close(wait=False)
    if goes:
        client.close()
        assert bench.gone(client)
    bench.gate.send()
    turn(10)
    assert bench.heard == ["wait"]
    assert bench.gone(client) is goes
    assert bench.left == [(client.found.sid, SERVER_LEFT)]


@pytest.mark.parametrize("packet", ["4quickend", "4end"])
def test_closed_by_what_it_said(bench: Bench, packet: str) -> None:
    """A packet may end its own connection, inside the hub or in a green thread."""
    client = bench.open()
    client.send("4quick", packet, "4late")
    assert client.goodbye().code == 1000
    assert bench.heard == ["quick", packet[1:]]
    assert bench.left == [(client.found.sid, SERVER_LEFT)]


def test_closing_twice_is_closing(bench: Bench) -> None:
    """Whoever else closes it finds it closed, then and afterwards."""
    client = bench.open()
    for _ in range(2):
        client.found.close(wait=False)
    client.close()
    client.found.close(wait=False, abort=True)
    client.lane._hang_up()
    assert bench.gone(client)
    assert len(bench.left) == 1


def test_memory_is_free_at_once(bench: Bench) -> None:
    """Nothing of a closed connection waits for the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        for end in ("client", "server", "probe"):
            found = bench.polling() if end == "probe" else None
            client = bench.open(found)
            client.send("2probe" if end == "probe" else "4a")
            if end == "server":
                client.found.close(wait=False)
            client.close()
            until(lambda: bench.lanes.sockets == 0)
            bench.engine.sockets.clear()
            bench.timers.clear()
            bench.clients.clear()
            there = weakref.ref(client.found)
            del client, found
            turn(3)
            assert there() is None, end
    finally:
        gc.enable()


# A polling client that tries a WebSocket


def test_a_polling_client_moves_over(bench: Bench) -> None:
    """What it has not fetched comes by the WebSocket, in order; the request that waits ends."""
    found = bench.polling()
    waiting = eventlet.spawn(found.poll)
    turn(2)
    client = bench.open(found)
    client.send("2probe")
    assert client.said().messages == ["3probe"]
    assert [one.encode() for one in waiting.wait()] == ["6"]
    assert bench.lanes.by_sid == {}
    found.send(message(1))
    found.send(message(2))
    client.send("5", "4quick")
    found.send(message(3))
    assert client.said().messages == ["3probe", "4m1", "4m2", "4m3"]
    assert bench.taken == ["quick"]
    assert (found.upgraded, found.upgrading) == (True, False)


def test_a_request_still_waits_when_it_moves_over(bench: Bench) -> None:
    """A client that asks, probes and moves over in one breath: its request ends, and it goes on."""
    found = bench.polling()
    environ = {"HTTP_CONNECTION": "keep-alive"}
    waiting = eventlet.spawn(found.handle_get_request, environ, None)
    turn(2)
    client = bench.open(found)
    client.send("2probe", "5", "4quick")
    assert [one.encode() for one in waiting.wait()] == ["6"]
    found.send(message(1))
    assert client.said().messages[-1] == "4m1"
    assert bench.taken == ["quick"]
    assert bench.left == []


@pytest.mark.parametrize("packets", [(), ("2probe",), ("5",), ("4quick",), ("2probe", "4quick")])
def test_a_trial_that_fails(bench: Bench, packets: tuple[str, ...]) -> None:
    """It goes on polling as before, and nothing that it has not fetched is lost."""
    found = bench.polling()
    client = bench.open(found)
    assert found.upgrading
    client.send(*packets)
    found.send(message(1))
    client.close()
    until(lambda: client.lane._watched.closed)
    assert (found.upgraded, found.upgrading, found.closed) == (False, False, False)
    assert "4m1" in [one.encode() for one in found.poll()]
    assert bench.taken == []
    assert bench.left == []


def test_a_trial_that_takes_too_long(bench: Bench) -> None:
    """A WebSocket that stays silent, before or after its probe, is hung up on; polling goes on."""
    silent, probed = bench.open(bench.polling()), bench.open(bench.polling())
    probed.send("2probe")
    bench.pass_time()
    for client in (silent, probed):
        assert client.lane._watched.closed
        assert (client.found.upgrading, client.found.closed) == (False, False)
    assert bench.left == []


def test_time_is_up_for_trials_alone(bench: Bench) -> None:
    """Who moved over in time stays."""
    client = bench.open(bench.polling()).send("2probe", "5")
    bench.pass_time()
    client.send("4quick")
    assert bench.taken == ["quick"]


def test_two_trials_at_once(bench: Bench) -> None:
    """One moves over; the other is told goodbye, and harms nothing."""
    found = bench.polling()
    first, second = bench.open(found), bench.open(found)
    first.send("2probe")
    second.send("2probe")
    first.send("5", "4quick1")
    second.send("5", "4quick2")
    assert second.goodbye().code == 1000
    second.close()
    first.send("4quick3")
    found.send(message(1))
    assert first.said().messages[-1] == "4m1"
    assert bench.taken == ["quick1", "quick3"]
    assert bench.left == []


@pytest.mark.parametrize("packets", [("2probe",), ("5",)])
def test_closed_during_its_trial(bench: Bench, packets: tuple[str, ...]) -> None:
    """A client that was closed while it tried does not come back to life."""
    found = bench.polling()
    client = bench.open(found)
    if packets == ("5",):
        client.send("2probe")
    found.close(wait=False, abort=True)
    client.send(*packets)
    assert client.goodbye().code == 1000
    assert bench.lanes.by_sid == {}
    assert not found.upgraded


# The way in


HANDSHAKE = {
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_UPGRADE": "websocket",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
    "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
}


def knock(bench: Bench, found: Any, **changed: Any) -> tuple[list[str], Any]:
    """Enters as the library lets a WebSocket in; answers the statuses and the client's end."""
    listener = green_socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    theirs = green_socket.create_connection(listener.getsockname())
    ours, _ = listener.accept()
    listener.close()
    environ = {**HANDSHAKE, **changed, "eventlet.input": SimpleNamespace(get_socket=lambda: ours)}
    statuses: list[str] = []

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        statuses.append(status)

    if changed.get("gone"):
        ours.shutdown(green_socket.SHUT_WR)
    enter = bench.lanes._entrance(found._websocket_handler, bench.engine)
    try:
        list(enter(environ, start_response))
    except OSError as error:
        statuses.append(type(error).__name__)
    ours.close()
    return statuses, theirs


def test_a_handshake_lets_in(bench: Bench) -> None:
    """The socket is the lane's from then on, whatever the server of the request closes."""
    found = bench.new()
    statuses, theirs = knock(bench, found)
    head, _, first = theirs.recv(4_096).partition(b"\r\n\r\n")
    assert statuses == []
    assert head.startswith(b"HTTP/1.1 101 ")
    assert said(first).messages == ['0{"sid":"sid-0"}']
    assert list(bench.lanes.by_sid) == ["sid-0"]
    theirs.sendall(text("4quick"))
    until(lambda: bench.taken == ["quick"])
    theirs.close()
    until(lambda: bench.engine.sockets == {})


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"HTTP_SEC_WEBSOCKET_VERSION": "12"}, "426 Upgrade Required"),
        ({"HTTP_CONNECTION": "close"}, "400 Bad Request"),
        ({"gone": True}, "BrokenPipeError"),
    ],
)
def test_a_handshake_that_fails_leaves_nothing(
    bench: Bench, changed: dict[str, Any], status: str
) -> None:
    """Who does not come in is forgotten at once; who was polling goes on."""
    found, polling = bench.new(), bench.polling()
    for one in (found, polling):
        statuses, theirs = knock(bench, one, **changed)
        assert statuses == [status]
        theirs.close()
    assert found.closed
    assert bench.engine.sockets == {polling.sid: polling}
    assert not polling.upgrading
    bench.engine.sockets.clear()


def test_there_is_an_end_to_how_many(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound a WebSocket gets 503, also a tried one; one that goes makes room."""
    monkeypatch.setattr(fastlane, "MAX_LANES", 2)
    client, trial = bench.open(), bench.open(bench.polling())
    for found in (bench.new(), trial.found):
        statuses, theirs = knock(bench, found)
        assert statuses == ["503 Service Unavailable"]
        theirs.close()
    assert set(bench.engine.sockets) == {client.found.sid, trial.found.sid}
    trial.close()
    statuses, theirs = knock(bench, bench.new())
    assert statuses == []
    theirs.close()
    until(lambda: bench.lanes.sockets == 1)
