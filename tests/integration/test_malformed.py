"""Everything malformed gets a typed refusal, harms its own connection at most, changes nothing."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from tests.integration.clients import Api, HandshakeRefused, Listener, Member, Werkplaats
from tests.integration.process import PATIENCE, Server
from tests.integration.raw import RawPolling, RawSeat, RawWebSocket, codes, open_raw

BIG = "9" * 90
DEEP = '{"slider":' + "[" * 500 + "]" * 500 + "}"
MOVE: dict[str, Any] = {"slider": "bestuur", "value": 3}

# Event and payload as they stand in the packet, and the field that is to blame.
EVENTS: list[tuple[str, str | None]] = [
    ('["move",{"slider":"bestuur","value":"77"}]', "value"),
    ('["move",{"slider":"bestuur","value":77.0}]', "value"),
    ('["move",{"slider":"bestuur","value":77.5}]', "value"),
    ('["move",{"slider":"bestuur","value":true}]', "value"),
    ('["move",{"slider":"bestuur","value":101}]', "value"),
    ('["move",{"slider":"bestuur","value":-1}]', "value"),
    (f'["move",{{"slider":"bestuur","value":{BIG}}}]', "value"),
    ('["move",{"slider":"bestuur","value":1e400}]', "value"),
    ('["move",{"slider":"bestuur","value":-0.0}]', "value"),
    ('["move",{"slider":"bestuur","value":[5]}]', "value"),
    ('["move",{"slider":"bestuur","value":{"a":5}}]', "value"),
    ('["move",{"slider":"bestuur","value":"Unknown"}]', "value"),
    ('["move",{"slider":"bestuur"}]', "value"),
    ('["move",{"value":5}]', "slider"),
    ('["move",{"slider":"bestuur","value":5,"role":"fysiek"}]', "role"),
    ('["move",{"slider":"bestuur","value":5,"":1}]', ""),
    ('["move",{"slider":"nergens","value":5}]', "slider"),
    ('["move",{"slider":"wijk","value":5}]', "slider"),
    ('["move",{"slider":"BESTUUR","value":5}]', "slider"),
    ('["move",{"slider":"bestuur\\n","value":5}]', "slider"),
    ('["move",{"slider":"bestuur/x","value":5}]', "slider"),
    ('["move",{"slider":"\\ud800","value":5}]', "slider"),
    ('["move",{"slider":5,"value":5}]', "slider"),
    ('["move",{"slider":null,"value":5}]', "slider"),
    ('["move",{"slider":"bestuur","value":5,"round":5}]', "round"),
    ('["move",{"slider":"bestuur","value":5,"round":"a/b"}]', "round"),
    ('["move"]', None),
    ('["move",{"slider":"bestuur","value":5},{"slider":"bestuur","value":6}]', None),
    ('["move",null]', None),
    ('["move","bestuur"]', None),
    ('["move",[{"slider":"bestuur","value":5}]]', None),
    ('["move",{"_placeholder":true,"num":0}]', "_placeholder"),
    (f'["move",{DEEP}]', "slider"),
    ('["reason",{"slider":"bestuur","text":"a\\u0000b"}]', "text"),
    ('["reason",{"slider":"bestuur","text":"a\\u009fb"}]', "text"),
    ('["reason",{"slider":"bestuur","text":"\\udfff"}]', "text"),
    (f'["reason",{{"slider":"bestuur","text":"{"a" * 501}"}}]', "text"),
    ('["reason",{"slider":"bestuur","text":5}]', "text"),
    ('["done",{"done":1}]', "done"),
    ('["done",{"done":null}]', "done"),
    ('["done",{"done":true}]', "done"),
    ('["about",{"about":"alles"}]', "about"),
    ('["phase",{"phase":"einde"}]', "phase"),
    ('["phase",{"phase":"compare","round":"nergens"}]', "round"),
    ('["phase",{"phase":"compare","in":0}]', "in"),
    ('["phase",{"phase":"compare","in":"60"}]', "in"),
    ('["help",{}]', "help"),
    ('["help",{"help":true,"claim":true}]', "help"),
    ('["lock",{"locked":"ja"}]', "locked"),
    ('["agree",{"slider":"bestuur","value":"agree"}]', "value"),
    ('["agree",{"slider":"bestuur","value":5}]', "value"),
    ('["consensus",{"slider":"bestuur","value":null}]', "value"),
    ('["nothing",{"slider":"bestuur","value":5}]', "event"),
    ('["connect",{}]', "event"),
    ('["disconnect",{}]', "event"),
    ('["connect_error",{}]', "event"),
    ('["message",{}]', "event"),
    ('["*",{}]', "event"),
    ('["__class__",{}]', "event"),
    ('["snapshot",{}]', "event"),
    ('["frame",{"seq":999,"set":{}}]', "event"),
    ('["",{}]', "event"),
    ("[]", "event"),
    ("[[]]", "event"),
    ("[null,{}]", "event"),
    ('[{"move":1},{}]', "event"),
    ("[5,{}]", "event"),
    ('["\\ud800",{}]', "event"),
]

# Packets that are no event of Socket.IO; how often each is refused on the one namespace.
PACKETS: list[str] = [
    "4",
    "42/room",
    "42/room,",
    "42/room,{",
    "42/room,[",
    '42/room,["move",{"slider":"bestuur","value":}]',
    '42/room,["move",{"slider":"bestuur","value":NaN}]',
    '42/room,["move",{"slider":"bestuur","value":Infinity}]',
    f'42/room,["move",{{"slider":"bestuur","value":{"9" * 4_000}}}]',
    f'42/room,["move",{"[" * 4_000}{"]" * 4_000}]',
    '42/room,{"move":{"slider":"bestuur","value":5}}',
    '42/room,"move"',
    "42/room,5",
    f'42/room,{"9" * 200}["move",{{"slider":"bestuur","value":5}}]',
    "47/room,",
    "49",
    "4x",
    "4-1",
    '4\ud7ff["move"]',
    '40/room,{"code":"x"}',
    f"42/room,{'[' * 4_000}",
]

# What asks for no answer: an answer to nothing, other namespaces, loose attachments.
SILENT: list[str] = [
    "42",
    "4\u0660",
    "43/room,1[]",
    '43/room,["move"]',
    '42["move",{"slider":"bestuur","value":5}]',
    '42/elders,["move",{"slider":"bestuur","value":5}]',
    '42/overview,["lock",{"rooms":"all","locked":true}]',
    '42/overview,5["lock",{"rooms":"all","locked":true}]',
    "41/elders,",
    "41/overview,",
]


class Attack:
    """A room with a seat that attacks, and another that must not notice."""

    def __init__(self, api: Api, transport: str, stack: ExitStack) -> None:
        self.room: Werkplaats = api.werkplaats()
        self.server = api.server
        self.victim = self.room.join("sociaal")
        stack.callback(self.victim.close)
        self.victim.ok("move", {"slider": "bestuur", "value": 60})
        self.auth = {"code": self.room.code, "token": self.room.seat("fysiek")}
        self.transport = transport
        self.raw = open_raw(self.server, transport)
        stack.callback(self.raw.close)
        self.seat = RawSeat(self.raw, "/room", self.auth)
        self.before = self.state()

    def state(self) -> tuple[int, Any]:
        state = self.room.state(self.room.seat("sociaal"))
        fields = {key: v for key, v in state["fields"].items() if not key.startswith("online/")}
        return state["seq"], fields

    def fresh(self, stack: ExitStack) -> RawSeat:
        """Another connection of the attacker, with its limits untouched."""
        raw = open_raw(self.server, self.transport)
        stack.callback(raw.close)
        return RawSeat(raw, "/room", self.auth)

    def assert_unharmed(self) -> None:
        """Nothing changed, and the other seat can go on."""
        assert self.state() == self.before
        assert self.server.alive
        self.victim.ok("move", {"slider": "bestuur", "value": 61})
        assert not self.victim.left
        assert self.victim.messages("refused") == []


@pytest.fixture(params=["websocket", "polling"])
def attack(request: pytest.FixtureRequest, each_api: Api) -> Iterator[Attack]:
    """An attacker on either transport, in each mode."""
    with ExitStack() as stack:
        yield Attack(each_api, request.param, stack)


def test_malformed_events_are_invalid(attack: Attack) -> None:
    """Each malformed event is `invalid` with the field to blame, with and without an id."""
    wrong: dict[str, Any] = {}
    with ExitStack() as stack:
        seat = attack.fresh(stack)
        for place, (event, field) in enumerate(EVENTS, start=1):
            if place % 30 == 0:
                seat = attack.fresh(stack)
            found = seat.refusals(f"42/room,{event}", f"42/room,7{event}")
            if codes(found) != [("invalid", field or None)] * 2:
                wrong[event[:80]] = codes(found)
            elif "event" not in found[0] or found[1]["ok"] is not False:
                wrong[event[:80]] = found
        attack.assert_unharmed()
    assert wrong == {}


def test_packets_that_are_no_events(attack: Attack) -> None:
    """A packet that Socket.IO does not know is refused as `invalid`; the connection goes on."""
    found = {packet[:80]: codes(attack.seat.refusals(packet)) for packet in PACKETS}
    assert {packet: [code for code, _ in one] for packet, one in found.items()} == {
        packet[:80]: ["invalid"] for packet in PACKETS
    }
    attack.assert_unharmed()


def test_what_concerns_nobody_is_left(attack: Attack) -> None:
    """Answers to nothing and events of a namespace never joined change and tell nothing."""
    for packet in SILENT:
        told = [one for one in attack.seat.answers(packet) if not one.startswith("44")]
        assert [one for one in told if "refused" in one or one.startswith("43")] == [], packet
        assert not any("overview" in one for one in told), packet
    attack.assert_unharmed()


def test_huge_ack_ids(attack: Attack) -> None:
    """An id of many digits comes back as it came, or its packet is refused."""
    event = '["move",{"slider":"bestuur","value":500}]'
    for number in ("0", "00", "2147483648", "9" * 30, "9" * 99):
        (answer,) = attack.seat.refusals(f"42/room,{number}{event}")
        assert answer["error"]["code"] == "invalid"
    attack.assert_unharmed()


def test_binary_events(attack: Attack) -> None:
    """A binary event is `invalid`, its attachment is swallowed, and events go on."""
    event = '451-/room,["move",{"_placeholder":true,"num":0}]'
    found = attack.seat.refusals(event, "bAAECAw==") if attack.transport == "polling" else []
    if isinstance(attack.raw, RawWebSocket):
        attack.raw.send(event)
        attack.raw.send_bytes(b"\x00\x01\x02")
        attack.raw.send_bytes(b"")
        found = attack.seat.refusals()
    assert codes(found) == [("invalid", None)]
    found = attack.seat.refusals("451-/room,8" + event[10:], "459-/room," + event[10:])
    assert [code for code, _ in codes(found)] == ["invalid", "invalid"]
    attack.assert_unharmed()


def test_too_large(attack: Attack) -> None:
    """An event of more than 8,192 characters is `too-large`, before anything else is looked at."""
    for wide in (8_100, 50_000):
        text = "a" * wide
        event = json.dumps(["reason", {"slider": "bestuur", "text": text, "extra": "b" * 100}])
        found = attack.seat.refusals(f"42/room,{event}", f"42/room,3{event}")
        assert codes(found) == [("too-large", None)] * 2
        assert found[0]["event"] == "reason"
    attack.assert_unharmed()


def test_a_message_beyond_all_measure(attack: Attack) -> None:
    """A megabyte in one message ends that connection at most."""
    body = "42/room," + json.dumps(["reason", {"slider": "bestuur", "text": "a" * 2**20}])
    if isinstance(attack.raw, RawPolling):
        attack.raw.post(body.encode())
    else:
        attack.raw.send(body)
        while attack.raw.receive():
            pass
    attack.assert_unharmed()


def test_floods_are_too_fast(attack: Attack) -> None:
    """Beyond a burst of 240 moves or 120 other events a connection is `too-fast`, alone."""
    with ExitStack() as stack:
        for burst, event in ((240, ["move", {**MOVE, "value": 500}]), (120, ["done", {"done": 1}])):
            seat = attack.fresh(stack)
            packet = f"42/room,{json.dumps(event)}"
            attack.victim.ok("reason", {"slider": "bestuur", "text": None})
            seat.raw.send(*[packet] * (burst + 150))
            seen: list[str] = []
            while sum('"refused"' in one for one in seen) < burst + 150:
                seen += seat.raw.receive()
            found = [
                json.loads(one.removeprefix("42/room,"))[1] for one in seen if '"refused"' in one
            ]
            kinds = [code for code, _ in codes(found)]
            assert kinds[:burst] == ["invalid"] * burst
            assert set(kinds[burst:]) <= {"invalid", "too-fast"}
            assert "too-fast" in kinds
            assert found[0]["event"] == event[0]
            # Its other connections, and the other seats, are not the ones who were too fast.
            assert codes(attack.fresh(stack).refusals(packet))[0][0] == "invalid"
            attack.victim.ok("reason", {"slider": "bestuur", "text": None})
    assert attack.victim.messages("refused") == []


def test_engine_packets_that_are_none(attack: Attack) -> None:
    """Below Socket.IO too, nonsense ends that connection at most."""
    with ExitStack() as stack:
        for packet in ("", "9", "x", "\u0664", "2probe", "5", "6", "0{}", "bnotbase64!", "b", "1"):
            raw = attack.fresh(stack).raw
            if isinstance(raw, RawPolling):
                raw.post(packet.encode())
            else:
                raw.send(packet)
        attack.assert_unharmed()
        fresh = attack.fresh(stack)
        assert codes(fresh.refusals('42/room,["done",{"done":1}]')) == [("invalid", "done")]


def test_polling_nonsense(each_api: Api) -> None:
    """Wrong bodies, sessions and methods of the polling transport get a 4xx, never a 5xx."""
    with ExitStack() as stack:
        attack = Attack(each_api, "polling", stack)
        assert isinstance(attack.raw, RawPolling)
        session, base = attack.raw.session, f"{attack.server.url}/socket.io/"
        for method, url, body in (
            ("POST", attack.raw.url, b"\xff\xfe"),
            ("POST", attack.raw.url, b""),
            ("GET", base, None),
            ("GET", f"{base}?EIO=3&transport=polling", None),
            ("GET", f"{base}?EIO=4&transport=telepathy", None),
            ("GET", f"{base}?EIO=4&transport=polling&sid=nobody", None),
            ("POST", f"{base}?EIO=4&transport=polling", b"4"),
            ("PUT", f"{base}?EIO=4&transport=polling", b"4"),
            ("GET", f"{base}?EIO=4&transport=websocket", None),
        ):
            answer = session.request(method, url, data=body, timeout=PATIENCE)
            assert answer.status_code < 500, (method, url, answer.status_code)
        attack.assert_unharmed()


def test_a_length_that_is_no_number(each_api: Api) -> None:
    """A request whose length is no number is 400, in words of our own, and harms nobody."""
    host, port = each_api.server.url.removeprefix("http://").split(":")
    for length in ("\u00b2", "-1", "x"):
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as asker:
            head = (
                "POST /api/v1/werkplaatsen HTTP/1.1\r\nHost: here\r\nConnection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
            )
            asker.sendall(head.encode("latin-1"))
            answer = asker.makefile("rb").read()
        assert answer.split(b" ")[1] == b"400", answer
    assert each_api.ask("GET", "/healthz").status_code == 200


def test_a_foreign_origin_gets_no_connection(each_api: Api) -> None:
    """A page of another site cannot connect; a missing origin and one's own can."""
    server = each_api.server
    url = f"{server.url}/socket.io/?EIO=4&transport=polling"
    for origin, welcome in (
        (None, True),
        (server.url, True),
        ("https://elders.example", False),
        ("null", False),
        (server.url.replace("http", "ftp"), False),
    ):
        answer = each_api.ask("GET", url.removeprefix(server.url), headers={"Origin": origin})
        assert (answer.status_code == 200) is welcome, origin
        assert "Set-Cookie" not in answer.headers


