"""A WebSocket server that passes moves on, late or never as a test wants it.

It serves the load generator alone, so it reads only the frames that this one sends.
"""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import NamedTuple, Self


class Move(NamedTuple):
    """A move, and how many the same connection had sent before it."""

    seat: int
    slider: int
    value: int
    before: int


class Relay:
    """Everybody is in one room. `passes` says what the others get of a move; it may wait."""

    def __init__(self, passes: Callable[[Move], bool]) -> None:
        self._passes = passes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._members: list[socket.socket] = []
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                member = self._listener.accept()[0]
                self._members.append(member)
                self._threads.append(Thread(target=self._serve, args=(member,)))
                self._threads[-1].start()

    def _serve(self, member: socket.socket) -> None:
        with suppress(OSError, EOFError):
            for before, text in enumerate(_messages(member)):
                seat, slider, value = map(int, re.findall(rb"\d+", text))
                if self._passes(Move(seat, slider, value, before)):
                    for other in self._members:
                        if other is not member:
                            other.sendall(bytes([0x81, len(text)]) + text)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # `accept` waits on: only a shutdown wakes it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for member in self._members:
            with suppress(OSError):
                member.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for member in self._members:
            member.close()


def _messages(member: socket.socket) -> Iterator[bytes]:
    """Answers the upgrade, and then gives each message of one short masked frame."""
    with member.makefile("rb") as stream:
        while stream.readline().strip():
            pass
        member.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        while head := stream.read(6):
            size, mask = head[1] & 127, head[2:]
            content = stream.read(size)
            yield bytes(byte ^ mask[place % 4] for place, byte in enumerate(content))
