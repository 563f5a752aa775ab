"""A server of its own, and a room in which two colleagues sit who can drag without end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from types import TracebackType
from typing import Self

from tests.integration.clients import SLIDERS, Api, Member, Werkplaats
from tests.integration.process import Server

ROUND = "huidig"
SEAT = "sociaal"
COLLEAGUES = ("wijkambtenaar", "fysiek")
MOVES_A_SECOND = 10
CASE = "speelplekken of parkeerplekken in de Molenbuurt"
# One sweep over a slider, and back; after it comes the next slider.
SWEEP = (*range(20, 80, 5), *range(80, 20, -5))


@contextmanager
def serving() -> Iterator[Api]:
    """The API of a server that keeps its rooms in a temporary folder."""
    with TemporaryDirectory(prefix="mengpaneel-") as folder:
        server = Server(Path(folder), TRUSTED_PROXIES="1").start()
        try:
            api = Api(server)
            yield api
            api.close()
        finally:
            server.end()


class Room:
    """A room of a werkplaats of its own; the third seat is for the browser."""

    def __init__(self, api: Api) -> None:
        self._made: Werkplaats = api.werkplaats({"municipality": "Waterveen", "case": CASE})
        self.link = f"{api.server.url}/kamer/{self._made.code}#{self._made.seat(SEAT)}"
        self.colleagues: list[Member] = []

    def __enter__(self) -> Self:
        self.colleagues = [self._made.join(role) for role in COLLEAGUES]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for colleague in self.colleagues:
            colleague.close()

    @contextmanager
    def moving(self, event: str = "move") -> Iterator[None]:
        """Both colleagues drag for as long as this lasts: their own sliders, or the shared ones."""
        enough = Event()
        threads = [
            Thread(target=_drag, args=(colleague, event, turn, enough))
            for turn, colleague in enumerate(self.colleagues)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            enough.set()
            for thread in threads:
                thread.join()

    def settle(self) -> None:
        """Both colleagues place all sliders and say that they are done."""
        for place, colleague in zip((70, 30), self.colleagues, strict=True):
            colleague.place(dict.fromkeys(SLIDERS, place), ROUND)
            colleague.ok("done", {"done": True, "round": ROUND})

    def propose(self, phase: str) -> None:
        """One colleague proposes a step, which the browser's seat then confirms."""
        self.colleagues[0].ok("phase", {"phase": phase, "round": ROUND})


def _drag(member: Member, event: str, turn: int, enough: Event) -> None:
    while True:
        for slider in SLIDERS[turn:] + SLIDERS[:turn]:
            for value in SWEEP:
                if enough.wait(1 / MOVES_A_SECOND):
                    return
                member.send(event, {"slider": slider, "value": value, "round": ROUND})