AUTHS: list[tuple[Any, str]] = [
    (None, "bad-token"),
    ([], "bad-token"),
    ({}, "bad-token"),
    ("token", "bad-token"),
    (5, "bad-token"),
    ([1, 2], "bad-token"),
    ({"code": "CODE"}, "bad-token"),
    ({"token": "TOKEN"}, "bad-token"),
    ({"code": 5, "token": "TOKEN"}, "bad-token"),
    ({"code": "CODE", "token": None}, "bad-token"),
    ({"code": "CODE", "token": ["TOKEN"]}, "bad-token"),
    ({"code": "CODE", "token": {"$ne": ""}}, "bad-token"),
    ({"code": "CODE", "token": ""}, "bad-token"),
    ({"code": "CODE", "token": "x"}, "bad-token"),
    ({"code": "CODE", "token": "\ud800"}, "bad-token"),
    ({"code": "CODE", "token": "TOKEN "}, "bad-token"),
    ({"code": "CODE", "token": "t" * 5_000}, "bad-token"),
    ({"code": "", "token": "TOKEN"}, "unknown-room"),
    ({"code": "a" * 65, "token": "TOKEN"}, "unknown-room"),
    ({"code": "zzzzzz", "token": "TOKEN"}, "unknown-room"),
    ({"code": "../..", "token": "TOKEN"}, "unknown-room"),
    ({"code": "\ud800", "token": "TOKEN"}, "unknown-room"),
    ({"code": "\u0000", "token": "TOKEN"}, "unknown-room"),
    ({"code": "🙂", "token": "TOKEN"}, "unknown-room"),
]


