"""A real server process on a port of its own, with a store of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

import requests

from tests import modes

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0
"""Seconds until a condition that does not come true fails the test; no speed is asserted."""
CLIENTS = "198.18."
"""How the address of every client of these tests begins."""

T = TypeVar("T")


def until(condition: Callable[[], T], what: str = "the condition") -> T:
    """The first truthy answer of `condition`."""
    end = monotonic() + PATIENCE
    while True:
        found = condition()
        if found:
            return found
        assert monotonic() < end, f"waited in vain for {what}"
        sleep(0.01)


def environment(store: Path, mode: str = "", **settings: str) -> dict[str, str]:
    """The environment of a server: the settings of the test and nothing of the machine's.

    Without a mode it is that of the run (tests/modes.py).
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    own = {"PORT": "0", "STORE_URL": f"sqlite:///{store}"}
    return {**kept, **own, **modes.SETTINGS[mode or modes.choice.default], **settings}


class Server:
    """A server that runs; `stop` asserts that it ended well and that nothing went wrong."""

    def __init__(self, folder: Path, mode: str = "", **settings: str) -> None:
        self.folder = folder
        self.mode = mode or modes.choice.default
        self.store = folder / "store" / "mengpaneel.db"
        self.settings = settings
        self.url = ""
        self._runs = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._paths: tuple[Path, Path] | None = None

    def start(self) -> "Server":
        """Starts the process and waits until it is ready."""
        self._runs += 1
        self._paths = (
            self.folder / f"out-{self._runs}.txt",
            self.folder / f"err-{self._runs}.txt",
        )
        with self._paths[0].open("wb") as out, self._paths[1].open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server"],
                cwd=ROOT,
                env=environment(self.store, self.mode, **self.settings),
                stdout=out,
                stderr=err,
            )
        self.url = until(self._address, "the server's address")
        until(self._ready, "the server's readiness")
        return self

    def _address(self) -> str:
        assert self._process is not None
        assert self._process.poll() is None, self.output()
        found = re.search(r"runs at (http://\S+)", self.output())
        return found[1] if found else ""

    def _ready(self) -> bool:
        return requests.get(f"{self.url}/readyz", timeout=PATIENCE).status_code == 200

    def output(self) -> str:
        """All that the process of the last start has written."""
        assert self._paths is not None
        return "".join(path.read_text(encoding="utf-8") for path in self._paths)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def memory(self) -> int:
        """The memory that the process holds, in bytes."""
        return self._pages(1)

    def addresses(self) -> int:
        """How much of its addresses the process has taken, in bytes, with or without memory."""
        return self._pages(0)

    def _pages(self, column: int) -> int:
        text = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii")
        return int(text.split()[column]) * os.sysconf("SC_PAGE_SIZE")

    def files(self) -> int:
        """How many files and sockets the process has open."""
        return sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir())

    def kill(self) -> None:
        """Ends the process as the end of the world would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE)
        assert "Traceback" not in self.output(), self.output()

    def end(self) -> None:
        """Stops what still runs."""
        if self.alive:
            self.stop()

    def stop(self) -> None:
        """Stops by SIGTERM; exit code 0, and no trace of an error or of a participant."""
        assert self._process is not None
        self._process.terminate()
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE)
            raise
        output = self.output()
        assert code == 0, output
        assert "Traceback" not in output, output
        named = [line for line in output.splitlines() if CLIENTS in line]
        assert named == [], "an address of a participant stands in the log"
