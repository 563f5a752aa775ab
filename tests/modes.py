"""The modes in which a server can serve its connections, and the one that a run asks for.

`pytest --mode stock` starts every server of a run in that mode. Without it, servers start in the
default mode, and what must hold on the wire is tried in each of the three.
"""

from collections.abc import Mapping

FAST, STOCK, THREADING = "fast", "stock", "threading"

SETTINGS: Mapping[str, Mapping[str, str]] = {
    FAST: {},  # what a server does that nobody told anything
    STOCK: {"LANE": "stock"},
    THREADING: {"ASYNC_MODE": "threading"},
}


class Choice:
    """What the command line of this run says of modes."""

    def __init__(self) -> None:
        self._asked: str | None = None

    def ask(self, mode: str | None) -> None:
        """All servers run in this mode, or, without one, in the default mode."""
        self._asked = mode

    @property
    def default(self) -> str:
        """The mode of a server whose test asks for none."""
        return self._asked or FAST

    @property
    def each(self) -> tuple[str, ...]:
        """The modes in which a test runs that asks for each of them."""
        return (self._asked,) if self._asked else tuple(SETTINGS)


choice = Choice()