def test_handshakes_that_make_no_sense(each_api: Api) -> None:
    """A malformed handshake is refused in the contract's words, and only itself."""
    with ExitStack() as stack:
        attack = Attack(each_api, "websocket", stack)
        for auth, expected in AUTHS:
            text = json.dumps(auth).replace('"CODE"', json.dumps(attack.room.code))
            text = text.replace("TOKEN", attack.room.seat("fysiek"))
            raw = RawWebSocket(attack.server)
            stack.callback(raw.close)
            raw.send("40/room," + ("" if auth is None else text))
            (answer,) = raw.receive()
            assert answer.startswith("44/room,"), text
            assert json.loads(answer.removeprefix("44/room,"))["message"] == expected, text
        for namespace in ("/elders", "/room/x", "/overviews"):
            raw = RawWebSocket(attack.server)
            stack.callback(raw.close)
            raw.send(f"40{namespace},")
            assert raw.receive()[0].startswith("44"), namespace
        attack.assert_unharmed()


def test_a_client_that_joins_nothing(each_api: Api) -> None:
    """Before any handshake, and after a refused one, a client can change nothing."""
    with ExitStack() as stack:
        attack = Attack(each_api, "websocket", stack)
        raw = RawWebSocket(attack.server)
        stack.callback(raw.close)
        event = f'42/room,1["move",{json.dumps(MOVE)}]'
        raw.send(event, "41/room,", event, '40/room,{"code":"zzzzzz","token":"x"}', event)
        assert raw.receive()[0].startswith("44/room,")
        # The same transport may still join properly, and its events then count.
        seat = RawSeat(raw, "/room", attack.auth)
        assert codes(seat.refusals('42/room,["done",{"done":1}]')) == [("invalid", "done")]
        attack.assert_unharmed()


