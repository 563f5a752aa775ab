"""The built files: in which coding they are sent, and for how long a browser keeps them."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from server import pages, security, settings
from tests.integration.clients import Api

INDEX = "<!doctype html><title>Mengpaneel</title>"
ROOM = f'{INDEX}<link rel="modulepreload" href="/assets/room-9f8e7d6c.js">'
SCRIPT = "assets/room-9f8e7d6c.js"
CODE = "export const panel = 'mengpaneel';\n" * 40
BROTLI = b"what only brotli reads"

Get = Callable[..., Any]


@pytest.fixture
def get(tmp_path: Path) -> Get:
    """Asks for the pages of a small build, in which the script has both compressed copies."""
    (tmp_path / "assets").mkdir()
    files = {
        "index.html": INDEX.encode(),
        "room.html": ROOM.encode(),
        "theme.css": b":root {}",
        SCRIPT: CODE.encode(),
        f"{SCRIPT}.br": BROTLI,
        f"{SCRIPT}.gz": gzip.compress(CODE.encode()),
        "assets/dutch-1a2b3c4d.woff2": b"wOF2",
        "assets/icon-5e6f7a8b.svg": b"<svg/>",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    app = Flask("pages", static_folder=None)
    chosen = settings.load({})
    pages.register(app, chosen, tmp_path)
    security.protect(app, chosen)
    client = app.test_client()

    def ask(path: str, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.get(path, headers=sent, buffered=True)

    return ask


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.2, gzip;q=0.8", "gzip"),
        ("*", "br"),
        ("zstd, deflate", None),
    ],
)
def test_a_file_comes_in_the_best_coding(
    get: Get, accepted: str | None, coding: str | None
) -> None:
    """A browser gets the smallest copy that it reads, or the file itself; caches know of it."""
    answer = get(SCRIPT, **({} if accepted is None else {"Accept_Encoding": accepted}))
    bodies = {None: CODE.encode(), "br": BROTLI}
    body = gzip.decompress(answer.data) if coding == "gzip" else answer.data
    assert body == bodies.get(coding, CODE.encode())
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.mimetype == "text/javascript"


def test_each_coding_has_a_tag_of_its_own(get: Get) -> None:
    """What a browser has in one coding is not taken for the other; the same again is 304."""
    tags = {}
    for coding in ("br", "gzip", "identity"):
        tags[coding] = get(SCRIPT, Accept_Encoding=coding).headers["ETag"]
        again = get(SCRIPT, Accept_Encoding=coding, If_None_Match=tags[coding])
        assert again.status_code == 304
        other = get(SCRIPT, Accept_Encoding="br", If_None_Match=tags[coding])
        assert other.status_code == (304 if coding == "br" else 200)
    assert len(set(tags.values())) == 3


def test_names_with_a_hash_are_kept_and_pages_are_not(get: Get) -> None:
    """A file whose name tells its content is kept for a year; a page is asked for again."""
    assert get(SCRIPT).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for path in ("/", "/kamer/k7m2qx", "/nergens"):
        assert get(path).headers["Cache-Control"] == "no-cache"


def test_a_room_has_a_page_that_names_what_it_needs(get: Get) -> None:
    """The address of a room opens the page with the links; every other one the plain page."""
    assert get("/kamer/k7m2qx").text == ROOM
    for path, status in (("/", 200), ("/mee/k7m2qx", 200), ("/kamer", 404), ("/nergens", 404)):
        answer = get(path)
        assert (answer.text, answer.status_code) == (INDEX, status)


def test_what_can_be_shown_has_the_policy(get: Get) -> None:
    """A page and a picture carry the policy; what is never shown as one is at least not sniffed."""
    for path in ("/", "/kamer/k7m2qx", "/assets/icon-5e6f7a8b.svg"):
        assert "default-src 'none'" in get(path).headers["Content-Security-Policy"]
    for path in ("/", SCRIPT, "/theme.css", "/assets/dutch-1a2b3c4d.woff2"):
        headers = get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("name", ["nothing.js", "../index.html", "..%2findex.html", "", "%00"])
def test_nothing_but_the_build_is_sent(get: Get, name: str) -> None:
    """A name that is not there, or that leads out of the folder, is an unknown address."""
    assert get(f"/assets/{name}", Accept_Encoding="br").status_code == 404


def test_an_exercise_comes_in_gzip(api: Api) -> None:
    """The content of an exercise is sent in gzip to who reads that, and says the same."""
    path = "/api/v1/exercises/schuifoefening"
    plain = api.ask("GET", path, headers={"Accept-Encoding": "identity"})
    packed = api.ask("GET", path, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert int(packed.headers["Content-Length"]) < len(plain.content) / 3
    assert packed.json() == plain.json()


def test_a_panel_is_a_part_of_the_exercise(api: Api) -> None:
    """`?panel=true` empties what is shown beside or after a panel; the hash is of the whole."""
    whole = api.get("exercises/schuifoefening")
    panel = api.get("exercises/schuifoefening?panel=true")
    empty = {"profiles", "further_reading", "hints", "cards"}
    assert {name for name in whole if not panel.get(name)} == empty
    kept = whole.keys() - empty - {"sliders"}
    assert {name: panel[name] for name in kept} == {name: whole[name] for name in kept}
    for part, slider in zip(panel["sliders"], whole["sliders"], strict=True):
        gone = {"features", "questions", "examples"}
        assert not any(part.get(name) for name in gone)
        kept = slider.keys() - gone
        assert {name: part[name] for name in kept} == {name: slider[name] for name in kept}
    assert api.ask("GET", "exercises/nergens?panel=true").status_code == 404
    assert api.ask("GET", "exercises/schuifoefening?panel=ja").status_code == 400
