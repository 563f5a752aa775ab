"""The figures of a run, as they are told: per second, per move, and in shares of a core."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median

import msgspec

from scripts.benchmark.results import Result, Used


class Figures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one run came to, or the median of several."""

    moves_per_second: float
    frames_per_second: float
    """Messages that people in rooms read."""
    seen_p50_ms: float
    """From when a move was due until each other person had read it or a later value of it."""
    seen_p95_ms: float
    seen_p99_ms: float
    seen_max_ms: float
    lost: float
    """Last values that somebody never saw."""
    refused: float
    gone: float
    """Connections that ended by themselves."""
    uncertain: float
    """Values that may be taken for older ones: more than none only in a hopeless run."""
    server_us_per_move: float
    """CPU of the server's processes; microseconds, as in the next two."""
    redis_us_per_move: float
    all_us_per_move: float
    """Servers, Redis and nginx together."""
    server_core_share: float
    """1 is a core that had no rest; several servers may come to more."""
    server_kib_per_connection: float
    """By how much the servers grew while everybody connected."""
    connect_s: float
    """From the first connection to the last who was in its room."""
    entering_p50_ms: float
    entering_p99_ms: float
    """From the first packet of a connection until it was in its room."""
    connect_cpu_ms: float
    """CPU of the server's processes for each connection that came in."""
    heartbeats: float
    """Pings that were answered, from the beginning on."""
    overview_updates: float
    """Messages that facilitators got in the window."""
    overview_bytes_per_second: float
    generator_core_share: float
    generator_lag_p99_ms: float
    """By how much moves were sent later than they were due."""
    others_core_share: float
    """What anything else on the machine used: it should be next to nothing."""


def figures(result: Result, processes: Mapping[str, Sequence[int]]) -> Figures:
    """The figures of a result; `processes` says which of those in it are what."""
    by_pid = {used.pid: used for used in result.processes}
    kinds = {kind: [by_pid[pid] for pid in pids] for kind, pids in processes.items()}
    servers = kinds["server"]
    cpu = {kind: _sum(found, lambda used: used.cpu_s) for kind, found in kinds.items()}
    grown = _sum(servers, lambda used: used.memory_connected - used.memory_before)
    everybody = sum(cpu.values())

    def per_move(seconds: float) -> float:
        return seconds * 1e6 / result.moves if result.moves else 0.0

    return Figures(
        moves_per_second=result.moves / result.seconds,
        frames_per_second=result.frames / result.seconds,
        seen_p50_ms=result.seeing_ms.p50,
        seen_p95_ms=result.seeing_ms.p95,
        seen_p99_ms=result.seeing_ms.p99,
        seen_max_ms=result.seeing_ms.max,
        lost=result.lost,
        refused=result.refused,
        gone=result.gone,
        uncertain=result.uncertain,
        server_us_per_move=per_move(cpu["server"]),
        redis_us_per_move=per_move(cpu.get("redis", 0)),
        all_us_per_move=per_move(everybody),
        server_core_share=cpu["server"] / result.elapsed_s,
        server_kib_per_connection=grown / 1024 / result.clients,
        connect_s=result.connect_s,
        entering_p50_ms=result.entering_ms.p50,
        entering_p99_ms=result.entering_ms.p99,
        connect_cpu_ms=_sum(servers, lambda used: used.connect_cpu_s) * 1e3 / result.clients,
        heartbeats=result.heartbeats,
        overview_updates=result.overview_updates,
        overview_bytes_per_second=result.overview_bytes / result.seconds,
        generator_core_share=result.generator_cpu_s / result.elapsed_s,
        generator_lag_p99_ms=result.lag_ms.p99,
        others_core_share=max(
            0.0,
            (result.machine_cpu_s - everybody - result.generator_cpu_s) / result.elapsed_s,
        ),
    )


def _sum(processes: Sequence[Used], of: Callable[[Used], float]) -> float:
    return sum(map(of, processes))


WORST = {"lost", "refused", "gone", "uncertain", "seen_max_ms", "others_core_share"}
"""Figures of which no run is forgotten because the others went well."""


def medians(runs: Sequence[Figures]) -> Figures:
    """The median of each figure by itself; the largest of those in which a run may go wrong."""
    return Figures(
        **{
            name: (max if name in WORST else median)([getattr(run, name) for run in runs])
            for name in Figures.__struct_fields__
        }
    )
