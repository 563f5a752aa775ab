"""Options that several commands of scripts/bench have, and how a command is found."""

from pathlib import Path

import click

PATH = click.Path(path_type=Path)

store = click.option("--store", type=click.Choice(["sqlite", "redis"]), default="sqlite")
lane = click.option("--lane", type=click.Choice(["fast", "stock"]), default="fast")
rooms = click.option("--rooms", default=342, show_default=True)
people = click.option("--people", default=3, show_default=True, help="In each room.")
hertz = click.option(
    "--hertz", default=10.0, show_default=True, help="Moves a second of each seat."
)
seconds = click.option("--seconds", default=10.0, show_default=True, help="The measured window.")
runs = click.option("--runs", default=1, show_default=True, help="The median of so many is told.")
at_once = click.option("--at-once", default=40, show_default=True, help="So many connect at once.")
into_file = click.option("--json", "file", type=PATH, help="Writes all figures into this file.")


class Commands(click.Group):
    """Without the name of a command, `load` is meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts `load` in front where no command is named."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["load", *args]
        return super().parse_args(ctx, args)
