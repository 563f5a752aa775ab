"""Where Redis is: the forms of STORE_URL.

    redis://[user:password@]host[:port][/number]
    redis+sentinel://[user:password@]host[:port],host[:port]…/name[/number]
    redis+cluster://[user:password@]host[:port],host[:port]…

`rediss` instead of `redis` speaks TLS. `?replicas=n` asks for the word of so many replicas with
every write (behind Sentinel 1, otherwise 0), `?sentinel_password=…` is for the sentinels alone.
"""

from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

_PORTS = {"": 6379, "sentinel": 26379, "cluster": 6379}
_EXAMPLES = {
    "": "redis://127.0.0.1:6379/0",
    "sentinel": "redis+sentinel://host1,host2,host3/name",
    "cluster": "redis+cluster://host1,host2,host3",
}


class Address(NamedTuple):
    """A Redis to connect to; `kind` is empty for one server, else `sentinel` or `cluster`."""

    kind: str
    hosts: tuple[tuple[str, int], ...]
    tls: bool
    username: str | None
    password: str | None
    service: str
    database: int
    replicas: int
    sentinel_password: str | None

    def __str__(self) -> str:
        """The address without its secrets."""
        hosts = ",".join(f"{host}:{port}" for host, port in self.hosts)
        service = f"/{self.service}" if self.service else ""
        return f"{self.kind or 'redis'} {hosts}{service}"


def is_address(url: str) -> bool:
    """True for what is meant to be a Redis, whether it is right or not."""
    return url.partition(":")[0].partition("+")[0] in ("redis", "rediss")


def parse(url: str) -> Address:
    """The address in a URL; ValueError says what would do instead."""
    scheme, _, rest = url.partition("://")
    family, _, kind = scheme.partition("+")
    if family not in ("redis", "rediss") or kind not in _PORTS or not rest:
        raise ValueError(f"give one of: {', '.join(_EXAMPLES.values())}")
    example = f"give an address such as {_EXAMPLES[kind]}"
    parts = urlsplit(f"//{rest}")
    login, _, hosts = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    path = [part for part in parts.path.split("/") if part]
    service = path.pop(0) if kind == "sentinel" and path else ""
    if (kind == "sentinel") != bool(service) or (kind == "cluster" and path) or len(path) > 1:
        raise ValueError(example)
    try:
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        replicas = int(options.pop("replicas", "1" if kind == "sentinel" else "0"))
        database = int(path[0]) if path else 0
        found = tuple(_host(one, _PORTS[kind]) for one in hosts.split(","))
    except ValueError:
        raise ValueError(example) from None
    sentinel_password = options.pop("sentinel_password", None)
    if options or not 0 <= replicas <= 10 or database < 0 or (not kind and len(found) > 1):
        raise ValueError(example)
    return Address(
        kind=kind,
        hosts=found,
        tls=family == "rediss",
        username=unquote(username) or None,
        password=unquote(password) or None,
        service=service,
        database=database,
        replicas=replicas,
        sentinel_password=sentinel_password,
    )


def _host(text: str, port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError(text)
    return parts.hostname, parts.port or port
