"""The first load of the room: what comes over the network, and when a slider answers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from scripts.benchmark_client.browser import Slow
from scripts.benchmark_client.machine import noticing

QUIET = 8_000
"""Milliseconds after which what comes at rest has come."""
CALM = 1_000
"""Milliseconds without a long task after which the page is at rest."""
KINDS = {
    "Document": "HTML",
    "Stylesheet": "CSS",
    "Script": "JavaScript",
    "Font": "fonts",
    "Fetch": "API",
    "XHR": "API",
    "Image": "pictures",
    "Other": "pictures",
}


class Load(NamedTuple):
    """One first load, in bytes as they came over the network and in milliseconds."""

    sizes: dict[str, int]
    later: int
    shown: float
    responded: float
    interactive: float


class _Traffic:
    """Adds up what the network domain of the browser tells."""

    def __init__(self, devtools: Any) -> None:
        self._kinds: dict[str, str] = {}
        self.came: list[tuple[float, str, int]] = []
        self.start = 0.0
        devtools.on("Network.requestWillBeSent", self._asked)
        devtools.on("Network.responseReceived", self._answered)
        devtools.on("Network.loadingFinished", self._finished)
        devtools.on("Network.webSocketFrameReceived", self._framed)

    def _asked(self, event: Any) -> None:
        self.start = self.start or event["timestamp"]
        self._kinds[event["requestId"]] = event.get("type", "Other")

    def _answered(self, event: Any) -> None:
        self._kinds[event["requestId"]] = event["type"]

    def _finished(self, event: Any) -> None:
        kind = KINDS.get(self._kinds[event["requestId"]], "other")
        self.came.append((event["timestamp"], kind, round(event["encodedDataLength"])))

    def _framed(self, event: Any) -> None:
        size = len(event["response"]["payloadData"].encode())
        self.came.append((event["timestamp"], "socket", size))


async def first_load(slow: Slow, link: str) -> tuple[Load, float]:
    """Opens the room with a cold cache, and stays for as long as a first load may last.

    Also answers how much of one core others took until the room answered.
    """
    await slow.devtools.send("Network.enable")
    traffic = _Traffic(slow.devtools)
    with noticing() as others:
        await slow.page.goto(link, wait_until="commit")
        await slow.answering()
    await slow.rest(QUIET)
    shown, responded = await slow.page.evaluate("[clientSpeed.shown, clientSpeed.responded]")
    interactive = _at_rest(responded, await slow.seen("tasks"))

    sizes: dict[str, int] = defaultdict(int)
    later = 0
    for moment, kind, size in traffic.came:
        if (moment - traffic.start) * 1000 <= interactive:
            sizes[kind] += size
        else:
            later += size
    return Load(dict(sizes), later, shown, responded, interactive), others.share


def _at_rest(responded: float, tasks: Sequence[Mapping[str, float]]) -> float:
    """When the page had answered, and what kept it busy just after that was done."""
    rest = responded
    for task in sorted(tasks, key=itemgetter("startTime")):
        if task["startTime"] < rest + CALM:
            rest = max(rest, task["startTime"] + task["duration"])
    return rest
