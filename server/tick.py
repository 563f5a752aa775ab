"""How long a room waits between two frames: a little, and longer when there is too much to do.

A longer tick means fewer and fuller groups, so that a server with more work than it can do gets
slower evenly, for all, instead of falling further and further behind.
"""

from server import metrics

SHORTEST = 0.06
"""Seconds between two frames of a room where there is time; a quiet room does not wait at all."""
LONGEST = 0.25
USUAL = 0.01
"""Seconds by which a group may be late: one always waits a little for that before it."""
STRETCH = 2.0
"""Seconds by which the tick grows for each second that groups are later than that."""
SMOOTH = 0.1
"""How much the last group counts against those before it."""


class Tick:
    """The tick of a hub; `seconds` is how long it is now."""

    def __init__(self) -> None:
        self.seconds = SHORTEST
        self._late = 0.0
        self._tell()

    def was_late(self, late: float) -> None:
        """A group goes to the store `late` seconds after its first room was due."""
        self._late += SMOOTH * (max(0.0, late) - self._late)
        self.seconds = min(LONGEST, SHORTEST + STRETCH * max(0.0, self._late - USUAL))
        self._tell()

    def _tell(self) -> None:
        metrics.TICK.set(self.seconds)
        metrics.LATE.set(self._late)
