"""When all is healed: everybody finds back, sees the same, and nothing was left behind."""

from collections.abc import Callable
from datetime import UTC, datetime
from subprocess import TimeoutExpired
from time import sleep
from typing import Any, NamedTuple

import requests

from sessions.errors import StoreUnavailable
from sessions.room import RoomView
from sessions.rules import due_step
from sessions.store import Store
from tests.chaos.checks import equal_views
from tests.chaos.clients import Stage
from tests.chaos.faults import World
from tests.chaos.seats import Facilitator, Overview, Seat
from tests.chaos.story import public
from tests.integration.clients import TRIO, new_address
from tests.integration.process import PATIENCE
from tests.rooms import EXERCISES

LOOKS = 120
"""So often it is looked whether everything has come to rest: where the machine stands still, so
does the time that this takes."""
BETWEEN = 0.25
"""Seconds between two looks."""
GROWTH = 100_000_000
"""Bytes by which the memory of a worker may grow in a run."""


class People(NamedTuple):
    """Who is there."""

    seats: list[Seat]
    guides: list[Facilitator]
    overviews: list[Overview]


def find(stage: Stage, world: World, store: Store, people: People) -> list[str]:
    """Lets everybody have a last word, waits until all see the same, and says who does not."""
    everybody = [*people.seats, *people.guides]
    late = _until(lambda: [f"{one.name} cannot speak" for one in everybody if not one.last_word])
    stage.act = "still"
    rooms = _until(lambda: _unequal(world, store, people))
    return late + [f"all is quiet, and yet: {what}" for what in rooms]


def _until(wrong: Callable[[], list[str]]) -> list[str]:
    found = ["never looked"]
    for _ in range(LOOKS):
        sleep(BETWEEN)
        try:
            found = wrong()
        except (requests.RequestException, StoreUnavailable) as error:
            found = [repr(error)]
        if not found:
            break
    return found


def _unequal(world: World, store: Store, people: People) -> list[str]:
    wrong = [
        f"{one.name} is not there" for one in (*people.seats, *people.overviews) if not one.live
    ]
    token = people.guides[0].token
    for guide in people.guides:
        code = guide.code
        stored = store.room(code)
        if stored is None:
            wrong.append(f"{code} is gone from the store")
            continue
        there = {f"online/{role}": True for role in TRIO}
        maps: dict[str, Any] = {"the store": (stored.seq, public(stored.fields) | there)}
        insights: dict[str, Any] = {}
        for place, worker in enumerate(world.workers):
            state = _get(f"{worker.url}/api/v1/rooms/{code}/state", token).json()
            maps[f"the state at worker {place}"] = (state["seq"], state["fields"])
            insights[f"the insight at worker {place}"] = state["insight"]
        for one in (*people.seats, guide):
            if one.code == code:
                maps[one.name] = (one.seq, one.fields)
                insights[f"the insight of {one.name}"] = one.insight
        wrong += [f"{code}: {what}" for what in equal_views(maps) + equal_views(insights)]
        owed = due_step(RoomView(stored.fields, EXERCISES, TRIO), datetime.now(UTC))
        if owed:
            wrong.append(f"{code}: the proposals make a step that nobody took: {owed}")
    return wrong or _summaries(world, people)


def depart(world: World, people: People) -> list[str]:
    """All seats are left, at a worker that dies too: the others hear that nobody is there."""
    world.workers[0].kill()
    for seat in people.seats:
        seat.leave()
    world.begin(0)
    online = {f"online/{role}" for role in TRIO}

    def there() -> list[str]:
        wrong = [
            f"{guide.name} sees {role}"
            for guide in people.guides
            for role in sorted(online & guide.fields.keys())
        ]
        for one in people.overviews:
            for code, room in one.rooms.items():
                found = [role for role, state in room["seats"].items() if state == "online"]
                wrong += [f"{one.name} sees {role} in {code}" for role in found]
        return wrong

    return [f"all have left, and yet: {what}" for what in _until(there)]


def _summaries(world: World, people: People) -> list[str]:
    """The overview says the same at every worker, to who came early and over HTTP."""
    key = people.guides[0].token
    path = f"/api/v1/werkplaatsen/{people.overviews[0].werkplaats}"
    wrong = []
    for guide in people.guides:
        views: dict[str, Any] = {}
        for place, worker in enumerate(world.workers):
            body = _get(f"{worker.url}{path}", key).json()
            views[f"the summary at worker {place}"] = body["rooms"][guide.code]
        for one in people.overviews:
            views[one.name] = one.rooms.get(guide.code)
        wrong += [f"{guide.code}: {what}" for what in equal_views(views)]
    return wrong


def _get(url: str, token: str) -> requests.Response:
    headers = {"X-Forwarded-For": new_address(), "Authorization": f"Bearer {token}"}
    return requests.get(url, headers=headers, timeout=PATIENCE)


def keys(world: World, seats: list[Seat]) -> list[str]:
    """Each seat's token opens at every worker, and none that it had before does."""
    wrong = []
    for place, worker in enumerate(world.workers):
        for seat in seats:
            url = f"{worker.url}/api/v1/rooms/{seat.code}/state"
            expected = {seat.token: 200} | {token: 401 for token in seat.old if token != seat.token}
            for token, status in expected.items():
                found = _get(url, token).status_code
                if found != status:
                    wrong.append(f"{seat.name}: a token got {found} at {place}, not {status}")
    return wrong


def health(world: World) -> list[str]:
    """Every worker is ready, and none has grown."""
    wrong = []
    for place, worker in enumerate(world.workers):
        status = requests.get(f"{worker.url}/readyz", timeout=PATIENCE).status_code
        if status != 200:
            wrong.append(f"worker {place} is not ready: {status}")
        grown = worker.memory() - world.memory[place]
        if grown > GROWTH:
            wrong.append(f"worker {place} has grown by {grown} bytes")
    return wrong


def endings(world: World) -> list[str]:
    """Every worker ends well, and no run of any has left a traceback."""
    wrong = []
    for place, worker in enumerate(world.workers):
        try:
            worker.stop()
        except (AssertionError, TimeoutExpired) as error:
            wrong.append(f"worker {place} does not end well: {error}")
        for path in sorted(worker.folder.glob("*-*.txt")):
            text = path.read_text(encoding="utf-8")
            if "Traceback" in text:
                where = text.index("Traceback")
                wrong.append(
                    f"worker {place} {path.name}: {text[max(0, where - 500) : where + 3000]}"
                )
    return wrong
