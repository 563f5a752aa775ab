"""Results of runs as the load generator tells them, and figures made of them, for tests."""

import json
from typing import Any

import msgspec

from scripts.benchmark.figures import Figures, figures
from scripts.benchmark.results import read_result

SERVER, REDIS, NGINX = 11, 12, 13


def spread(p50: float = 10, p99: float = 50, count: int = 1000) -> dict[str, Any]:
    return {"count": count, "mean": p50, "p50": p50, "p95": p99 - 5, "p99": p99, "max": p99 + 20}


def used(pid: int, cpu: float, grown: int = 0) -> dict[str, Any]:
    """A process that used so many seconds of CPU, and grew by so many bytes."""
    return {
        "pid": pid,
        "connect_cpu_s": 0.5,
        "cpu_s": cpu,
        "memory_before": 1_000_000,
        "memory_connected": 1_000_000 + grown,
        "memory_after": 2_000_000 + grown,
    }


def line(**changes: Any) -> str:
    """The generator's line about two seconds with 1,000 moves of a hundred people."""
    told = {
        "seconds": 2,
        "connect_s": 0.25,
        "clients": 100,
        "connected": 100,
        "gone": 0,
        "moves": 1000,
        "frames": 3000,
        "bytes": 90_000,
        "moves_sent": 1200,
        "to_see": 2400,
        "seen": 2400,
        "finals": 300,
        "lost": 0,
        "refused": 0,
        "uncertain": 0,
        "overview_updates": 4,
        "overview_bytes": 8192,
        "heartbeats": 0,
        "blocked_writes": 0,
        "entering_ms": spread(),
        "seeing_ms": spread(),
        "lag_ms": spread(0.1, 0.5),
        "elapsed_s": 2,
        "generator_cpu_s": 0.2,
        "machine_cpu_s": 1.5,
        "processes": [used(SERVER, 0.8, 102_400), used(REDIS, 0.1), used(NGINX, 0.3)],
        **changes,
    }
    return json.dumps(told)


PROCESSES = {"server": [SERVER], "redis": [REDIS], "nginx": [NGINX]}


def run(**changes: Any) -> Figures:
    """The figures of such a run, with some of them changed."""
    return msgspec.structs.replace(figures(read_result(line()), PROCESSES), **changes)
