"""The port on Redis; `sessions.store.port.Store` is the law, keys.py says what stands where."""

import re
import secrets
import threading
from time import monotonic

from sessions.errors import StoreUnavailable, StoreUnusable
from sessions.store.redis import coding
from sessions.store.redis import keys as k
from sessions.store.redis.address import parse
from sessions.store.redis.copies import Copies
from sessions.store.redis.news import Listening
from sessions.store.redis.nodes import Nodes
from sessions.store.redis.rooms import Rooms
from sessions.store.redis.sharing import Sharing

VERSION = 1
HISTORY_ROWS = 20_000
"""A room whose history outgrows this loses the older half's detail, never its state."""
FORGET_EVERY = 60.0
"""Seconds between two times that the servers are asked to write their files anew."""


class RedisStore(Copies, Rooms, Sharing):
    """One of any number of processes at the same Redis."""

    shared = True

    def __init__(self, url: str, *, history_rows: int = HISTORY_ROWS) -> None:
        self.address = parse(url)
        self._history_rows = history_rows
        self._worker = secrets.token_urlsafe(12)
        self._writing = threading.RLock()
        self._forgot_at = float("-inf")
        self._nodes = Nodes(self.address)
        self._nodes.open()
        self._listening = Listening(self._nodes, self._worker, self._read_news)
        try:
            self._check()
        except BaseException:
            self._nodes.close()
            raise

    def _check(self) -> None:
        """A server that is too old, or a form that is too new, is refused and stays as it is."""
        for node in self._nodes.all():
            (info,) = node.ask([("INFO", "server")])
            found = re.search(rb"redis_version:(\d+)", info) if isinstance(info, bytes) else None
            if found is None or int(found[1]) < 7:
                raise StoreUnusable(f"{node.name} is older than Redis 7: use a newer one")
        self._one("SET", k.FORM, VERSION, "NX")
        form = self._one("GET", k.FORM)
        if form != str(VERSION).encode():
            raise StoreUnusable(
                f"{self.address} was written by a newer version of Mengpaneel (form "
                f"{form.decode()}, this one knows {VERSION}): use that version, or set "
                "STORE_URL to another one"
            )

    def remarks(self) -> list[str]:
        """What about the server's own settings does not keep the promise of `apply` (ST1)."""
        remarks = []
        for node in self._nodes.all():
            try:
                wanted = ("appendonly", "appendfsync", "maxmemory-policy")
                found = coding.pairs(node.ask([("CONFIG", "GET", *wanted)])[0])
            except (StoreUnavailable, TypeError, ValueError):
                continue  # Not every provider lets us look.
            if found.get(b"appendonly") != b"yes":
                remarks.append(f"{node.name}: set appendonly yes, or a restart loses everything")
            elif found.get(b"appendfsync") == b"everysec":
                remarks.append(f"{node.name}: set appendfsync always: everysec may answer too soon")
            if found.get(b"maxmemory-policy") not in (None, b"noeviction"):
                remarks.append(f"{node.name}: set maxmemory-policy noeviction: it may drop rooms")
        return remarks

    def tidy(self) -> None:
        """Has the servers write their files anew, so that deleted text is gone there too (ST8)."""
        if not self._owes_forgetting or monotonic() - self._forgot_at < FORGET_EVERY:
            return
        self._forgot_at = monotonic()
        self._owes_forgetting = False
        for node in self._nodes.all():
            try:
                (reply,) = node.ask([("BGREWRITEAOF",)])
            except StoreUnavailable as error:
                reply = error
            if isinstance(reply, Exception):
                self._owes_forgetting = True

    def ping(self) -> None:
        """A write that is durable, as every change is."""
        self._one("SET", f"{k.FORM}:ping", 1, "PX", 60_000)

    def close(self) -> None:
        self._listening.close()
        self._nodes.close()
