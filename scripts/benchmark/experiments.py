"""What is asked of systems: the same again, two side by side, and how far one can go."""

from collections.abc import Callable

import msgspec

from scripts.benchmark.capacity import Attempt, climb, objection
from scripts.benchmark.figures import Figures, medians
from scripts.benchmark.measure import During, measure
from scripts.benchmark.processes import BenchmarkError
from scripts.benchmark.systems import Load, System

Tell = Callable[[str], None]
"""Says how far it is."""


class Series(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some runs of the same."""

    system: str
    load: Load
    runs: list[Figures]

    @property
    def middle(self) -> Figures:
        """The median of each figure."""
        return medians(self.runs)


class Pairs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Runs of ours and of a peer, one after the other in turn."""

    ours: Series
    peer: Series

    def ratios(self, of: Callable[[Figures], float]) -> list[float]:
        """Ours divided by the peer's, pair by pair; where a peer has 0 there is no ratio."""
        both = zip(self.ours.runs, self.peer.runs, strict=True)
        return [of(ours) / of(peer) for ours, peer in both if of(peer)]


class Capacity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The largest rate that a system keeps up with, and all that was tried."""

    system: str
    load: Load
    """At that rate; 0 moves a second where it kept up with none."""
    attempts: list[Attempt]

    @property
    def best(self) -> Figures | None:
        """The figures at the largest rate."""
        held = [one for one in self.attempts if one.hertz == self.load.hertz and not one.objection]
        return held[-1].figures if held else None

    @property
    def limit(self) -> str:
        """What was wrong just above it; empty where nothing higher was tried."""
        failed = [one for one in self.attempts if one.hertz > self.load.hertz and one.objection]
        return min(failed, key=lambda one: one.hertz).objection if failed else ""


def series(
    system: System, load: Load, runs: int, tell: Tell, during: During | None = None
) -> Series:
    """Some runs of the same."""
    found = []
    for number in range(runs):
        tell(f"{system.name}: run {number + 1} of {runs}")
        found.append(measure(system, load, during) if during else measure(system, load))
    return Series(system.name, load, found)


def pairs(ours: System, peer: System, load: Load, runs: int, tell: Tell) -> Pairs:
    """In turn, so that both meet the same moods of the machine."""
    both: list[tuple[Figures, Figures]] = []
    for number in range(runs):
        tell(f"{ours.name} and {peer.name}: pair {number + 1} of {runs}")
        both.append((measure(ours, load), measure(peer, load)))
    return Pairs(
        Series(ours.name, load, [one for one, _ in both]),
        Series(peer.name, load, [other for _, other in both]),
    )


def capacity(system: System, load: Load, ceiling: float, tell: Tell) -> Capacity:
    """Looks for the largest rate, from that of `load` on. What fails once is tried once more."""
    attempts: list[Attempt] = []

    def attempt(hertz: float) -> bool:
        done = _attempt(system, load.at(hertz))
        attempts.append(done)
        what = done.objection or "kept up"
        tell(f"{system.name}: {load.at(hertz).moves:,.0f} moves a second: {what}")
        return not done.objection

    best = climb(lambda hertz: attempt(hertz) or attempt(hertz), load.hertz, ceiling)
    return Capacity(system.name, load.at(best), attempts)


def _attempt(system: System, load: Load) -> Attempt:
    try:
        found = measure(system, load)
    except BenchmarkError as error:
        # Too much can be so much that there is no result.
        return Attempt(load.hertz, str(error).splitlines()[0], None)
    return Attempt(load.hertz, objection(found), found)
