"""Compiles the load generator, when its sources changed."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from scripts.benchmark.processes import CACHE, BenchmarkError

SOURCES = Path(__file__).resolve().parent / "loadgen"
FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror")


def generator() -> Path:
    """The compiled load generator; its name carries the hash of what it was made from."""
    sources = sorted(SOURCES.glob("*.[ch]"))
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for source in sources:
        digest.update(source.read_bytes())
    program = CACHE / f"loadgen-{digest.hexdigest()[:16]}"
    if not program.exists():
        _compile([source for source in sources if source.suffix == ".c"], program)
    return program


def _compile(sources: list[Path], program: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        raise BenchmarkError(
            "the load generator is written in C, and there is no compiler `cc`: install a package "
            "such as gcc (on Debian: apt-get install build-essential)"
        )
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.glob("loadgen-*"):
        old.unlink()
    # Compiled beside its place and then moved: two benchmarks may start at once.
    made = program.with_suffix(".new")
    command = [compiler, *FLAGS, *map(str, sources), "-o", str(made)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"the load generator does not compile:\n{done.stderr.strip()}")
    made.replace(program)
