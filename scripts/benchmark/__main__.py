"""The command line of scripts/bench; `--help` tells what there is."""

import signal
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from scripts.benchmark import experiments, options, published, tables
from scripts.benchmark.machine import machine
from scripts.benchmark.peers import PEERS
from scripts.benchmark.processes import CACHE, ROOT, BenchmarkError
from scripts.benchmark.profiling import Profile
from scripts.benchmark.report import Results, render
from scripts.benchmark.systems import Load, Mengpaneel, System

SUBJECTS: dict[str, System] = {
    "fast": Mengpaneel("fast"),
    "stock": Mengpaneel("stock"),
    "fast-redis": Mengpaneel("fast", "redis"),
    "stock-redis": Mengpaneel("stock", "redis"),
    **PEERS,
}
RESULTS = CACHE / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"

_tell = partial(click.echo, err=True)


@click.group(cls=options.Commands)
def main() -> None:
    """Measures the server on this machine; without the name of a command, `load`."""
    # Told to stop, it still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


@main.command()
@options.store
@options.lane
@click.option("--workers", default=1, help="More than one stand behind nginx, and need Redis.")
@options.rooms
@options.people
@options.hertz
@options.seconds
@options.at_once
@options.runs
@click.option("--profile", is_flag=True, help="Tells where the time of the server went.")
@options.into_file
def load(
    *, store: Any, lane: Any, workers: int, runs: int, profile: bool, file: Path | None, **of: Any
) -> None:
    """People in rooms move their sliders, and a facilitator watches."""
    if workers > 1 and store != "redis":
        raise click.UsageError("several workers need --store redis")
    asked = Load(**of)
    taken = Profile(CACHE / "profile.txt", asked.seconds) if profile else None
    during = taken.during if taken else None
    system = Mengpaneel(lane, store, workers)
    found = experiments.series(system, asked, runs, _tell, during)
    click.echo(tables.lines(found, tables.LOAD))
    if taken:
        click.echo(taken.summary())
    _write(file, found)


@main.command()
@options.store
@options.lane
@click.option("--seats", default=10_000, show_default=True, help="In rooms of three.")
@click.option("--seconds", default=60.0, show_default=True, help="A heartbeat comes each 25.")
@options.into_file
def idle(*, store: Any, lane: Any, seats: int, seconds: float, file: Path | None) -> None:
    """Everybody is connected, and nobody does anything."""
    found = experiments.series(Mengpaneel(lane, store), published.idle(seats, seconds), 1, _tell)
    click.echo(tables.lines(found, tables.IDLE))
    _write(file, found)


@main.command()
@options.store
@options.lane
@options.rooms
@options.people
@options.at_once
@options.runs
@options.into_file
def connect(*, store: Any, lane: Any, runs: int, file: Path | None, **of: int) -> None:
    """How long it takes until everybody is in their room."""
    asked = published.connecting(**of)
    found = experiments.series(Mengpaneel(lane, store), asked, runs, _tell)
    click.echo(tables.lines(found, tables.CONNECT))
    _write(file, found)


@main.command()
@click.argument("subjects", nargs=-1, type=click.Choice(list(SUBJECTS)))
@options.rooms
@options.people
@click.option("--start", default=4.0, show_default=True, help="The first rate, in hertz.")
@click.option("--ceiling", default=published.CEILING, show_default=True, help="The last.")
@click.option("--seconds", default=5.0, show_default=True, help="How long a rate is tried.")
@options.into_file
def capacity(
    *, subjects: tuple[str, ...], start: float, ceiling: float, file: Path | None, **of: Any
) -> None:
    """The largest rate with p99 within 100 ms and nothing lost, of each of the SUBJECTS."""
    found = [
        experiments.capacity(SUBJECTS[name], Load(hertz=start, **of), ceiling, _tell)
        for name in subjects or published.CAPACITIES
    ]
    click.echo("\n".join(map(tables.capacity_line, found)))
    _write(file, found)


@main.command()
@click.argument("names", nargs=-1, type=click.Choice(list(PEERS)))
@options.store
@options.lane
@options.rooms
@options.people
@options.hertz
@options.seconds
@click.option("--runs", default=3, show_default=True, help="So many pairs.")
@options.into_file
def peers(
    *, names: tuple[str, ...], store: Any, lane: Any, runs: int, file: Path | None, **of: Any
) -> None:
    """Ours and others in turn, with the ratio of each pair."""
    ours, asked = Mengpaneel(lane, store), Load(**of)
    found = [experiments.pairs(ours, PEERS[name], asked, runs, _tell) for name in names or PEERS]
    click.echo("\n".join(map(tables.pair_lines, found)))
    _write(file, found)


@main.command()
@click.option("--runs", default=3, show_default=True, help="Of each load, and of each pair.")
@click.option("--seconds", default=10.0, show_default=True, help="The window of a load.")
@click.option("--seats", default=10_000, show_default=True, help="That are idle.")
@click.option(
    "--from",
    "earlier",
    type=click.Path(path_type=Path, exists=True),
    help="Takes results of before, and measures nothing.",
)
@click.option(
    "--json", "file", type=options.PATH, default=RESULTS, help="Where the results are kept."
)
@click.option("--output", type=options.PATH, default=PAGE, help="The page; docs/benchmarks.md.")
def report(
    *, runs: int, seconds: float, seats: int, earlier: Path | None, file: Path, output: Path
) -> None:
    """Measures all that is published (half an hour or so), and writes docs/benchmarks.md."""
    if earlier is None:
        found = published.results(published.Effort(runs, seconds, seats), SUBJECTS, _tell)
        _write(file, found)
    else:
        found = msgspec.json.decode(earlier.read_bytes(), type=Results)
    output.write_text(render(found), encoding="utf-8")
    click.echo(f"wrote {output}")


def _write(file: Path | None, found: Any) -> None:
    """All figures of every run, for other programs."""
    if file is None:
        return
    if not isinstance(found, Results):
        now = datetime.now(UTC).isoformat(timespec="seconds")
        found = {"taken_at": now, "machine": machine(), "results": found}
    text = msgspec.json.format(msgspec.json.encode(found), indent=1)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text + b"\n")


if __name__ == "__main__":
    try:
        main()
    except BenchmarkError as error:
        sys.exit(f"scripts/bench: {error}")
