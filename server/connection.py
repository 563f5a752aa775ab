"""One Socket.IO connection of a namespace: who it is, and how fast it may ask."""

from time import monotonic

from sessions.actors import Actor

MOVES_PER_SECOND, MOVE_BURST = 120, 240
EVENTS_PER_SECOND, EVENT_BURST = 30, 120
MAX_STRIKES = 200
"""So many more refused than taken end a connection."""


class Pace:
    """A token bucket: so many a second on average, a burst at once."""

    __slots__ = ("_burst", "_left", "_rate", "_seen", "_strikes")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._seen = monotonic()
        self._strikes = 0

    def take(self) -> bool:
        """True while there is room for one more; else that counts against the connection."""
        if self.fits():
            return True
        self._strikes += 1
        return False

    def fits(self) -> bool:
        """The same, for who goes on to `take` where there is no room."""
        now = monotonic()
        self._left = min(self._burst, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left < 1:
            return False
        self._left -= 1
        if self._strikes:
            # Not forgotten at once: even a flood has its share taken.
            self._strikes -= 1
        return True

    @property
    def floods(self) -> bool:
        """True when it went on and on although there was no room."""
        return self._strikes >= MAX_STRIKES


def pace_of_events() -> Pace:
    """The pace of all that is no move (PR4)."""
    return Pace(EVENTS_PER_SECOND, EVENT_BURST)


class Connection:
    """A connection that was let in. Its actor and its place come from the handshake alone."""

    __slots__ = ("_events", "actor", "address", "digest", "eio_sid", "moves", "namespace")

    def __init__(
        self, eio_sid: str, namespace: str, actor: Actor, address: str, digest: str = ""
    ) -> None:
        self.eio_sid = eio_sid
        self.namespace = namespace
        self.actor = actor
        self.address = address
        """The room's code, or the werkplaats's id in the overview."""
        self.digest = digest
        """Of the token that it came in with: it may be void by the time it is let in."""
        self.moves = Pace(MOVES_PER_SECOND, MOVE_BURST)
        self._events = pace_of_events()

    def pace(self, event: object) -> Pace:
        """How fast this connection may send an event (PR4)."""
        return self.moves if event == "move" else self._events
