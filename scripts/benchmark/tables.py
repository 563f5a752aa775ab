"""Figures as people read them, in a terminal and in a page."""

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import NamedTuple

from scripts.benchmark.capacity import LATE_MS
from scripts.benchmark.experiments import Capacity, Pairs, Series
from scripts.benchmark.figures import Figures
from scripts.benchmark.systems import Load

QUIET = 0.1
"""Of a core: what else the machine may do without making figures doubtful."""
FULL = 0.95
"""Of a core: a load generator that uses more may be what everything waits for."""


class Row(NamedTuple):
    """One line about a run: what it is about, and how it is written."""

    name: str
    text: Callable[[Figures], str]


def number(value: float) -> str:
    """A number with three digits, and larger ones in full."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3
    return f"{value:.{digits}f}"


def count(value: float) -> str:
    """How many."""
    return f"{value:,.0f}"


def _seen(found: Figures) -> str:
    spread = (found.seen_p50_ms, found.seen_p95_ms, found.seen_p99_ms, found.seen_max_ms)
    return f"{' · '.join(map(number, spread))} ms (p50 · p95 · p99 · longest)"


def _cost(found: Figures) -> str:
    parts = f"server {number(found.server_us_per_move)}"
    if found.redis_us_per_move:
        parts += f", Redis {number(found.redis_us_per_move)}"
    return f"{number(found.all_us_per_move)} µs of CPU ({parts})"


def _overview(found: Figures) -> str:
    kib = found.overview_bytes_per_second / 1024
    return f"{count(found.overview_updates)} updates, {number(kib)} KiB a second"


def _entering(found: Figures) -> str:
    return f"{number(found.entering_p50_ms)} · {number(found.entering_p99_ms)} ms (p50 · p99)"


def _generator(found: Figures) -> str:
    return (
        f"{number(found.generator_core_share)} of its core, "
        f"{number(found.generator_lag_p99_ms)} ms late (p99)"
    )


_MEMORY = Row("memory", lambda found: f"{number(found.server_kib_per_connection)} KiB a connection")
_SERVER = Row("server", lambda found: f"{number(found.server_core_share)} of a core")
_CONNECTED = Row("all connected in", lambda found: f"{number(found.connect_s)} s")
_OTHERS = Row("anything else", lambda found: f"{number(found.others_core_share)} of a core")

LOAD = (
    Row("moves", lambda found: f"{number(found.moves_per_second)} a second"),
    Row("frames read", lambda found: f"{number(found.frames_per_second)} a second"),
    Row("move → seen", _seen),
    Row("last values lost", lambda found: count(found.lost)),
    Row("moves refused", lambda found: count(found.refused)),
    Row("connections ended", lambda found: count(found.gone)),
    Row("a move costs", _cost),
    _SERVER,
    _MEMORY,
    _CONNECTED,
    Row("overview", _overview),
    Row("generator", _generator),
    _OTHERS,
)
IDLE = (
    _SERVER,
    _MEMORY,
    Row("heartbeats", lambda found: count(found.heartbeats)),
    Row("connections ended", lambda found: count(found.gone)),
    _CONNECTED,
    _OTHERS,
)
CONNECT = (
    _CONNECTED,
    Row("each is in within", _entering),
    Row("a connection costs", lambda found: f"{number(found.connect_cpu_ms)} ms of CPU"),
    _MEMORY,
)


def people(load: Load) -> str:
    """A load in words."""
    rooms = "1 room" if load.rooms == 1 else f"{load.rooms:,} rooms"
    if not load.hertz:
        return f"{rooms} of {load.people}, nobody moves"
    moves = "1 move" if load.hertz == 1 else f"{load.hertz:g} moves"
    return f"{rooms} of {load.people}, {moves} a second each"


def lines(found: Series, rows: Sequence[Row]) -> str:
    """A series in a terminal, one figure a line."""
    runs = len(found.runs)
    head = f"{found.system}: {people(found.load)}"
    if runs > 1:
        head += f", median of {runs} runs"
    width = max(len(row.name) for row in rows)
    middle = found.middle
    told = [f"  {row.name:<{width}}  {row.text(middle)}" for row in rows]
    return "\n".join([head, *told, *(f"Mind: {remark}" for remark in remarks(middle))])


def remarks(found: Figures) -> list[str]:
    """Why these figures are not to be trusted; nothing where they are."""
    told = []
    if found.generator_lag_p99_ms > LATE_MS or found.generator_core_share > FULL:
        told.append("the load generator could not keep up: this says little about the server.")
    if found.others_core_share > QUIET:
        told.append("the machine was busy with something else.")
    if found.uncertain:
        told.append("somebody was seconds behind: the times told may be longer than they were.")
    return told


def pair_lines(found: Pairs) -> str:
    """Pairs in a terminal: the figures of both, and what ours costs beside the peer."""
    ours, peer = found.ours, found.peer
    rows = [
        f"{ours.system} beside {peer.system}: {people(ours.load)}",
        *(
            f"  {number(mine.all_us_per_move)} and {number(other.all_us_per_move)} µs a move, "
            f"p99 {number(mine.seen_p99_ms)} and {number(other.seen_p99_ms)} ms"
            for mine, other in zip(ours.runs, peer.runs, strict=True)
        ),
        f"  CPU a move, ours to theirs: {ratio_text(found.ratios(cost))}",
        f"  p99, ours to theirs: {ratio_text(found.ratios(slowness))}",
    ]
    return "\n".join(rows)


def cost(found: Figures) -> float:
    """What pairs are compared by: CPU of all processes for a move."""
    return found.all_us_per_move


def slowness(found: Figures) -> float:
    """What pairs are also compared by: within what 99 of hundred moves are seen."""
    return found.seen_p99_ms


def ratio_text(ratios: Sequence[float]) -> str:
    """Ratios pair by pair, and their median; `-` where there is none."""
    if not ratios:
        return "-"
    return f"{number(median(ratios))} ({', '.join(map(number, ratios))})"


def capacity_line(found: Capacity) -> str:
    """A capacity in a terminal."""
    best = found.best
    if best is None:
        return f"{found.system}: kept up with none; {found.limit}"
    text = f"{found.system}: {found.load.moves:,.0f} moves a second, {_cost(best)} each"
    limit = found.limit or "nothing higher was tried"
    return f"{text}, {number(best.server_core_share)} of a core; above it: {limit}"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of a page: the first column is text, the others are numbers."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, marks, *rows))
