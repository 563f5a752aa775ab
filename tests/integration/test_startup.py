"""How a server starts; what keeps it from starting is one line and exit code 2."""

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.integration.clients import Api
from tests.integration.process import PATIENCE, ROOT, Server, environment


def fails(store: Path, *arguments: str, **settings: str) -> str:
    """Starts a server that must not start; answers its one line."""
    ended = subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env=environment(store, **settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 2, ended
    lines = ended.stderr.splitlines()
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("mengpaneel: ")
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "runs at" not in ended.stdout
    return lines[0]


def test_a_port_that_is_taken(tmp_path: Path, each_mode: str) -> None:
    """The line names the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = fails(tmp_path / "a.db", mode=each_mode, PORT=port)
    assert port in line
    assert not (tmp_path / "a.db").exists(), "a server that cannot listen makes no file"


def test_an_address_that_is_not_ours(tmp_path: Path) -> None:
    """The line names the address."""
    assert "192.0.2.1" in fails(tmp_path / "a.db", HOST="192.0.2.1")
    assert "nergens.invalid" in fails(tmp_path / "a.db", HOST="nergens.invalid")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Where a file stands in the place of the folder nobody can write, whoever runs it."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, no folder", encoding="utf-8")
    assert str(blocked) in fails(blocked / "a.db")
    assert str(blocked) in fails(blocked / "deeper" / "a.db")


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    """A folder is no store."""
    (tmp_path / "a.db").mkdir()
    assert "a.db" in fails(tmp_path / "a.db")


def test_a_store_of_a_newer_version(start: Callable[..., Server]) -> None:
    """A store that a newer version wrote is left as it is."""
    server = start()
    server.stop()
    db = sqlite3.connect(server.store)
    db.execute("PRAGMA user_version = 99")
    db.commit()
    db.close()
    before = server.store.read_bytes()
    line = fails(server.store)
    assert "newer" in line
    assert server.store.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all, just text " * 200, b"SQLite format 3\0"])
def test_a_file_that_is_no_store(tmp_path: Path, content: bytes) -> None:
    """A file of something else is left as it is."""
    path = tmp_path / "a.db"
    path.write_bytes(content)
    assert str(path) in fails(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program(tmp_path: Path) -> None:
    """A database of something else is left as it is."""
    path = tmp_path / "a.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE recipes (name TEXT)")
    db.commit()
    db.close()
    assert "another program" in fails(path)


def test_a_store_in_use(start: Callable[..., Server]) -> None:
    """A second process on the same store does not start, and the first goes on."""
    server = start()
    api = Api(server)
    assert "in use" in fails(server.store)
    assert api.werkplaats().code
    api.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "acht"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "٨"),
        ("STORE_URL", "mysql://localhost/a"),
        ("STORE_URL", "sqlite:///"),
        ("ASYNC_MODE", "gevent"),
        ("LANE", "slow"),
        ("LOG_LEVEL", "loud"),
        ("RETENTION_DAYS", "0"),
        ("RETENTION_DAYS", "altijd"),
        ("TRUSTED_PROXIES", "all"),
        ("PUBLIC_URL", "mengpaneel.example.nl"),
        ("PUBLIC_URL", "ftp://mengpaneel.example.nl"),
        ("FRAME_ANCESTORS", "none; script-src *"),
        ("THEME_CSS", "nowhere.css"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, name: str, value: str) -> None:
    """The line names the setting and what it was."""
    line = fails(tmp_path / "a.db", **{name: value})
    assert name in line
    assert value in line


def test_an_argument_that_does_not_exist(tmp_path: Path) -> None:
    """The command line refuses what it does not know with exit code 2."""
    ended = subprocess.run(
        [sys.executable, "-m", "server", "--nothing"],
        cwd=ROOT,
        env=environment(tmp_path / "a.db"),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 2
    assert "--nothing" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_server_tells_in_which_mode_it_serves(each_server: Server, each_mode: str) -> None:
    """The metrics name the mode that was asked for, and not another one."""
    told = requests.get(f"{each_server.url}/metrics", timeout=PATIENCE).text
    assert f'mengpaneel_server_info{{mode="{each_mode}"}} 1.0' in told
