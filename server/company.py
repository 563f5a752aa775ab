"""What other workers at the same store do, and what they must know of this one.

Batches, deletions and leases come in as news; a room that may have missed some is read anew.
Who is online here is told by leases that this worker renews.
"""

import threading
from collections.abc import Callable, Sequence

import structlog

from server.facilitators import Facilitators
from server.instep import InStep
from sessions.errors import StoreUnavailable
from sessions.store import Store
from sessions.store.port import (
    LEASE,
    Applied,
    Changed,
    Gone,
    Missed,
    News,
    Online,
    Summaries,
)

RENEW_EVERY = LEASE / 3
PATIENCE = 0.5
"""Seconds that listening lasts before it looks whether it should end."""
RETRY = 0.5

log = structlog.get_logger(__name__)


class Company:
    """Listens, and keeps the leases; see the module."""

    def __init__(
        self, store: Store, instep: InStep, facilitators: Facilitators, wake: Callable[[], None]
    ) -> None:
        self._store = store
        self._instep = instep
        self._facilitators = facilitators
        self._wake = wake
        self._stirring = threading.Lock()
        self._stirred: set[str] = set()
        self._renew_at = 0.0
        self._not_before = 0.0
        self.ended = False

    # What others do

    def listen(self) -> None:
        """Takes in news until `ended`; nothing that goes wrong with one ends it."""
        while not self.ended:
            for one in _without_repeats(self._store.news(PATIENCE)):
                try:
                    self.hear(one)
                except Exception:
                    log.exception("news_failed")
            self._wake()

    def hear(self, news: News) -> None:
        """Takes in one piece of news."""
        if isinstance(news, Applied):
            self._instep.heard(news)
        elif isinstance(news, Online):
            self._instep.seen(news.code, news.roles)
        elif isinstance(news, Gone):
            self._instep.gone(news.code)
        elif isinstance(news, Summaries):
            self._facilitators.hear(news.werkplaats, news.rooms)
        elif isinstance(news, Changed):
            self._facilitators.changed(news.werkplaats)
        else:
            self._instep.missed(news.place)
            self._facilitators.missed(news.place)

    # Who is online here

    def stir(self, code: str) -> None:
        """Somebody came or went here: others hear of it with the next tick."""
        with self._stirring:
            self._stirred.add(code)

    @property
    def due(self) -> float:
        """When there is something to tell; infinity where nobody listens."""
        if not self._store.shared:
            return float("inf")
        return max(self._not_before, 0.0 if self._stirred else self._renew_at)

    def tick(self, now: float) -> None:
        """Tells what changed, and renews the leases in time."""
        if now < self.due:
            return
        with self._stirring:
            stirred, self._stirred = self._stirred, set()
        seats = self._instep.online(stirred)
        if now >= self._renew_at:
            self._renew_at = now + RENEW_EVERY
            seats = self._instep.online(None) | seats
        if not seats:
            return
        try:
            others = self._store.online(seats)
        except StoreUnavailable:
            with self._stirring:
                self._stirred |= stirred
            self._not_before = now + RETRY
            return
        for code, roles in others.items():
            self._instep.seen(code, roles)

    def end(self) -> None:
        """Nobody is online here any more."""
        self.ended = True
        try:
            self._store.online(dict.fromkeys(self._instep.online(None), ()))
        except StoreUnavailable:
            log.warning("leases_left", detail="they run out by themselves")


def _without_repeats(news: Sequence[News]) -> list[News]:
    """The news in order; of what was missed each place once, and first."""
    missed = dict.fromkeys(one for one in news if isinstance(one, Missed))
    return [*missed, *(one for one in news if not isinstance(one, Missed))]
