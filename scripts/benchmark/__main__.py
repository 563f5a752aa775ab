"""The command line of scripts/bench; `--help` tells what there is."""

import signal
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from scripts.benchmark import tables
from scripts.benchmark.figures import medians
from scripts.benchmark.measure import measure
from scripts.benchmark.processes import BenchmarkError
from scripts.benchmark.systems import Load, Mengpaneel


class Commands(click.Group):
    """Without the name of a command, `load` is meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts `load` in front where no command is named."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["load", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Commands)
def main() -> None:
    """Measures the server on this machine; without the name of a command, `load`."""
    # Told to stop, it still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


@main.command()
@click.option("--store", type=click.Choice(["sqlite", "redis"]), default="sqlite")
@click.option("--lane", type=click.Choice(["fast", "stock"]), default="fast")
@click.option("--workers", default=1, help="More than one stand behind nginx, and need Redis.")
@click.option("--rooms", default=342, show_default=True)
@click.option("--people", default=3, show_default=True, help="In each room.")
@click.option("--hertz", default=10.0, show_default=True, help="Moves a second of each seat.")
@click.option("--seconds", default=10.0, show_default=True, help="How long it is measured.")
@click.option("--runs", default=1, help="The median of so many is told.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Writes the figures here.")
def load(*, store: Any, lane: Any, workers: int, runs: int, file: Path | None, **of: Any) -> None:
    """People in rooms move their sliders, and a facilitator watches."""
    system = Mengpaneel(lane, store, workers)
    asked = Load(**of)
    done = [measure(system, asked) for _ in range(runs)]
    middle = medians(done)
    click.echo(tables.one(system.name, asked, done, middle))
    if file is not None:
        file.write_bytes(msgspec.json.encode({"runs": done, "median": middle}))


if __name__ == "__main__":
    try:
        main()
    except BenchmarkError as error:
        sys.exit(f"scripts/bench: {error}")
