"""Deleting and expiring: everything is gone, everywhere, at once."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from sessions.room import hashed, stamp
from sessions.store.sqlite import SqliteStore
from sessions.werkplaats import Role, RoomRequest, RoundSettings, room_fields
from sessions.werkplaats import Werkplaats as Kept
from tests.integration.clients import Api, HandshakeRefused, Listener
from tests.integration.process import Server, until

WORDS = "kenmerkendezinvanniemandanders"
TOKEN = "een-begeleider-van-vroeger"


def trace(server: Server, *texts: str) -> list[str]:
    """The files of a store in which one of the texts can be read."""
    found = []
    for path in server.store.parent.iterdir():
        data = path.read_bytes()
        found += [f"{path.name}: {text}" for text in texts if text.encode() in data]
    return found


def test_deleting_leaves_nothing(start: Callable[..., Server]) -> None:
    """The receipt names the rooms, sockets hear `expired`, codes are unknown, the file is clean."""
    server = start()
    api = Api(server)
    kept = api.werkplaats(title="Blijvertje")
    kept_code = kept.code
    room = api.werkplaats(
        {"municipality": f"{WORDS}stad"}, {"municipality": "Zandbergen"}, title=f"{WORDS}titel"
    )
    with room.join("sociaal") as seat, room.facilitate() as inside, room.overview() as above:
        seat.ok("reason", {"slider": "bestuur", "text": WORDS})
        seat.ok("move", {"slider": "bestuur", "value": 5})
        assert trace(server, WORDS)
        seat.send("move", {"slider": "bestuur", "value": 6})
        answer = api.ask("DELETE", f"werkplaatsen/{room.id}", room.token)
        assert answer.status_code == 200
        receipt = answer.json()
        assert (receipt["id"], receipt["rooms"]) == (room.id, room.codes)
        assert datetime.fromisoformat(receipt["deleted_at"]).tzinfo is not None
        for one in (seat, inside):
            one.hear("expired")
        for listener in (seat, inside, above):
            listener.until(lambda: listener.left, "the connection to close")  # noqa: B023
    for code in room.codes:
        assert api.ask("GET", f"rooms/{code}").status_code == 404
        assert api.ask("GET", f"rooms/{code}/state", room.token).status_code == 404
        claim = api.ask("POST", f"rooms/{code}/seats", json={"role": "fysiek"})
        assert claim.status_code == 404
    assert api.ask("GET", f"join/{room.made['join_code']}").status_code == 404
    assert api.ask("DELETE", f"werkplaatsen/{room.id}", room.token).status_code == 404
    with pytest.raises(HandshakeRefused, match="unknown-room"):
        Listener(server, "/room", "", {"code": room.code, "token": room.token})
    assert trace(server, WORDS, room.id, *room.codes, room.made["join_code"]) == []
    assert api.get(f"rooms/{kept_code}")["title"] == "Blijvertje"
    server.stop()
    assert trace(server, WORDS, room.id, *room.codes) == []
    assert WORDS not in server.output()
    api.close()


def test_a_withdrawn_text_is_gone(start: Callable[..., Server]) -> None:
    """Words that were taken back stand in no state, no history, and at last in no file."""
    server = start()
    api = Api(server)
    room = api.werkplaats()
    with room.join("sociaal") as seat:
        seat.ok("reason", {"slider": "bestuur", "text": WORDS})
        assert WORDS not in json.dumps(api.get(f"rooms/{room.code}/history", room.token))
        seat.ok("reason", {"slider": "bestuur", "text": None})
        state = room.state(room.seat("sociaal"))
        assert WORDS not in json.dumps(state)
        assert "reason/huidig/sociaal/bestuur" not in state["fields"]
        assert WORDS not in json.dumps(api.get(f"rooms/{room.code}/history", room.token))
    server.stop()
    assert trace(server, WORDS) == []
    api.close()


def made(expires: datetime, code: str) -> tuple[Kept, dict[str, dict[str, object]]]:
    """A werkplaats as the store keeps it, which ends at a moment of one's choice."""
    kept = Kept(
        id=f"werkplaats-{code}",
        title=WORDS,
        join_code=f"{code[:5]}x",
        facilitator=hashed(TOKEN),
        plenary=hashed("plenair"),
        created_at=stamp(expires - timedelta(days=90)),
        expires_at=stamp(expires),
        visibility="live",
        steps="seats",
        wijk=False,
        roles=[Role("fysiek", "Fysiek domein")],
        rounds=[RoundSettings("huidig", "schuifoefening", "Nu")],
    )
    return kept, {code: room_fields(kept, RoomRequest(municipality="Waterveen"))}


def test_what_expired_is_purged(start: Callable[..., Server]) -> None:
    """A werkplaats whose time is over opens nothing any more and leaves the file by itself."""
    server = start()
    server.stop()
    now = datetime.now(UTC)
    store = SqliteStore(server.store)
    store.create(*made(now - timedelta(seconds=1), "pppppp"), stamp(now))
    store.create(*made(now + timedelta(days=1), "qqqqqq"), stamp(now))
    store.close()
    assert trace(server, "werkplaats-pppppp")
    server.start()
    api = Api(server)
    until(lambda: not trace(server, "werkplaats-pppppp", "pppppp"), "the purge")
    assert api.ask("GET", "rooms/pppppp").status_code == 404
    assert api.ask("GET", "werkplaatsen/werkplaats-pppppp", TOKEN).status_code == 404
    with pytest.raises(HandshakeRefused, match=r"expired|unknown-room"):
        Listener(server, "/room", "", {"code": "pppppp", "token": TOKEN})
    assert api.ask("GET", "rooms/qqqqqq").status_code == 200
    assert api.get("werkplaatsen/werkplaats-qqqqqq", TOKEN)["werkplaats"]["title"] == WORDS
    api.close()
