"""A polling client that drags tries a WebSocket: it moves over or goes on, and loses nothing."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import websocket

from tests.integration.clients import Api
from tests.integration.drags import Drag, acks, move
from tests.integration.process import PATIENCE
from tests.integration.raw import RawWebSocket


@pytest.fixture
def drag(each_api: Api) -> Iterator[Drag]:
    """A room on each kind of server."""
    with ExitStack() as stack:
        yield Drag(each_api, stack)


def test_moving_over_in_the_middle_of_a_drag(drag: Drag) -> None:
    """Every move is stored and answered, in order, and so is what others see of it."""
    polling = drag.polling()
    heard: list[str] = []
    for number in range(1, 20):
        polling.send(move(number, ack=number), move(number))
        heard += polling.receive() if number % 5 == 0 else []
    trial = drag.trial(polling)
    for number in range(20, 30):
        polling.send(move(number, ack=number))
    answer = polling.session.get(polling.url, timeout=PATIENCE)
    heard += [one for one in answer.text.split("\x1e") if one != "6"]
    trial.send("5")
    for number in range(30, 60):
        trial.send(move(number, ack=number), move(number))
    while 59 not in acks(heard):
        packets = trial.receive()
        assert packets, heard[-3:]
        heard += packets
    assert acks(heard) == list(range(1, 60))
    drag.seen(59)
    assert drag.values() == sorted(drag.values())
    assert not any("refused" in one for one in heard)


def test_a_trial_that_breaks_off(drag: Drag) -> None:
    """A WebSocket that goes after its probe: polling goes on and nothing is lost."""
    polling = drag.polling()
    for number in (1, 2):
        trial = drag.trial(polling)
        polling.send(move(number, ack=number))
        trial.close()
    heard: list[str] = []
    polling.send(move(3, ack=3))
    while 3 not in acks(heard):
        heard += polling.receive()
    assert acks(heard) == [1, 2, 3]
    drag.seen(3)
    # It may try again, and then moves over.
    trial = drag.trial(polling)
    trial.send("5", move(4))
    drag.seen(4)


def test_who_moved_over_tries_no_other(drag: Drag) -> None:
    """A second WebSocket for a connection that has one is refused, and so is a poll."""
    polling = drag.polling()
    trial = drag.trial(polling)
    trial.send("5", move(1))
    drag.seen(1)
    with pytest.raises(websocket.WebSocketBadStatusException):
        RawWebSocket(drag.server, polling.sid)
    assert polling.session.get(polling.url, timeout=PATIENCE).status_code == 400
    trial.send(move(2))
    drag.seen(2)
