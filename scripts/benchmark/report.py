"""docs/benchmarks.md from results; its sentences stand in report.md beside this file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from string import Template

import msgspec

from scripts.benchmark.capacity import LONGEST_MS
from scripts.benchmark.experiments import Capacity, Pairs, Series
from scripts.benchmark.figures import Figures
from scripts.benchmark.machine import Machine
from scripts.benchmark.tables import (
    QUIET,
    cost,
    count,
    markdown,
    number,
    people,
    ratio_text,
    slowness,
)

_TEMPLATE = Template((Path(__file__).parent / "report.md").read_text(encoding="utf-8"))


class Results(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is published, of one day on one machine."""

    day: str
    machine: Machine
    loads: list[Series]
    capacities: list[Capacity]
    pairs: list[Pairs]
    idle: Series
    connect: Series


def render(found: Results) -> str:
    """The page."""
    idle, connect = found.idle.middle, found.connect.middle
    return _TEMPLATE.substitute(
        day=found.day,
        cpu=found.machine.cpu,
        cores=found.machine.cores,
        memory=f"{found.machine.memory_gib:g}",
        kernel=found.machine.kernel,
        versions=", ".join(f"{name} {one}" for name, one in found.machine.versions.items()),
        quiet=_quiet(found),
        runs=len(found.loads[0].runs),
        seconds=f"{found.loads[0].load.seconds:g}",
        loads=_loads(found.loads),
        longest=f"{LONGEST_MS:g}",
        capacities=_capacities(found.capacities),
        pairs=_pairs(found.pairs),
        pair_load=people(found.pairs[0].ours.load),
        seats=f"{found.idle.load.connections:,}",
        idle_share=number(idle.server_core_share),
        idle_memory=number(idle.server_kib_per_connection),
        idle_seconds=f"{found.idle.load.seconds:g}",
        clients=f"{found.connect.load.connections:,}",
        at_once=found.connect.load.at_once,
        connect_s=number(connect.connect_s),
        entering_p99=number(connect.entering_p99_ms),
        connect_cpu=number(connect.connect_cpu_ms),
    )


def _quiet(found: Results) -> str:
    pairs = [series for pair in found.pairs for series in (pair.ours, pair.peer)]
    most = max(one.middle.others_core_share for one in (*found.loads, *pairs, found.idle))
    if most <= QUIET:
        return f"Anything else on the machine took at most {number(most)} of a core meanwhile."
    return (
        f"The machine was not quiet: anything else on it took up to {number(most)} of a core, so "
        "these figures are worse than they would be."
    )


_LOADS: Sequence[tuple[str, Callable[[Series], str]]] = (
    ("server", lambda one: one.system.removeprefix("Mengpaneel, ")),
    ("people", lambda one: people(one.load)),
    ("moves/s", lambda one: number(one.middle.moves_per_second)),
    ("frames/s", lambda one: number(one.middle.frames_per_second)),
    ("p50 ms", lambda one: number(one.middle.seen_p50_ms)),
    ("p95 ms", lambda one: number(one.middle.seen_p95_ms)),
    ("p99 ms", lambda one: number(one.middle.seen_p99_ms)),
    ("longest ms", lambda one: number(one.middle.seen_max_ms)),
    ("lost", lambda one: count(one.middle.lost)),
    ("µs a move: server", lambda one: number(one.middle.server_us_per_move)),
    ("Redis", lambda one: number(one.middle.redis_us_per_move)),
    ("all", lambda one: number(one.middle.all_us_per_move)),
    ("core", lambda one: number(one.middle.server_core_share)),
    ("KiB a connection", lambda one: number(one.middle.server_kib_per_connection)),
    ("generator's core", lambda one: number(one.middle.generator_core_share)),
)


def _loads(found: Sequence[Series]) -> str:
    head = [name for name, _ in _LOADS]
    return markdown(head, [[text(one) for _, text in _LOADS] for one in found])


def _capacities(found: Sequence[Capacity]) -> str:
    head = ["server", "moves/s", "core", "µs of CPU a move", "p99 ms", "generator's core"]
    return markdown([*head, "what was wrong above it"], map(_capacity, found))


def _capacity(found: Capacity) -> list[str]:
    def figure(of: Callable[[Figures], float]) -> str:
        return number(of(found.best)) if found.best else "-"

    return [
        found.system,
        f"{found.load.moves:,.0f}",
        figure(lambda best: best.server_core_share),
        figure(cost),
        figure(slowness),
        figure(lambda best: best.generator_core_share),
        found.limit or "nothing higher was tried",
    ]


def _pairs(found: Sequence[Pairs]) -> str:
    head = ["ours beside", "µs a move: ours", "theirs", "ratio (each pair)"]
    head += ["p99 ms: ours", "theirs", "ratio (each pair)"]
    return markdown(head, map(_pair, found))


def _pair(found: Pairs) -> list[str]:
    row = [found.peer.system]
    for of in (cost, slowness):
        row += [number(of(found.ours.middle)), number(of(found.peer.middle))]
        row.append(ratio_text(found.ratios(of)))
    return row
