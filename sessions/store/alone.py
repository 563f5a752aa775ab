"""The part of the port that a store has nothing to do for when no other process can be at it."""

from collections.abc import Collection, Mapping, Sequence
from time import sleep

from sessions.store.port import News


class Alone:
    """Nobody else is here: nothing to listen to, and nobody to tell."""

    shared = False

    def watch_room(self, code: str) -> None:
        """All that happens to the room is our own doing."""

    def unwatch_room(self, code: str) -> None:
        """Nothing was watched."""

    def watch_werkplaats(self, werkplaats_id: str) -> None:
        """All that happens to the werkplaats is our own doing."""

    def unwatch_werkplaats(self, werkplaats_id: str) -> None:
        """Nothing was watched."""

    def news(self, timeout: float) -> list[News]:
        sleep(timeout)
        return []

    def online(self, seats: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
        return dict.fromkeys(seats, frozenset())

    def present(self, codes: Sequence[str]) -> dict[str, frozenset[str]]:
        return {}

    def followed(self, werkplaats_ids: Sequence[str]) -> frozenset[str]:
        return frozenset()

    def tell(self, werkplaats_id: str, rooms: Mapping[str, tuple[int, bytes]]) -> None:
        """There is nobody to tell."""
