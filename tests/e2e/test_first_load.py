"""What a room needs before its sliders can be moved, as the server sends it."""

import json
import re
from urllib.parse import urljoin

import requests

from tests.integration.clients import Api

BUDGET = 80_000
"""Bytes, with the headers of the answers. `scripts/bench_client` measures the same in a browser."""
LINKS = re.compile(r'(?:src|href)="(/[^"]+)"')


def _sent(url: str) -> int:
    """How many bytes an answer takes over the line."""
    answer = requests.get(url, headers={"Accept-Encoding": "br, gzip"}, timeout=20, stream=True)
    assert answer.status_code == 200, url
    body = answer.raw.read()
    headers = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    return len(f"HTTP/1.1 200 OK\r\n{headers}\r\n") + len(body)


def test_a_room_loads_little(built: None, api: Api) -> None:
    """The page of a room, all it links to, the exercise and the snapshot stay within the budget."""
    made = api.werkplaats()
    base = api.server.url
    page = requests.get(f"{base}/kamer/{made.code}", timeout=20).text
    paths = [f"/kamer/{made.code}", *LINKS.findall(page)]
    assert {path.rpartition(".")[2] for path in paths[1:]} == {"css", "js", "svg", "woff2"}
    paths.append("/api/v1/exercises/schuifoefening?panel=true")
    sizes = {path: _sent(urljoin(base, path)) for path in paths}
    with made.join("wijkambtenaar") as member:
        snapshot = json.dumps(member.hear("snapshot"), ensure_ascii=False)
    sizes["snapshot"] = len(snapshot.encode())
    assert sum(sizes.values()) <= BUDGET, json.dumps(sizes, indent=1)
