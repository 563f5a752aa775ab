"""What the fast lane promises beyond what every mode does."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests import modes
from tests.integration.clients import Api
from tests.integration.conftest import BEHIND_PROXY
from tests.integration.drags import Drag, move
from tests.integration.process import PATIENCE, Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on the fast lane, whatever the mode of this run."""
    running = Server(tmp_path_factory.mktemp("fast"), modes.FAST, **BEHIND_PROXY).start()
    yield running
    running.stop()


@pytest.fixture
def fast(api: Api) -> Iterator[Drag]:
    """A room on it."""
    with ExitStack() as stack:
        yield Drag(api, stack)


def test_two_trials_at_once(fast: Drag) -> None:
    """The first to move over has the connection; the other hears goodbye and harms nothing."""
    polling = fast.polling()
    first, second = fast.trial(polling), fast.trial(polling)
    second.send("5", move(1))
    fast.seen(1)
    first.send("5", move(99))
    assert first.goodbye() == 1000
    second.send(move(2))
    fast.seen(2)
    assert fast.values() == [1, 2]


def test_a_wrong_handshake_is_told(fast: Drag) -> None:
    """Another version of WebSocket is 426, for who is new and for who polls; both may go on."""
    polling = fast.polling()
    url = f"{fast.server.url}/socket.io/?EIO=4&transport=websocket"
    for address in (url, f"{url}&sid={polling.sid}"):
        answer = polling.session.get(
            address,
            headers={
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "12",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            },
            timeout=PATIENCE,
        )
        assert answer.status_code == 426
    polling.send(move(5))
    fast.seen(5)


def test_who_reads_late_gets_the_newest(fast: Drag) -> None:
    """A client that does not read while others drag gets fewer frames, and the same room."""
    late = fast.raw(narrow=True)
    for number in range(60):
        words = {"slider": "bestuur", "text": f"{number} {'a' * 480}"}
        fast.other.send("reason", words)
        fast.other.ok("move", {"slider": "bestuur", "value": number})
    seq = fast.other.ok("move", {"slider": "bestuur", "value": 77})
    fields: dict[str, Any] = {}
    seqs: list[int] = []
    while not seqs or seqs[-1] < seq:
        for packet in late.receive():
            event, told = json.loads(packet.removeprefix("42/room,"))
            if event == "frame":
                seqs.append(told["seq"])
                fields.update(told["set"])
    fast.other.catch_up(seq)
    for key in ("position/huidig/sociaal/bestuur", "reason/huidig/sociaal/bestuur"):
        assert fields[key] == fast.other.fields[key]
    assert seqs == sorted(seqs)
    assert len(seqs) < len([one for one in fast.other.messages("frame") if one["seq"] > 1])
