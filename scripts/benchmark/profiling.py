"""A sampling profile of the server while it is under load, by py-spy."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.benchmark.processes import BenchmarkError, here
from scripts.benchmark.systems import Running

RATE = 200
"""Samples a second."""
TOP = 25
_PROGRAM = Path(sys.executable).parent / "py-spy"


class Profile:
    """Takes a profile of the first server into a file of folded stacks."""

    def __init__(self, file: Path, seconds: float) -> None:
        self.file = file
        self._seconds = max(1, int(seconds))

    @contextmanager
    def during(self, running: Running) -> Iterator[None]:
        """For so many seconds from now on; on the generator's core, as it is not idle itself."""
        pid = running.processes["server"][0]
        command = ["taskset", "--cpu-list", str(here().generator), str(_PROGRAM), "record"]
        options = ["--format", "raw", "--rate", str(RATE), "--duration", str(self._seconds)]
        command += [*options, "--pid", str(pid), "--output", str(self.file)]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as spy:
            try:
                yield
                said = spy.communicate()[1]
            finally:
                spy.terminate()
        if spy.returncode:
            raise BenchmarkError(f"py-spy gave no profile:\n{said.strip()}")

    def summary(self) -> str:
        """Where the time went: the functions that took most of it themselves."""
        own, samples = own_shares(self.file.read_text(encoding="utf-8"))
        lines = [f"{share:6.1%}  {name}" for name, share in own[:TOP]]
        return "\n".join([f"{samples} samples; the whole profile is in {self.file}", *lines])


def own_shares(stacks: str) -> tuple[list[tuple[str, float]], int]:
    """The innermost functions and their shares, largest first, and the number of samples.

    `stacks` has a line for each folded stack: `outer;inner count`.
    """
    counts: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        counts[_function(stack.rpartition(";")[2])] += int(count)
    samples = counts.total()
    return [(name, count / samples) for name, count in counts.most_common()], samples


def _function(frame: str) -> str:
    """Without the line: `send (server/broadcast.py:48)` is `send (server/broadcast.py)`."""
    return frame.rpartition(":")[0] + ")" if frame.endswith(")") and ":" in frame else frame
