"""scripts/bench measures a server of its own from end to end; how fast it is nobody asserts."""

import json
import subprocess
from pathlib import Path

from scripts.benchmark.figures import Figures
from tests.integration.process import ROOT

ROOMS, PEOPLE, HERTZ, SECONDS = 3, 3, 10, 2


def test_a_short_run_loses_nothing(tmp_path: Path) -> None:
    """Every move is sent and counted, everybody sees the last values, and all is told."""
    file = tmp_path / "result.json"
    options = {"--rooms": ROOMS, "--hertz": HERTZ, "--seconds": SECONDS, "--json": file}
    words = [str(word) for option in options.items() for word in option]
    done = subprocess.run(
        [ROOT / "scripts" / "bench", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"{ROOMS} rooms of {PEOPLE}" in done.stdout

    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["machine"]["cores"] >= 1
    (figures,) = told["results"]["runs"]
    assert list(figures) == list(Figures.__struct_fields__)
    assert figures["moves_per_second"] == ROOMS * PEOPLE * HERTZ
    assert figures["lost"] == figures["refused"] == figures["gone"] == figures["uncertain"] == 0
    assert 0 < figures["seen_p50_ms"] <= figures["seen_p99_ms"] <= figures["seen_max_ms"]
    assert figures["frames_per_second"] > 0
    assert figures["server_us_per_move"] > 0
    assert figures["all_us_per_move"] == figures["server_us_per_move"]
    assert figures["server_kib_per_connection"] > 0
    assert figures["overview_updates"] > 0
