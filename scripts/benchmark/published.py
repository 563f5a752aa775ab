"""What docs/benchmarks.md tells: the loads, and all that is measured for it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from scripts.benchmark import experiments
from scripts.benchmark.experiments import Tell
from scripts.benchmark.machine import machine
from scripts.benchmark.peers import PEERS
from scripts.benchmark.report import Results
from scripts.benchmark.systems import Load, Mengpaneel, System

EVERYBODY = 342
"""As many rooms as the country has municipalities, with three people each."""
CEILING = 115.0
"""Moves a second: the server takes 120 of one connection (docs/protocol.md)."""
CAPACITIES = ("fast", "fast-redis", "stock", "socketio", "colyseus", "ws")
TRIAL_SECONDS = 5.0
PAIRED_HERTZ = 10.0
IDLE_SECONDS = 60.0

LOADS: tuple[tuple[System, Load], ...] = (
    # What the fast lane is for.
    (Mengpaneel("stock", "sqlite"), Load(hertz=1)),
    (Mengpaneel("stock", "redis"), Load(hertz=1)),
    (Mengpaneel("fast", "sqlite"), Load(hertz=1)),
    (Mengpaneel("fast", "redis"), Load(hertz=1)),
    (Mengpaneel("fast", "sqlite"), Load(hertz=10)),
    (Mengpaneel("fast", "redis"), Load(hertz=10)),
    # More rooms, more people in a room, more workers.
    (Mengpaneel("fast", "redis"), Load(rooms=10, hertz=10)),
    (Mengpaneel("fast", "redis"), Load(rooms=100, hertz=10)),
    (Mengpaneel("fast", "redis"), Load(rooms=1_000, hertz=3)),
    (Mengpaneel("fast", "redis"), Load(rooms=100, people=10, hertz=3)),
    (Mengpaneel("fast", "redis"), Load(rooms=25, people=40, hertz=3)),
    (Mengpaneel("fast", "redis"), Load(hertz=5)),
    (Mengpaneel("fast", "redis", 2), Load(hertz=5)),
    (Mengpaneel("fast", "redis", 4), Load(hertz=5)),
)


class Effort(NamedTuple):
    """How much of each is done."""

    runs: int = 3
    seconds: float = 10.0
    seats: int = 10_000


def idle(seats: int, seconds: float) -> Load:
    """So many seats, in rooms of three, of which nobody moves."""
    return Load(rooms=-(-seats // 3), people=3, hertz=0, seconds=seconds, warmup=0)


def connecting(rooms: int = EVERYBODY, people: int = 3, at_once: int = 40) -> Load:
    """Everybody comes in, and that is all."""
    return Load(rooms, people, hertz=0, seconds=1, warmup=0, at_once=at_once)


def results(effort: Effort, subjects: Mapping[str, System], tell: Tell) -> Results:
    """Measures it all."""
    began = datetime.now(UTC)
    trial = Load(seconds=min(TRIAL_SECONDS, effort.seconds), hertz=4)
    fast = Mengpaneel("fast", "sqlite")
    paired = Load(hertz=PAIRED_HERTZ, seconds=effort.seconds)
    # What soon tells that something does not work comes first.
    connect = experiments.series(fast, connecting(), effort.runs, tell)
    at_rest = experiments.series(fast, idle(effort.seats, IDLE_SECONDS), 1, tell)
    loads = [
        experiments.series(system, load.lasting(effort.seconds), effort.runs, tell)
        for system, load in LOADS
    ]
    pairs = [experiments.pairs(fast, peer, paired, effort.runs, tell) for peer in PEERS.values()]
    capacities = [experiments.capacity(subjects[name], trial, CEILING, tell) for name in CAPACITIES]
    day = began.date().isoformat()
    return Results(day, machine(), loads, capacities, pairs, at_rest, connect)
