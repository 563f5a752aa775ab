"""What describes and surrounds the API: OpenAPI, health, metrics, headers, QR codes, pages."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from tests.integration.clients import Api, Werkplaats

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.fixture
def room(api: Api) -> Werkplaats:
    """A werkplaats with one room."""
    return api.werkplaats()


def nameless(path: str) -> str:
    """A path whatever the names of its parts."""
    return re.sub(r"{\w+}", "{}", path)


def calls(room: Werkplaats) -> Iterator[tuple[str, str, Any]]:
    """Every call of the API that goes well: method, path of the description, and the answer."""
    api, seat = room.api, room.seat("sociaal")
    other = api.werkplaats()
    places = {
        "{id}": room.id,
        "{other}": other.id,
        "{code}": room.code,
        "{join_code}": room.made["join_code"],
        "{role}": "fysiek",
    }
    new_room = {"rooms": [{"municipality": "Zandbergen"}]}
    for method, path, token, body in (
        ("POST", "/werkplaatsen", None, {"title": "Proef", **new_room}),
        ("GET", "/werkplaatsen/{id}", room.token, None),
        ("POST", "/werkplaatsen/{id}/rooms", room.token, new_room),
        ("GET", "/join/{join_code}", None, None),
        ("GET", "/join/{join_code}/qr.svg", None, None),
        ("GET", "/rooms/{code}", None, None),
        ("GET", "/rooms/{code}/qr.svg", None, None),
        ("POST", "/rooms/{code}/seats", None, {"role": "fysiek"}),
        ("GET", "/rooms/{code}/state", seat, None),
        ("GET", "/rooms/{code}/history", seat, None),
        ("DELETE", "/rooms/{code}/seats/{role}", room.token, None),
        ("GET", "/codes/{code}", None, None),
        ("GET", "/about", None, None),
        ("GET", "/exercises/{exercise}", None, None),
        ("DELETE", "/werkplaatsen/{id}", room.token, None),
        ("POST", "/werkplaatsen/{other}/token", other.token, None),
    ):
        real = path.replace("{exercise}", "schuifoefening")
        for name, value in places.items():
            real = real.replace(name, value)
        answer = api.ask(method, real.removeprefix("/"), token, json=body)
        assert answer.status_code < 300, answer.text
        yield method.lower(), nameless(f"/api/v1{path}"), answer


def test_openapi_describes_every_call(room: Werkplaats) -> None:
    """The description has every call, no other, and each good answer is as it says."""
    document = room.api.get("/openapi.json")
    assert document["openapi"].startswith("3.1")
    described = {
        (method, nameless(path)): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    called = set()
    for method, path, answer in calls(room):
        called.add((method, path))
        responses = described[method, path]["responses"]
        assert str(answer.status_code) in responses, path
        content = responses[str(answer.status_code)].get("content", {"": None})
        if answer.content:
            assert answer.headers["Content-Type"].split(";")[0] in content
        assert answer.headers["API-Version"] == document["info"]["version"]
        if "application/json" in content:
            schema = {**content["application/json"]["schema"], "components": document["components"]}
            jsonschema.Draft202012Validator(schema).validate(answer.json())
    assert called == described.keys()


def test_openapi_is_whole(api: Api) -> None:
    """Every reference leads somewhere, every parameter is named, every schema is one."""
    document = api.get("/openapi.json")
    text = str(document)
    for name in set(re.findall(r"#/components/schemas/([\w.]+)", text)):
        assert name in document["components"]["schemas"]
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    ids = []
    for path, methods in document["paths"].items():
        for operation in methods.values():
            named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
            ids.append(operation["operationId"])
    assert len(ids) == len(set(ids))


def test_problems_are_as_described(api: Api) -> None:
    """An answer that says no carries the version too and fits the description of a problem."""
    document = api.get("/openapi.json")
    schema = {"$ref": "#/components/schemas/Problem", "components": document["components"]}
    for method, path, body, status in (
        ("POST", "werkplaatsen", {"title": ""}, 400),
        ("GET", "rooms/zzzzzz", None, 404),
        ("GET", "nergens", None, 404),
        ("PUT", "werkplaatsen", None, 405),
    ):
        answer = api.ask(method, path, json=body)
        assert answer.status_code == status
        jsonschema.Draft202012Validator(schema).validate(answer.json())
        assert answer.headers["API-Version"] == document["info"]["version"]


def test_every_answer_has_the_policy(room: Werkplaats) -> None:
    """Pages, API, errors and QR codes carry the policy headers and never set a cookie."""
    api = room.api
    for path in (
        "/",
        f"/kamer/{room.code}",
        f"/mee/{room.made['join_code']}",
        "/nergens",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        f"/api/v1/rooms/{room.code}",
        "/api/v1/nergens",
        f"/api/v1/rooms/{room.code}/qr.svg",
    ):
        answer = api.ask("GET", path)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, path
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "Set-Cookie" not in answer.headers
        if path.startswith("/api/"):
            assert answer.headers["Cache-Control"] == "no-store"


def test_health_readiness_and_metrics(api: Api) -> None:
    """The process tells that it is alive and ready, and counts without naming anybody."""
    assert api.ask("GET", "/healthz").status_code == 200
    assert api.ask("GET", "/readyz").status_code == 200
    room = api.werkplaats()
    with room.join("sociaal") as member:
        member.ok("about", {"about": "case"})
        answer = api.ask("GET", "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert 'mengpaneel_events_total{event="about"}' in answer.text
    assert 'mengpaneel_connections{namespace="room"}' in answer.text
    assert room.code not in answer.text
    assert room.id not in answer.text


def test_codes_to_scan(room: Werkplaats) -> None:
    """A QR code is a picture that the page's own policy lets through: no style, no script."""
    for path in (f"rooms/{room.code}/qr.svg", f"join/{room.made['join_code'].upper()}/qr.svg"):
        answer = room.api.ask("GET", path)
        assert answer.headers["Content-Type"] == "image/svg+xml"
        root = ET.fromstring(answer.content)  # noqa: S314  # the server's own picture
        assert root.tag.endswith("svg")
        for element in root.iter():
            assert not element.tag.endswith(("script", "style"))
            assert "style" not in element.attrib
        assert "viewBox" in root.attrib


def test_frame_ancestors(start: Any) -> None:
    """FRAME_ANCESTORS names who may show the pages in a frame."""
    api = Api(start(FRAME_ANCESTORS="https://teams.example"))
    for path in ("/healthz", "/api/v1/about"):
        policy = api.ask("GET", path).headers["Content-Security-Policy"]
        assert "frame-ancestors https://teams.example" in policy
    api.close()


def test_strict_transport_behind_https(api: Api) -> None:
    """Behind a proxy that speaks HTTPS, browsers are told to stay with it for a year."""
    answer = api.ask("GET", "/healthz", headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Strict-Transport-Security" not in api.ask("GET", "/healthz").headers
