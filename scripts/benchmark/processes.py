"""Processes of a run: each on cores of its own choosing, and stopped with the run."""

import os
import re
import resource
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import NamedTuple, Self

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "benchmark"
PATIENCE = 30.0
"""Seconds for a process to be ready, or to end."""
_LAST_LINES = 20


class BenchmarkError(Exception):
    """What keeps a run from being measured, in words for who started it."""


class Cores(NamedTuple):
    """Which core is for what, so that the generator takes nothing from who is measured."""

    servers: tuple[int, ...]
    generator: int
    """The store and a proxy share it: their own CPU time is reported apart."""


def cores_of(available: Sequence[int]) -> Cores:
    """The last core for the generator, the others for servers; a lone core is for all."""
    *servers, last = sorted(available)
    return Cores(tuple(servers) or (last,), last)


def here() -> Cores:
    """The cores that this process may use."""
    return cores_of(sorted(os.sched_getaffinity(0)))


def allow_files(wanted: int) -> None:
    """Lets this process and those it starts open so many files; a connection takes one each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise BenchmarkError(
            f"{wanted} open files are needed, and {hard} are allowed: raise `ulimit -Hn`"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """These settings, and nothing of the machine's own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **settings}


class Process:
    """A process that runs on one core; what it writes goes to a file of the run's folder."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        core: int,
        folder: Path,
        settings: Mapping[str, str] = {},
        within: Path = ROOT,
    ) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["taskset", "--cpu-list", str(core), *command],
                cwd=within,
                env=environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl+C is for the benchmark, which then stops all in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def output(self) -> str:
        """All that it has written."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def complain(self, what: str) -> BenchmarkError:
        """What went wrong, with the last lines of the process."""
        last = "\n".join(self.output().splitlines()[-_LAST_LINES:])
        return BenchmarkError(f"{self.name} {what}\n{last}".rstrip())

    def expect_no_error(self) -> None:
        """Complains of a trace of an error: then it did not do what it was measured for."""
        if "Traceback" in self.output():
            raise self.complain("went wrong meanwhile:")

    def wait_for(self, pattern: str) -> str:
        """Waits until it has written what the pattern finds; the pattern's first group."""
        end = monotonic() + PATIENCE
        while not (found := re.search(pattern, self.output())):
            if self._process.poll() is not None:
                raise self.complain(f"ended with code {self._process.returncode}:")
            if monotonic() > end:
                raise self.complain(f"was not ready within {PATIENCE:.0f} seconds:")
            sleep(0.02)
        return found[1]

    def children(self) -> list[int]:
        """The processes that it has started itself: those of nginx do its work."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in path.read_text(encoding="ascii").split()]

    def stop(self) -> None:
        """Asks it to end, and sees to it that it does."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def version_of(command: Sequence[str], pattern: str = r"(\d+(?:\.\d+)+)") -> str:
    """The version that a program tells of itself; empty where it is not there."""
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    found = re.search(pattern, told.stdout + told.stderr)
    return found[1] if found else ""
