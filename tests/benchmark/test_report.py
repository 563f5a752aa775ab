"""The page of the benchmarks is made from results, and from nothing else."""

import re

import msgspec
import pytest

from scripts.benchmark import plans, published
from scripts.benchmark.capacity import Attempt
from scripts.benchmark.experiments import Capacity, Pairs, Series
from scripts.benchmark.machine import Machine
from scripts.benchmark.report import Results, render
from scripts.benchmark.systems import Load, Mengpaneel
from tests.benchmark.examples import run

MACHINE = Machine("A processor", 2, 7.7, "6.1", {"Python": "3.11.2", "Node": "20.1.0"})


def series(system: str = "ours", **changes: float) -> Series:
    runs = [run(**changes), run(**changes, seen_max_ms=300.0), run(**changes)]
    return Series(system, Load(), runs)


def results(**changes: float) -> Results:
    """All that a page needs; the changes are to the figures of every load."""
    capacity = Capacity("ours", Load(hertz=10), [Attempt(10, "", run(**changes))])
    return Results(
        day="2026-01-02",
        machine=MACHINE,
        loads=[series("Mengpaneel, fast lane, SQLite", **changes)],
        capacities=[capacity, Capacity("theirs", Load(hertz=0), [])],
        pairs=[Pairs(series(), series("socket.io", all_us_per_move=600.0))],
        idle=Series("ours", published.idle(10_000, 60), [run()]),
        connect=Series("ours", published.connecting(), [run()]),
    )


def test_a_page_tells_when_on_what_and_with_what() -> None:
    """Day, machine and versions stand on top."""
    page = render(results())
    assert "Measured on 2026-01-02: A processor, 2 cores, 7.7 GiB of memory, Linux 6.1." in page
    assert "With Python 3.11.2, Node 20.1.0." in page


def test_every_table_is_whole() -> None:
    """Each row of a table has as many cells as its head, and nothing was left open."""
    page = render(results())
    tables = re.findall(r"(?:^\|.*\|\n)+", page, re.MULTILINE)
    assert len(tables) == 3
    for table in tables:
        assert len({row.count("|") for row in table.splitlines()}) == 1
    assert "$" not in page


def test_what_was_lost_is_told() -> None:
    """A loss in one run of three stands in the table."""
    lost = Series("ours", Load(), [run(), run(lost=4), run()])
    page = render(msgspec.structs.replace(results(), loads=[lost]))
    row = next(line for line in page.splitlines() if line.startswith("| ours |"))
    assert "| 4 |" in row


def test_the_longest_is_of_all_runs() -> None:
    """A single slow moment of one run is told."""
    assert "| 300 |" in render(results())


def test_pairs_are_told_as_ratios() -> None:
    """What ours costs is divided by what the peer costs, pair by pair."""
    assert "| socket.io | 1,200 | 600 | 2.00 (2.00, 2.00, 2.00) |" in render(results())


def test_a_busy_machine_is_admitted() -> None:
    """Whoever reads the page knows whether something else was going on."""
    assert "at most 0.050 of a core" in render(results())
    assert "was not quiet" in render(results(others_core_share=0.7))


def test_results_can_be_read_again() -> None:
    """A page can be made anew from the file of its results."""
    text = msgspec.json.encode(results())
    assert render(msgspec.json.decode(text, type=Results)) == render(results())


@pytest.mark.parametrize(
    ("people", "seats"),
    [(1, 1), (3, 3), (4, 4), (12, 12), (40, 12)],
)
def test_more_people_than_seats_share_them(people: int, seats: int) -> None:
    """A room has at most twelve seats; more people are further devices."""
    found = plans.seats_of(people)
    assert len(found) == len(set(found)) == seats


def test_a_plan_has_a_line_for_each_connection() -> None:
    """A facilitator's line comes after those of the people."""
    person = plans.Person(0, "sociaal", "/a", "40{}")
    assert plans.lines([person], [plans.Watcher("/b", "41")]) == [
        "person\t0\tsociaal\t/a\t40{}",
        "watch\t/b\t41",
    ]


def test_idle_rooms_hold_all_seats() -> None:
    """Seats that do not fill a last room of three get one all the same."""
    assert published.idle(10_000, 60).connections == 10_002


def test_moves_are_those_of_seats() -> None:
    """People who only look move nothing."""
    assert Load(rooms=2, people=40, hertz=10).moves == 240


def test_systems_have_names_of_their_own() -> None:
    """In a table each row is another system or another load."""
    names = [(system.name, load) for system, load in published.LOADS]
    assert len(set(names)) == len(names)
    assert Mengpaneel("stock", "redis", 2).name == (
        "Mengpaneel, stock lane, Redis, 2 workers behind nginx"
    )
