"""The client's built files, and the addresses that open it."""

import mimetypes
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, abort, request, send_from_directory
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join

from server.api import problems
from server.compression import best_coding
from server.hub import utc_now
from server.settings import Settings
from sessions.room import stamp

BUILT = Path(__file__).resolve().parent.parent / "client" / "dist"
PAGES = (
    "/",
    "/mee/<code>",
    "/begeleider",
    "/begeleider/<code>",
    "/begeleider/<code>/links",
    "/toegankelijkheid",
    "/privacy",
)
ROOM = "/kamer/<code>"
YEAR = 31_536_000
ENDINGS = {"br": ".br", "gzip": ".gz"}
"""How the build names the compressed copies of a file, the smallest first."""

NEEDLESS = ("Accept-Ranges", "Content-Disposition", "Expires", "Last-Modified")
"""What Flask adds to a file, and what its ETag and Cache-Control make needless."""

NOT_BUILT = (
    "<!doctype html><html lang=en><title>Mengpaneel</title>"
    "<p>The client is not built yet: start with ./scripts/run."
)


def register(app: Flask, settings: Settings, built: Path = BUILT) -> None:
    """Serves the pages; an unknown address gets the client too, with status 404."""

    def page(code: str | None = None) -> Response:
        return _page(built, "index.html")  # The client reads the code from the address itself.

    @app.get(ROOM)
    def room(code: str) -> Response:
        return _page(built, "room.html")  # The same; it names at once what a room needs.

    for path in PAGES:
        app.add_url_rule(path, f"page {path}", page)

    @app.get("/assets/<path:name>")
    def assets(name: str) -> Response:
        # The names carry a hash of the content: they never change.
        answer = _file(built / "assets", name, max_age=YEAR)
        answer.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        return answer

    @app.get("/theme.css")
    def theme() -> Response:
        if settings.theme_css:
            text = Path(settings.theme_css).read_text(encoding="utf-8")
            answer = Response(text, content_type="text/css; charset=utf-8")
        else:
            answer = _file(built, "theme.css")
        answer.headers["Cache-Control"] = "public, max-age=300"
        return answer

    @app.get("/.well-known/security.txt")
    def security() -> Response:
        if not settings.contact:
            abort(404)
        until = stamp(utc_now() + timedelta(days=365))
        text = f"Contact: {settings.contact}\nExpires: {until}\nPreferred-Languages: nl, en\n"
        return Response(text, content_type="text/plain; charset=utf-8")

    @app.errorhandler(HTTPStatus.NOT_FOUND)
    def unknown(error: NotFound) -> Response:
        if request.path.startswith("/api/"):
            return problems.not_found()
        return _page(built, "index.html", HTTPStatus.NOT_FOUND)


def _page(built: Path, name: str, status: int = HTTPStatus.OK) -> Response:
    if not (built / name).is_file():
        return Response(NOT_BUILT, status=503, content_type="text/html; charset=utf-8")
    answer = _file(built, name, max_age=0)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _file(folder: Path, name: str, max_age: int | None = None) -> Response:
    """A built file, in the best coding that the browser reads and that the build has made."""
    made = {coding: ending for coding, ending in ENDINGS.items() if _is_file(folder, name + ending)}
    coding = best_coding(made)
    answer = send_from_directory(
        folder,
        name + made[coding] if coding else name,
        mimetype=mimetypes.guess_type(name)[0],
        max_age=max_age,
    )
    for header in NEEDLESS:
        answer.headers.pop(header, None)
    if made:
        answer.vary.add("Accept-Encoding")
    if coding:
        answer.content_encoding = coding
    return answer


def _is_file(folder: Path, name: str) -> bool:
    path = safe_join(str(folder), name)
    return path is not None and Path(path).is_file()
