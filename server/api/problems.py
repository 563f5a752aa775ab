"""Errors over HTTP: problem details (RFC 9457), from one place, never with anything internal."""

from http import HTTPStatus

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sessions.errors import StoreUnavailable
from sessions.protocol.decode import wrong
from sessions.protocol.http import FieldError, Problem


class ApiProblem(Exception):
    """An answer that says no; `errors` name the parts that are wrong."""

    def __init__(
        self, status: HTTPStatus, detail: str, errors: list[FieldError] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors or []


def invalid(field: str, detail: str) -> ApiProblem:
    """A request that is well-formed but names something that cannot be."""
    return ApiProblem(HTTPStatus.BAD_REQUEST, f"{field}: {detail}", [FieldError(field, detail)])


def not_valid(error: Exception) -> ApiProblem:
    """What msgspec found wrong with a body, as a problem that names the field."""
    field, detail = wrong(error)
    errors = [FieldError(field, detail)] if field else []
    return ApiProblem(HTTPStatus.BAD_REQUEST, f"{field}: {detail}" if field else detail, errors)


def response(problem: ApiProblem) -> Response:
    """A problem as an answer."""
    status = problem.status
    body = Problem("about:blank", status.phrase, status.value, problem.detail, problem.errors)
    answer = Response(
        msgspec.json.encode(body), status=status.value, content_type="application/problem+json"
    )
    if status is HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        answer.headers["Retry-After"] = "60"
    return answer


_DETAILS = {
    HTTPStatus.NOT_FOUND: "there is nothing at this address",
    HTTPStatus.METHOD_NOT_ALLOWED: "this address does not take this method",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the request is too large",
}


def not_found() -> Response:
    """An address of the API at which there is nothing."""
    return response(ApiProblem(HTTPStatus.NOT_FOUND, _DETAILS[HTTPStatus.NOT_FOUND]))


def register(app: Flask) -> None:
    """Every error of the API leaves as a problem; pages keep their own."""

    @app.errorhandler(ApiProblem)
    def api_problem(problem: ApiProblem) -> Response:
        return response(problem)

    @app.errorhandler(StoreUnavailable)
    def store_away(error: StoreUnavailable) -> Response:
        app.logger.warning("store unavailable: %s", error)
        return response(
            ApiProblem(HTTPStatus.SERVICE_UNAVAILABLE, "the store does not answer; try again")
        )

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response | HTTPException:
        if not request.path.startswith("/api/"):
            return error
        status = HTTPStatus(error.code or 500)
        answer = response(ApiProblem(status, _DETAILS.get(status, status.phrase)))
        if status is HTTPStatus.METHOD_NOT_ALLOWED and error.get_response().headers.get("Allow"):
            answer.headers["Allow"] = error.get_response().headers["Allow"]
        return answer

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        app.logger.error("request failed", exc_info=error)
        return response(
            ApiProblem(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong on the server")
        )