OVERVIEW: list[tuple[str, str | None]] = [
    ('["lock",{"locked":true}]', "rooms"),
    ('["lock",{"rooms":"some","locked":true}]', "rooms"),
    ('["lock",{"rooms":[5],"locked":true}]', "rooms[0]"),
    ('["lock",{"rooms":"all","locked":true,"extra":1}]', "extra"),
    ('["lock",{"rooms":"all","locked":1}]', "locked"),
    ('["phase",{"rooms":"all","phase":"einde"}]', "phase"),
    ('["move",{"rooms":"all","slider":"bestuur","value":5}]', "event"),
    ('["lock"]', None),
    ("[]", "event"),
]


def test_the_overview_is_as_strict(each_api: Api) -> None:
    """The facilitator's events are checked as strictly, and a seat's token opens no overview."""
    with ExitStack() as stack:
        attack = Attack(each_api, "websocket", stack)
        raw = RawWebSocket(attack.server)
        stack.callback(raw.close)
        room = attack.room
        seat = RawSeat(raw, "/overview", {"werkplaats": room.id, "token": room.token})
        for event, field in OVERVIEW:
            found = seat.refusals(f"42/overview,{event}", f"42/overview,7{event}")
            assert codes(found) == [("invalid", field)] * 2, event
        (answer,) = seat.refusals('42/overview,1["lock",{"rooms":["zzzzzz"],"locked":true}]')
        assert answer["refused"]["zzzzzz"]["code"] == "invalid"
        (answer,) = seat.refusals('42/overview,1["lock",{"rooms":["\\ud800"],"locked":true}]')
        refused = answer["error"] if "error" in answer else next(iter(answer["refused"].values()))
        assert refused["code"] == "invalid"
        for auth in (
            {"werkplaats": room.id, "token": room.seat("fysiek")},
            {"werkplaats": room.id, "token": "x"},
            {"werkplaats": room.id},
            {"werkplaats": "\ud800", "token": room.token},
            {"werkplaats": "nergens", "token": room.token},
        ):
            with pytest.raises(HandshakeRefused):
                Listener(attack.server, "/overview", "", auth)
        attack.assert_unharmed()


def test_leaving_a_namespace_is_leaving(each_api: Api) -> None:
    """After `41/room,` the seat is away and its events change nothing."""
    with ExitStack() as stack:
        attack = Attack(each_api, "websocket", stack)
        victim: Member = attack.victim
        victim.until(lambda: "online/fysiek" in victim.fields, "the attacker to be there")
        attack.raw.send("41/room,", f'42/room,1["move",{json.dumps(MOVE)}]')
        victim.until(lambda: "online/fysiek" not in victim.fields, "the attacker to leave")
        attack.assert_unharmed()


def test_the_servers_still_serve(each_server: Server) -> None:
    """After all of the above the servers are alive, and tell how much they refused."""
    metrics = requests.get(f"{each_server.url}/metrics", timeout=PATIENCE).text
    refused = {line.rpartition(" ")[0] for line in metrics.splitlines() if "refused_total{" in line}
    for code in ("invalid", "too-large", "too-fast"):
        assert any(f'code="{code}"' in one for one in refused)
