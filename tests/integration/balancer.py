"""A real nginx with a configuration of ours, and workers that only tell who they are."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import msgspec

from tests.integration.process import PATIENCE, until


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def program() -> str:
    """Where nginx is; not every user has its folder on the path."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert found is not None, "nginx is not here: ./scripts/test installs it"
    return found


def started(folder: Path, text: str) -> list[str]:
    """The command that runs nginx with a configuration, which is written into the folder."""
    path = folder / "nginx.conf"
    path.write_text(text, encoding="utf-8")
    return [program(), "-e", "stderr", "-c", str(path)]


class Nginx:
    """An nginx that runs; `stop` asserts that all of its processes have ended."""

    def __init__(self, folder: Path, text: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self._errors = folder / "nginx-err.txt"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(started(folder, text), stderr=errors)
        try:
            until(self._answers, "nginx")
        except AssertionError:
            self._process.terminate()
            self._process.wait(PATIENCE)
            raise

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.output()
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
            return True
        return False

    def output(self) -> str:
        """What nginx wrote about itself."""
        return self._errors.read_text(encoding="utf-8")

    def stop(self) -> None:
        """Ends it at once, connections and all."""
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        assert children, "nginx has processes of its own that do the work"
        self._process.terminate()
        assert self._process.wait(PATIENCE) == 0, self.output()
        left = [child for child in children if Path(f"/proc/{child}").exists()]
        assert left == [], "a process of nginx outlives it"


class Asked(NamedTuple):
    """A request as it came to a worker."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Echo:
    """A worker that tells its name, hangs up at /slam, and sends back what a WebSocket says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[Asked] = []
        self.port = free_port()
        self._server: ThreadingHTTPServer | None = None
        self.open()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def open(self) -> None:
        """Listens, again on the same port after `close`."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Listens no more: who connects is refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def _handler(worker: Echo) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            worker.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            self.close_connection = True
            if self.path.startswith("/slam"):
                return
            if self.headers.get("Upgrade") == "websocket":
                self.send_response(101)
                self.send_header("Upgrade", "websocket")
                self.send_header("Connection", "upgrade")
                self.end_headers()
                while data := self.connection.recv(1024):
                    self.wfile.write(data)
                return
            answer = msgspec.json.encode({"name": worker.name, "headers": dict(self.headers)})
            self.send_response(503 if self.path.startswith("/away") else 200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _serve  # noqa: N815  # as http.server looks for them

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    return Handler
