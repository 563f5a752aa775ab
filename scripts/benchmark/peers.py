"""Servers of others that pass moves on, for the same load on the same machine in the same minutes.

They keep nothing, refuse nothing and derive nothing; docs/benchmarks.md says what that means.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import product
from pathlib import Path
from typing import NamedTuple

from scripts.benchmark import plans
from scripts.benchmark.plans import Person
from scripts.benchmark.processes import CACHE, Cores, Process, allow_files
from scripts.benchmark.rooms import Api
from scripts.benchmark.systems import SPARE_FILES, Load, Running

INSTALLED = CACHE / "peers"
"""Where scripts/bench puts the sources of peers/ and their packages."""


def _relayed(port: int, load: Load) -> Iterator[Person]:
    for room, place in product(range(load.rooms), range(load.people)):
        yield Person(room, _seat(place), f"/?room={room}")


def _by_socketio(port: int, load: Load) -> Iterator[Person]:
    for room, place in product(range(load.rooms), range(load.people)):
        hello = f"40{json.dumps({'room': str(room)})}"
        yield Person(room, _seat(place), "/socket.io/?EIO=4&transport=websocket", hello)


def _by_colyseus(port: int, load: Load) -> Iterator[Person]:
    """Seats are reserved over HTTP first, the room with the first of them."""
    with closing(Api(port)) as api:
        for room in range(load.rooms):
            method = "create/panel"
            for place in range(load.people):
                seat = place % plans.MOVERS
                found = api.post(f"/matchmake/{method}", {"place": seat})
                method = f"joinById/{found['roomId']}"
                path = f"/{found['processId']}/{found['roomId']}?sessionId={found['sessionId']}"
                yield Person(room, _seat(place), path)


def _seat(place: int) -> str:
    return str(place % plans.MOVERS)


class Peer(NamedTuple):
    """A server of peers/, and how people get into its rooms."""

    name: str
    script: str
    wire: str
    people: Callable[[int, Load], Iterator[Person]]

    @contextmanager
    def running(self, load: Load, cores: Cores, folder: Path) -> Iterator[Running]:
        """Starts it on the core that a server of ours would have."""
        allow_files(SPARE_FILES + load.connections)
        command = ["node", self.script]
        settings = {"NODE_ENV": "production"}
        place = cores.servers[0]
        with Process(self.script, command, place, folder, settings, within=INSTALLED) as server:
            port = int(server.wait_for(r"runs at http://\S+:(\d+)"))
            plan = plans.lines(self.people(port, load))
            yield Running(self.wire, port, plan, {"server": [server.pid]})


SOCKETIO = Peer("socket.io", "socketio.mjs", "socketio", _by_socketio)
COLYSEUS = Peer("Colyseus", "colyseus.mjs", "colyseus", _by_colyseus)
RELAY = Peer("ws, a bare relay", "ws.mjs", "relay", _relayed)

PEERS = {"socketio": SOCKETIO, "colyseus": COLYSEUS, "ws": RELAY}
"""By their names on the command line."""
