"""Figures as people read them in a terminal."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from scripts.benchmark.figures import Figures
from scripts.benchmark.systems import Load


class Row(NamedTuple):
    """One figure: what it is called, and how it is written."""

    name: str
    text: Callable[[Figures], str]


def number(value: float) -> str:
    """A number with as many digits as mean something: three, and whole ones in full."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _milliseconds(found: Figures) -> str:
    spread = (found.seen_p50_ms, found.seen_p95_ms, found.seen_p99_ms, found.seen_max_ms)
    return f"{' · '.join(map(number, spread))} ms (p50 · p95 · p99 · longest)"


def _cost(found: Figures) -> str:
    parts = f"server {number(found.server_us_per_move)}"
    if found.redis_us_per_move:
        parts += f", Redis {number(found.redis_us_per_move)}"
    return f"{number(found.all_us_per_move)} µs of CPU ({parts})"


def _generator(found: Figures) -> str:
    return (
        f"{number(found.generator_core_share)} of its core, "
        f"{number(found.generator_lag_p99_ms)} ms late (p99)"
    )


ROWS = (
    Row("moves", lambda found: f"{number(found.moves_per_second)} a second"),
    Row("frames read", lambda found: f"{number(found.frames_per_second)} a second"),
    Row("move → seen", _milliseconds),
    Row("last values lost", lambda found: number(found.lost)),
    Row("refused; ended", lambda found: f"{number(found.refused)}; {number(found.gone)}"),
    Row("a move costs", _cost),
    Row("server", lambda found: f"{number(found.server_core_share)} of a core"),
    Row("memory", lambda found: f"{number(found.server_kib_per_connection)} KiB a connection"),
    Row("all connected in", lambda found: f"{number(found.connect_s)} s"),
    Row(
        "overview",
        lambda found: (
            f"{number(found.overview_updates)} updates, "
            f"{number(found.overview_bytes_per_second / 1024)} KiB a second"
        ),
    ),
    Row("generator", _generator),
    Row("others", lambda found: f"{number(found.others_core_share)} of a core"),
)


def one(name: str, load: Load, runs: Sequence[Figures], middle: Figures) -> str:
    """All figures of one system, one a line."""
    head = (
        f"{name}: {load.rooms} rooms of {load.people}, {load.hertz:g} moves a second each, "
        f"{load.seconds:g} s"
    )
    if len(runs) > 1:
        head += f", median of {len(runs)} runs"
    width = max(len(row.name) for row in ROWS)
    return "\n".join([head, *(f"  {row.name:<{width}}  {row.text(middle)}" for row in ROWS)])
