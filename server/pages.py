"""The client's built files, and the addresses that open it."""

from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response, abort, request, send_from_directory
from werkzeug.exceptions import NotFound

from server.api import problems
from server.hub import utc_now
from server.settings import Settings
from sessions.room import stamp

BUILT = Path(__file__).resolve().parent.parent / "client" / "dist"
PAGES = (
    "/",
    "/mee/<code>",
    "/kamer/<code>",
    "/begeleider",
    "/begeleider/<code>",
    "/begeleider/<code>/links",
    "/toegankelijkheid",
    "/privacy",
)
YEAR = 31_536_000

NOT_BUILT = (
    "<!doctype html><html lang=en><title>Mengpaneel</title>"
    "<p>The client is not built yet: start with ./scripts/run."
)


def register(app: Flask, settings: Settings, built: Path = BUILT) -> None:
    """Serves the pages; an unknown address gets the client too, with status 404."""

    def index(status: int = HTTPStatus.OK) -> Response:
        if not (built / "index.html").is_file():
            return Response(NOT_BUILT, status=503, content_type="text/html; charset=utf-8")
        answer = send_from_directory(built, "index.html", max_age=0)
        answer.status_code = status
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    def page(code: str | None = None) -> Response:
        return index()  # The client reads the code from the address itself.

    for path in PAGES:
        app.add_url_rule(path, f"page {path}", page)

    @app.get("/assets/<path:name>")
    def assets(name: str) -> Response:
        # The names carry a hash of the content: they never change.
        answer = send_from_directory(built / "assets", name, max_age=YEAR)
        answer.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        return answer

    @app.get("/theme.css")
    def theme() -> Response:
        if settings.theme_css:
            text = Path(settings.theme_css).read_text(encoding="utf-8")
            answer = Response(text, content_type="text/css; charset=utf-8")
        else:
            answer = send_from_directory(built, "theme.css")
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
        return index(HTTPStatus.NOT_FOUND)
