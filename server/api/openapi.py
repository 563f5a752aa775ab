"""`/openapi.json`: the API's description, made from the same table that serves it."""

import re
from typing import Any

import msgspec

from server import VERSION
from server.api.routes import API_VERSION, PREFIX, Route
from sessions.protocol.http import Problem


def document(routes: list[Route]) -> dict[str, Any]:
    """An OpenAPI 3.1 document of every route."""
    models = {
        one for route in routes for one in (route.body, route.answer) if one not in (None, str)
    }
    ordered = sorted((one for one in models if one is not None), key=lambda one: one.__name__)
    _, schemas = msgspec.json.schema_components(
        (*ordered, Problem), ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mengpaneel",
            "version": API_VERSION,
            "description": f"Rooms, seats and insight of Mengpaneel {VERSION}.",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    done: dict[str, Any] = {"description": route.status.phrase}
    if route.answer is str:
        done["content"] = {route.media_type: {"schema": {"type": "string"}}}
    elif route.answer is not None:
        done["content"] = {route.media_type: {"schema": _ref(route.answer)}}
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "summary": route.summary,
        "description": f"Who may: {route.who}.",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", route.path)
        ],
        "responses": {
            str(route.status.value): done,
            "default": {"description": "What went wrong", "content": problem},
        },
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(route.body)}},
        }
    if not route.who.startswith("anyone"):
        operation["security"] = [{"token": []}]
    return operation


def _ref(model: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
