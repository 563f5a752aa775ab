"""The configuration of nginx in front of several workers: `python -m server nginx` prints it.

A room stays on one worker, for speed: every worker can serve every room, and does when the
room's own worker is away.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

from server.settings import SettingsError

ALONE = ("127.0.0.1:8000",)
"""Where an nginx of our own listens, unless told otherwise."""
PLAIN = ("80", "[::]:80")
SECURE = ("443", "[::]:443")

_HOST = r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]"
_ADDRESS = re.compile(rf"(?:(?:{_HOST}):)?(\d{{1,5}})")
_WORKER = re.compile(rf"(?:{_HOST}):(\d{{1,5}})")
_NAME = re.compile(r"_|[A-Za-z0-9.*-]+")
# What ends a value, quotes it, or makes nginx look for a variable.
_NO_PATH = re.compile(r"[\s;{}\"'\\$#]")


class Tls(NamedTuple):
    """The files of a certificate and of its key."""

    certificate: Path
    key: Path


def configuration(
    workers: Sequence[str],
    listen: Sequence[str] = (),
    server_name: str = "_",
    tls: Tls | None = None,
    folder: Path | None = None,
) -> str:
    """A site for `/etc/nginx/conf.d`; with `folder` a whole nginx.conf that keeps its files there.

    The whole one runs as any user, in the foreground. SettingsError names a value that nginx
    would read as something else.
    """
    if not workers:
        raise SettingsError("nginx needs the address of at least one worker")
    for worker in workers:
        _check(_WORKER, "a worker", worker, "an address and a port, such as 127.0.0.1:8001")
    for one in listen:
        _check(_ADDRESS, "what to listen on", one, "a port, or an address and a port")
    if not _NAME.fullmatch(server_name):
        raise SettingsError(f"the server name {server_name!r} cannot be used: give one host name")
    for path in (*(tls or ()), *([folder] if folder else [])):
        if not path.is_absolute() or _NO_PATH.search(str(path)):
            raise SettingsError(
                f"the path {str(path)!r} cannot be used: give a path from the root, without "
                "spaces, quotes or any of ; { } $ # \\"
            )

    site = "\n".join(
        [
            _upstream(workers),
            _MAPS,
            *([_redirect(server_name)] if tls and not listen and not folder else []),
            _server(listen, server_name, tls, folder),
        ]
    )
    return _HEAD + (_alone(folder, site) if folder else site)


def _check(pattern: re.Pattern[str], what: str, value: str, wanted: str) -> None:
    found = pattern.fullmatch(value)
    # Only the digits 0-9: \d knows more of them.
    if found is None or not value.isascii() or not 0 < int(found[1]) < 65536:
        raise SettingsError(f"{what} cannot be {value!r}: give {wanted}")


def _upstream(workers: Sequence[str]) -> str:
    servers = "".join(f"    server {one} max_fails=3 fail_timeout=5s;\n" for one in workers)
    return f"{_UPSTREAM}{servers}}}\n"


def _redirect(server_name: str) -> str:
    listens = "".join(f"    listen {one};\n" for one in PLAIN)
    return (
        f"server {{\n{listens}    server_name {server_name};\n    access_log off;\n"
        "    return 301 https://$host$request_uri;\n}\n"
    )


def _server(listen: Sequence[str], server_name: str, tls: Tls | None, folder: Path | None) -> str:
    listen = listen or (ALONE if folder else SECURE if tls else PLAIN)
    head = "".join(f"listen {one}{' ssl http2' if tls else ''};\n" for one in listen)
    head += f"server_name {server_name};\n"
    if tls:
        # From nginx 1.25.1 on `http2 on;` on a line of its own is preferred; this works too.
        head += (
            f"ssl_certificate     {tls.certificate};\n"
            f"ssl_certificate_key {tls.key};\n"
            "ssl_protocols       TLSv1.2 TLSv1.3;\n"
        )
    log = "stderr" if folder else "/var/log/nginx/error.log"
    body = f"{head}\n{_LOGS}error_log  {log} crit;\n\n{_REST}"
    return f"server {{\n{indent(body, '    ')}}}\n"


def _alone(folder: Path, site: str) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    body = f"{paths}{_IN_MEMORY}\n{site}"
    return (
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log stderr crit;\n{_EVENTS}\n"
        f"http {{\n{indent(body, '    ')}}}\n"
    )


_HEAD = """\
# Mengpaneel behind nginx, made by `python -m server nginx`.
# Every worker runs with TRUSTED_PROXIES=1, and only nginx can reach it.

"""

_UPSTREAM = """\
upstream mengpaneel {
    # What nginx's own processes know of a worker, they know together.
    zone mengpaneel 256k;

    # `consistent`: when a worker comes or goes, the rooms of the others stay where they are.
    hash $affinity consistent;

    # A worker that fails three times within five seconds is left alone for five.
    # nginx asks none how it is: it learns from the requests that pass.
"""

_MAPS = """\
# What stays together on one worker: a room by its code, for connections and calls alike; else
# the overview of a werkplaats. Without either the key is empty, and each worker has its turn.
map $arg_room $affinity {
    default $arg_room;
    ''      $by_path;
}
map $uri $by_path {
    default $arg_werkplaats;
    ~^/api/v1/rooms/(?<room_code>[^/]+) $room_code;
}

# No connection to a worker is kept for a next request: a worker that closes one just then would
# cost that request, which may not be sent twice.
map $http_upgrade $connection_upgrade {
    default upgrade;
    ''      close;
}
"""

_LOGS = """\
# An access log would keep the addresses of participants and the codes of their rooms;
# an error log below `crit` too.
access_log off;
"""

_REST = """\
server_tokens off;
client_max_body_size 2m;

gzip on;
gzip_vary on;
gzip_types text/css text/javascript application/javascript image/svg+xml;

location / {
    proxy_pass http://mengpaneel;
    proxy_http_version 1.1;

    # Set and not added to: the server believes what stands here.
    proxy_set_header Host              $http_host;
    proxy_set_header X-Forwarded-Host  $http_host;
    proxy_set_header X-Forwarded-For   $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;

    # WebSocket
    proxy_set_header Upgrade    $http_upgrade;
    proxy_set_header Connection $connection_upgrade;

    # A worker that is gone is passed by at once. What reached a worker goes to no other one if
    # it is a POST: it may have been done already. 503 is an answer, of a store that is away,
    # and no reason to ask all the others the same.
    proxy_connect_timeout       1s;
    proxy_next_upstream         error timeout;
    proxy_next_upstream_timeout 5s;

    # The server pings every 25 seconds.
    proxy_read_timeout 75s;
    proxy_send_timeout 75s;
    proxy_buffering    off;
}

# Each worker has figures of its own: they are asked from the worker itself.
location = /metrics {
    return 404;
}
"""

_EVENTS = """\
worker_processes 1;
events {
    # Each client takes two: its own, and one to its worker.
    worker_connections 16384;
}
"""

_IN_MEMORY = """\
# Started by root, nginx works as a user who may not come into that folder.
client_body_buffer_size 2m;
"""
