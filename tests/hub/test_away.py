"""HTTP while the store is away: every answer says so, and none says why."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from server import settings
from server.app import create_app
from sessions.errors import StoreUnavailable
from sessions.store import Stored
from sessions.store.sqlite import SqliteStore
from sessions.werkplaats import Werkplaats


class Away(SqliteStore):
    """A store that was opened and does not answer any more."""

    def rooms(self, codes: Sequence[str]) -> dict[str, Stored]:
        raise StoreUnavailable("disk at /secret/place is gone")

    def werkplaats(self, werkplaats_id: str) -> Werkplaats | None:
        raise StoreUnavailable("disk at /secret/place is gone")

    def ping(self) -> None:
        raise StoreUnavailable("disk at /secret/place is gone")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    store = Away(tmp_path / "store.db")
    made = create_app(settings.load({"ASYNC_MODE": "threading"}), store)
    yield made.app.test_client()
    store.close()


def test_the_process_lives_and_is_not_ready(client: FlaskClient) -> None:
    """ST11: `/healthz` tells of the process, `/readyz` of the store."""
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize("path", ["/readyz", "/api/v1/rooms/abcdef", "/api/v1/werkplaatsen/wp"])
def test_no_answer_is_told_as_a_problem(client: FlaskClient, path: str) -> None:
    """ST11: 503 as problem details, without a word of what is inside."""
    answer = client.get(path, headers={"Authorization": "Bearer token"})
    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == 503
    assert "secret" not in answer.text
