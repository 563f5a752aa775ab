"""What the load generator tells becomes the figures that are published."""

import msgspec
import pytest

from scripts.benchmark.figures import figures, medians
from scripts.benchmark.processes import Cores, cores_of
from scripts.benchmark.profiling import own_shares
from scripts.benchmark.results import read_result
from scripts.benchmark.tables import number, ratio_text, remarks
from tests.benchmark.examples import NGINX, PROCESSES, REDIS, SERVER, line, run, spread, used


def test_rates_are_of_one_second() -> None:
    """What was counted in the window is told per second."""
    found = figures(read_result(line()), PROCESSES)
    assert found.moves_per_second == 500
    assert found.frames_per_second == 1500
    assert found.overview_bytes_per_second == 4096


def test_cost_is_told_apart() -> None:
    """The CPU of the servers and of Redis is told by itself, and that of nginx in the whole."""
    found = figures(read_result(line()), PROCESSES)
    assert found.server_us_per_move == pytest.approx(800)
    assert found.redis_us_per_move == pytest.approx(100)
    assert found.all_us_per_move == pytest.approx(1200)
    assert found.server_core_share == pytest.approx(0.4)


def test_several_servers_count_together() -> None:
    """Of several servers the CPU and the growth are added."""
    processes = [used(1, 0.5, 51_200), used(2, 0.7, 51_200)]
    found = figures(read_result(line(processes=processes)), {"server": [1, 2]})
    assert found.server_us_per_move == pytest.approx(1200)
    assert found.server_core_share == pytest.approx(0.6)
    assert found.server_kib_per_connection == pytest.approx(1.0)
    assert found.redis_us_per_move == 0


def test_memory_is_the_growth_while_all_connected() -> None:
    """What the server had before, and what came later, is not counted to connections."""
    assert figures(read_result(line()), PROCESSES).server_kib_per_connection == pytest.approx(1.0)


def test_others_are_what_nobody_accounts_for() -> None:
    """What the machine did beyond the generator and all that was measured; never below nothing."""
    assert figures(read_result(line()), PROCESSES).others_core_share == pytest.approx(0.05)
    found = figures(read_result(line(machine_cpu_s=1.0)), PROCESSES)
    assert found.others_core_share == 0


def test_nobody_moved() -> None:
    """Without a move there is no cost of one."""
    found = figures(read_result(line(moves=0, seeing_ms=spread(0, 0, 0))), PROCESSES)
    assert found.all_us_per_move == 0


@pytest.mark.parametrize("text", ["", "begin", "{}", line(more=1), line(moves="many")])
def test_other_lines_are_no_result(text: str) -> None:
    """What the generator does not tell in its form is refused."""
    with pytest.raises(msgspec.DecodeError):
        read_result(text)


def test_each_figure_has_its_own_median() -> None:
    """The median of three runs need not be one of the runs."""
    runs = [run(seen_p50_ms=p50, seen_p99_ms=p99) for p50, p99 in ((5, 50), (4, 90), (3, 60))]
    middle = medians(runs)
    assert (middle.seen_p50_ms, middle.seen_p99_ms) == (4, 60)
    assert medians(runs[:2]).seen_p99_ms == 70


@pytest.mark.parametrize("name", ["lost", "refused", "gone", "uncertain", "seen_max_ms"])
def test_what_went_wrong_is_never_smoothed(name: str) -> None:
    """What went wrong in one run is told, however well the others went."""
    runs = [run(**{name: value}) for value in (0, 7, 0)]
    assert getattr(medians(runs), name) == 7


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        ([0, 1], Cores((0,), 1)),
        ([3, 1, 2, 0], Cores((0, 1, 2), 3)),
        ([5], Cores((5,), 5)),
    ],
)
def test_the_generator_has_a_core_for_itself(available: list[int], expected: Cores) -> None:
    """The last core is the generator's, and with it that of the store; the rest is for servers."""
    assert cores_of(available) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0123, "0.012"),
        (0.5, "0.50"),
        (9.99, "9.99"),
        (54.21, "54.2"),
        (51_300, "51,300"),
    ],
)
def test_numbers_have_three_digits(value: float, text: str) -> None:
    """A number is told as precisely as it can be trusted."""
    assert number(value) == text


def test_ratios_are_told_pair_by_pair() -> None:
    """The median comes first, then each pair in its order."""
    assert ratio_text([0.5, 2.0, 1.0]) == "1.00 (0.50, 2.00, 1.00)"
    assert ratio_text([1.0, 2.0]) == "1.50 (1.00, 2.00)"
    assert ratio_text([]) == "-"


@pytest.mark.parametrize(
    ("name", "value", "about"),
    [
        ("generator_lag_p99_ms", 21.0, "load generator"),
        ("generator_core_share", 0.96, "load generator"),
        ("others_core_share", 0.5, "something else"),
        ("uncertain", 1, "seconds behind"),
    ],
)
def test_doubtful_figures_are_told_to_be(name: str, value: float, about: str) -> None:
    """Who reads figures of a run that means little is told so."""
    (remark,) = remarks(run(**{name: value}))
    assert about in remark
    assert remarks(run()) == []


def test_a_profile_tells_the_innermost_functions() -> None:
    """A function's share is of the samples in which it was the innermost, whatever its line."""
    stacks = (
        "run (hub.py:1);send (broadcast.py:40) 3\n"
        "run (hub.py:2);send (broadcast.py:44) 3\n"
        "run (hub.py:7) 2\n"
    )
    assert own_shares(stacks) == ([("send (broadcast.py)", 0.75), ("run (hub.py)", 0.25)], 8)


def test_processes_keep_their_kinds() -> None:
    """The ids in a result are those that were asked for."""
    told = read_result(line()).processes
    assert [one.pid for one in told] == [SERVER, REDIS, NGINX]
