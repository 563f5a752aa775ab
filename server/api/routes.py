"""The table of routes, and how a request becomes a call: body in, answer out."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec
from flask import Flask, Response, request

from server.api.access import Access
from server.api.problems import ApiProblem, invalid, not_valid
from server.security import is_foreign
from server.settings import Settings

PREFIX = "/api/v1"
API_VERSION = "1.0.0"


class Route(NamedTuple):
    """One call of the API. `path` names its parts in braces."""

    method: str
    path: str
    summary: str
    who: str
    call: Callable[..., Any]
    body: type | None = None
    answer: type | None = None
    status: HTTPStatus = HTTPStatus.OK
    media_type: str = "application/json"


def register(app: Flask, routes: list[Route], access: Access, settings: Settings) -> None:
    """Serves every route of the table."""
    for route in routes:
        rule = PREFIX + route.path.replace("{", "<").replace("}", ">")
        name = f"{route.method} {route.path}".replace(".", "-")
        app.add_url_rule(rule, name, _served(route, access, settings), methods=[route.method])

    @app.after_request
    def add_version(answer: Response) -> Response:
        if request.path.startswith(PREFIX):
            answer.headers["API-Version"] = API_VERSION
        return answer


def _served(route: Route, access: Access, settings: Settings) -> Callable[..., Response]:
    def serve(**parts: str) -> Response:
        if is_foreign(request, settings):
            raise ApiProblem(HTTPStatus.FORBIDDEN, "requests from another site are refused")
        access.check_rate()
        try:
            return _call(route, parts)
        except ApiProblem as problem:
            access.count_failure(problem.status)
            raise

    return serve


def _call(route: Route, parts: dict[str, str]) -> Response:
    if route.body is None:
        made = route.call(**parts)
    else:
        made = route.call(**parts, body=_body(route.body))
    if isinstance(made, Response):
        return made
    if route.answer is None:
        return Response(status=route.status)
    return Response(msgspec.json.encode(made), status=route.status, content_type=route.media_type)


def _body(into: type) -> Any:
    """The request's JSON as a strict model."""
    if request.mimetype != "application/json":
        raise ApiProblem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "send JSON with Content-Type application/json"
        )
    try:
        data = request.get_data()
    except (OSError, ValueError):
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "the body could not be read") from None
    limit = request.max_content_length
    if request.content_length is None and limit is not None and len(data) >= limit:
        # What comes in pieces is cut off there without a word.
        raise ApiProblem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too large")
    try:
        return msgspec.json.decode(data, type=into, strict=True)
    except msgspec.ValidationError as error:
        raise not_valid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ApiProblem(HTTPStatus.BAD_REQUEST, "the body is not valid JSON") from None


def number(name: str, default: int, low: int, high: int) -> int:
    """A whole number from the query; 400 outside its range."""
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12 and low <= int(text) <= high):
        raise invalid(name, f"give a whole number from {low} to {high}")
    return int(text)


def flag(name: str) -> bool:
    """A yes or no from the query; 400 for anything else."""
    text = request.args.get(name, "false")
    if text not in ("true", "false"):
        raise invalid(name, "give true or false")
    return text == "true"
