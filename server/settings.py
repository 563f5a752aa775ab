"""Every setting: an environment variable, its default and its meaning.

`python -m server settings` prints `docs/configuration.md` from here. An unknown value is one
clear line and exit code 2, never a guess.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sessions.store.redis import address

SQLITE = "sqlite:///"


class SettingsError(Exception):
    """A setting has a value that cannot be used; the message names it and says what would do."""


class Variable(NamedTuple):
    """One environment variable: how to read it and what to say of it."""

    name: str
    default: str
    meaning: str
    read: Callable[[str], Any]


def _whole(low: int, high: int, wanted: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        # Only the digits 0-9, and not so many that reading them takes time.
        plain = text.isascii() and text.isdigit() and len(text) < 10
        if not plain or not low <= int(text) <= high:
            raise ValueError(wanted)
        return int(text)

    return read


def _store(text: str) -> str:
    if address.is_address(text):
        address.parse(text)
    elif not text.startswith(SQLITE) or len(text) <= len(SQLITE):
        raise ValueError("give sqlite:///path/to/file.db, or redis://host:port/number")
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query):
        raise ValueError("give an address such as https://mengpaneel.example.nl, or nothing")
    return text.rstrip("/")


def _one_of(*values: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in values:
            raise ValueError(f"give one of: {', '.join(values)}")
        return text

    return read


def _ancestors(text: str) -> str:
    if any(mark in text for mark in ";,\r\n"):
        raise ValueError("give 'none', or origins with spaces in between")
    return "'none'" if text in ("none", "'none'") else text


def _file(text: str) -> str:
    if text and not Path(text).is_file():
        raise ValueError(f"{text} is not a file")
    return text


_A_PORT = "a port is a number from 0 (any free one) to 65535"
VARIABLES = (
    Variable("HOST", "127.0.0.1", "The address to listen on; `0.0.0.0` for every one.", str),
    Variable(
        "PORT", "8000", "The port to listen on; `0` takes any free one.", _whole(0, 65535, _A_PORT)
    ),
    Variable(
        "STORE_URL",
        "sqlite:///data/mengpaneel.db",
        "Where rooms are kept. One process: `sqlite:///` and a path, from the folder that the "
        "server starts in, or from the root with a fourth slash. Several: "
        "`redis://[user:password@]host:port/number`, `redis+sentinel://host,host,host/name` or "
        "`redis+cluster://host,host,host`; with `rediss` they speak TLS. `?replicas=1` waits for "
        "the word of so many replicas with every change (behind Sentinel that is the default), "
        "`?sentinel_password=` is for the sentinels.",
        _store,
    ),
    Variable(
        "PUBLIC_URL",
        "",
        "The address that users see, for links and QR codes; empty takes it from the request.",
        _url,
    ),
    Variable(
        "CREATE_KEY",
        "",
        "Where set, making a werkplaats needs this key; empty lets everyone make one.",
        str,
    ),
    Variable(
        "RETENTION_DAYS",
        "90",
        "After so many days a werkplaats and everything in it is deleted, where its facilitator "
        "chose nothing else.",
        _whole(1, 3650, "give a number of days from 1 to 3650"),
    ),
    Variable(
        "TRUSTED_PROXIES",
        "0",
        "How many proxies in front may set `X-Forwarded-*`.",
        _whole(0, 10, "give the number of proxies in front, 0 to 10"),
    ),
    Variable(
        "FRAME_ANCESTORS",
        "none",
        "Which origins may show the pages in a frame (a Teams tab), with spaces in between.",
        _ancestors,
    ),
    Variable(
        "ASYNC_MODE",
        "eventlet",
        "How the server handles many connections: `eventlet`, or `threading` as a way to do "
        "without it (a connection costs three threads, and more memory).",
        _one_of("eventlet", "threading"),
    ),
    Variable(
        "LANE",
        "fast",
        "How WebSockets are served with eventlet: `fast`, or `stock` for the library's own way, "
        "which is several times slower and does the same.",
        _one_of("fast", "stock"),
    ),
    Variable(
        "LOG_LEVEL",
        "info",
        "From how serious on to write logs: `debug`, `info`, `warning` or `error`.",
        _one_of("debug", "info", "warning", "error"),
    ),
    Variable(
        "DRAIN_SECONDS",
        "5",
        "How long a worker that is told to stop takes to send its clients to the others, so that "
        "they do not all come at once. With SQLite there are no others, and it stops at once.",
        _whole(0, 300, "give a number of seconds from 0 to 300"),
    ),
    Variable("ORGANISATION", "", "Who runs this installation, as its pages say it.", str),
    Variable("CONTACT", "", "Where users can ask for help: an address or a sentence.", str),
    Variable("PRIVACY_CONTACT", "", "Where users can ask about their data.", str),
    Variable(
        "THEME_CSS",
        "",
        "A CSS file of variables that gives the pages a municipality's own look.",
        _file,
    ),
)


class Settings(NamedTuple):
    """What the environment asks for, checked."""

    host: str
    port: int
    store_url: str
    public_url: str
    create_key: str
    retention_days: int
    trusted_proxies: int
    frame_ancestors: str
    async_mode: str
    lane: str
    log_level: str
    drain_seconds: int
    organisation: str
    contact: str
    privacy_contact: str
    theme_css: str


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of an environment; SettingsError names the first wrong one."""
    values: dict[str, Any] = {}
    for variable in VARIABLES:
        text = environ.get(variable.name, variable.default).strip()
        try:
            values[variable.name.lower()] = variable.read(text)
        except ValueError as error:
            told = re.sub("//[^/]*@", "//…@", text)  # without a password
            raise SettingsError(f"{variable.name}={told!r} cannot be used: {error}") from None
    return Settings(**values)


def documentation() -> str:
    """The settings as a page of the manual."""
    rows = "\n".join(
        f"| `{one.name}` | {f'`{one.default}`' if one.default else '(empty)'} | {one.meaning} |"
        for one in VARIABLES
    )
    return (
        "# Configuration\n\n"
        "Generated from `server/settings.py` by `python -m server settings`. Every setting is an "
        "environment variable and has a default that works.\n\n"
        f"| variable | default | meaning |\n| --- | --- | --- |\n{rows}\n"
    )
