"""A line to a client, as plain threads have it, sends whole messages and does not wait for ever."""

import socket
from collections.abc import Iterator
from threading import Thread
from typing import NamedTuple

import pytest

from server.threadsockets import Line

SHORT = 0.2
"""Seconds of patience, where a test waits for its end."""
LONG = 20.0
"""Seconds of patience that no test uses up."""
MUCH = 4 * 2**20
"""More bytes than the network between two ends takes in."""


class Ends(NamedTuple):
    """Both ends of a connection."""

    ours: socket.socket
    theirs: socket.socket

    def read(self) -> bytes:
        """All that came, up to the end of it."""
        found = bytearray()
        while chunk := self.theirs.recv(2**16):
            found += chunk
        return bytes(found)


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends(*socket.socketpair())
    yield made
    for one in made:
        one.close()


def test_messages_of_two_threads_stay_whole(ends: Ends) -> None:
    """What two threads send at once comes as one message and then the other, with nothing lost."""
    line = Line(ends.ours, LONG)

    def send(letter: bytes) -> None:
        line.send(letter * MUCH)

    senders = [Thread(target=send, args=[letter]) for letter in (b"a", b"b")]

    def hang_up() -> None:
        for one in senders:
            one.join()
        line.hang_up()

    for one in senders:
        one.start()
    ending = Thread(target=hang_up)
    ending.start()
    found = ends.read()
    ending.join()
    assert found in (b"a" * MUCH + b"b" * MUCH, b"b" * MUCH + b"a" * MUCH)


def test_sending_to_who_never_reads_ends(ends: Ends) -> None:
    """It fails, and the connection with it: half a message can have no other after it."""
    line = Line(ends.ours, SHORT)
    with pytest.raises(OSError, match="timed out"):
        line.send(b"x" * MUCH)
    with pytest.raises(OSError, match="Broken pipe"):
        line.send(b"x")
    assert 0 < len(ends.read()) < MUCH


def test_hearing_who_never_speaks_ends(ends: Ends) -> None:
    """Nothing for so long is an error, as is the end of the connection for whoever is waiting."""
    with pytest.raises(TimeoutError):
        Line(ends.ours, SHORT).recv(1)
    line = Line(ends.ours, LONG)
    heard: list[bytes] = []
    hearing = Thread(target=lambda: heard.append(line.recv(1)))
    hearing.start()
    line.hang_up()
    hearing.join()
    assert heard == [b""]
