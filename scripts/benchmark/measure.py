"""One run: a system is started, the generator lays its load on it, and all is stopped."""

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.benchmark import build
from scripts.benchmark.figures import Figures, figures
from scripts.benchmark.processes import CACHE, BenchmarkError, here
from scripts.benchmark.results import Result, read_result
from scripts.benchmark.systems import Load, Running, System

During = Callable[[Running], AbstractContextManager[object]]
"""What goes on beside the load, from the beginning of the window to the end of the run."""


def measure(system: System, load: Load, during: During = lambda _: nullcontext()) -> Figures:
    """The figures of one run; BenchmarkError where there are none."""
    generator = build.generator()
    cores = here()
    # Not in the system's own place for such: that may be memory, where no store waits for a disk.
    with TemporaryDirectory(prefix="run-", dir=CACHE) as name:
        folder = Path(name)
        with system.running(load, cores, folder) as running:
            plan = folder / "plan"
            plan.write_text("\n".join(running.plan) + "\n", encoding="utf-8")
            command = ["taskset", "--cpu-list", str(cores.generator), str(generator)]
            result = _generate([*command, *_arguments(running, load, plan)], running, during)
    return figures(result, running.processes)


def _arguments(running: Running, load: Load, plan: Path) -> list[str]:
    given = {
        "wire": running.wire,
        "plan": plan,
        "port": running.port,
        "hertz": load.hertz,
        "seconds": load.seconds,
        "warmup": load.warmup,
        "at-once": load.at_once,
    }
    watched = [pid for pids in running.processes.values() for pid in pids]
    return [
        *(word for name, value in given.items() for word in (f"--{name}", str(value))),
        *(word for pid in watched for word in ("--watch", str(pid))),
    ]


def _generate(command: list[str], running: Running, during: During) -> Result:
    """Runs the generator, which says `begin` when its window begins, and in the end its result."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() == "begin\n":
                with during(running):
                    line = process.stdout.readline()
                if line:
                    return read_result(line)
        finally:
            process.terminate()
    raise BenchmarkError("the load generator gave no result; what it said stands above")
