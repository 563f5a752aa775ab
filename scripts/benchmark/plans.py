"""The plan of a run: one line for each connection, as loadgen/plan.c reads it."""

from collections.abc import Iterable
from typing import NamedTuple

MOVERS = 12
"""So many seats a room can have. More people are second and third devices of the same seats."""
TRIO = ("wijkambtenaar", "sociaal", "fysiek")


class Person(NamedTuple):
    """A connection to a room. `hello` is what it says first; a seat moves by its first person."""

    room: int
    seat: str
    path: str
    hello: str = ""


class Watcher(NamedTuple):
    """A facilitator's connection to the overview."""

    path: str
    hello: str


def lines(people: Iterable[Person], watchers: Iterable[Watcher] = ()) -> list[str]:
    """The plan; the people of a room come together, and each seat once before any again."""
    return [
        *("\t".join(("person", str(one.room), *one[1:])) for one in people),
        *("\t".join(("watch", *one)) for one in watchers),
    ]


def seats_of(people: int) -> tuple[str, ...]:
    """The roles of a room for so many people: the usual three, or as many as may be."""
    if people <= len(TRIO):
        return TRIO[:people]
    return tuple(f"rol-{number}" for number in range(1, min(people, MOVERS) + 1))
