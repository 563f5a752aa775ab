"""nginx in front of several workers: real ones, or workers that only tell who they are."""

import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, cast

import pytest
import requests

from server.nginx import Tls, configuration
from server.settings import SettingsError
from tests.integration.balancer import Echo, Nginx, free_port, started
from tests.integration.clients import Api, Member
from tests.integration.process import PATIENCE, ROOT, Server, until

ROOMS = [f"kamer{number}" for number in range(24)]
WORKERS = ("127.0.0.1:8001", "127.0.0.1:8002")
OWN = "198.51.100.7"


class Front(NamedTuple):
    """Two workers and the nginx before them."""

    nginx: Nginx
    workers: tuple[Echo, Echo]

    def ask(self, path: str, method: str = "GET", data: bytes | None = None) -> requests.Response:
        """A request to nginx, and its answer, whatever its status."""
        return requests.request(method, f"{self.nginx.url}{path}", data=data, timeout=PATIENCE)

    def name(self, path: str) -> str:
        """The worker that answers."""
        answer = self.ask(path)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["name"])

    def of(self, name: str) -> list[str]:
        """The rooms of one worker."""
        return [room for room in ROOMS if self.name(f"/?room={room}") == name]

    def came(self, path: str) -> int:
        """How often workers got requests for a path."""
        return sum(asked.path == path for worker in self.workers for asked in worker.asked)


def alone(folder: Path, *workers: str, tls: Tls | None = None) -> Nginx:
    """An nginx of our own before these workers."""
    port = free_port()
    return Nginx(folder, configuration(workers, [f"127.0.0.1:{port}"], "_", tls, folder), port)


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[[], Front]]:
    """Starts workers that a test may end, with an nginx that knows nothing of others."""
    with ExitStack() as stack:

        def start() -> Front:
            one, two = Echo("one"), Echo("two")
            stack.callback(one.close)
            stack.callback(two.close)
            nginx = alone(tmp_path, one.address, two.address)
            stack.callback(nginx.stop)
            return Front(nginx, (one, two))

        yield start


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Two workers that stay, and an nginx before them."""
    one, two = Echo("one"), Echo("two")
    nginx = alone(tmp_path_factory.mktemp("nginx"), one.address, two.address)
    yield Front(nginx, (one, two))
    nginx.stop()
    one.close()
    two.close()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A certificate for 127.0.0.1 that nobody signed."""
    folder = tmp_path_factory.mktemp("tls")
    made = Tls(folder / "certificate.pem", folder / "key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-subj", "/CN=127.0.0.1"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(made.key), "-out", str(made.certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return made


class Site(NamedTuple):
    """A site in an nginx.conf as a machine has one, on ports that anyone may listen on."""

    text: str
    ports: dict[str, int]


def site(folder: Path, text: str) -> Site:
    ports = {port: free_port() for port in set(re.findall(r"listen (\d+)", text))}
    text = re.sub(r"\n +listen \[::\]:.*", "", text)  # not every machine has IPv6
    text = re.sub(r"listen (\d+)", lambda found: f"listen 127.0.0.1:{ports[found[1]]}", text)
    text = text.replace("/var/log/nginx", str(folder))
    whole = configuration(WORKERS, folder=folder)
    head = whole[: whole.index("    upstream")]
    return Site(f"{head}{text}}}\n", ports)


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("whole", [False, True], ids=["site", "standalone"])
def test_nginx_accepts_it(tmp_path: Path, tls: Tls, *, whole: bool, secure: bool) -> None:
    """Every variant is a configuration that nginx can start with."""
    text = configuration(
        WORKERS,
        [f"127.0.0.1:{free_port()}"] if whole else (),
        "mengpaneel.example.nl",
        tls if secure else None,
        tmp_path if whole else None,
    )
    if not whole:
        text = site(tmp_path, text).text
    ended = subprocess.run(
        [*started(tmp_path, text), "-t"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert "successful" in ended.stderr


def test_a_room_stays_on_one_worker(front: Front) -> None:
    """The code in the query decides, whatever the path and the rest of the query are."""
    homes = {room: front.name(f"/socket.io/?EIO=4&room={room}") for room in ROOMS}
    for room, home in homes.items():
        for path in (f"/?room={room}", f"/socket.io/?room={room}&sid=abc&werkplaats=x"):
            assert front.name(path) == home
    assert set(homes.values()) == {"one", "two"}, "rooms are spread over the workers"


def test_calls_about_a_room_go_to_its_worker(front: Front) -> None:
    """The code in the path of the API counts as the one in the query."""
    for room in ROOMS:
        home = front.name(f"/?room={room}")
        assert front.name(f"/api/v1/rooms/{room}/state") == home
        assert front.name(f"/api/v1/rooms/{room}?since=3") == home


def test_an_overview_stays_on_one_worker(front: Front) -> None:
    """Polling comes back to the worker that knows the connection."""
    homes = {}
    for number in range(24):
        path = f"/socket.io/?werkplaats=w{number}"
        homes[number] = front.name(path)
        assert {front.name(f"{path}&sid={time}") for time in range(3)} == {homes[number]}
    assert set(homes.values()) == {"one", "two"}


def test_the_rest_is_spread(front: Front) -> None:
    """What belongs to no room goes to each worker in turn."""
    names = [front.name("/begeleider") for _ in range(10)]
    assert set(names) == {"one", "two"}


def test_the_rooms_of_a_worker_that_is_gone(begin: Callable[[], Front]) -> None:
    """The other worker serves them at once, others stay where they are, and they come home."""
    front = begin()
    gone, other = front.workers
    homeless = front.of(gone.name)
    assert homeless
    gone.close()
    for _ in range(2):
        assert {front.name(f"/?room={room}") for room in ROOMS} == {other.name}
    gone.open()
    until(lambda: front.of(gone.name) == homeless, "the rooms of the worker that came back")


def test_a_new_worker_takes_its_share(front: Front, tmp_path: Path) -> None:
    """Rooms that do not go to the new worker stay where they are."""
    third = Echo("three")
    nginx = alone(tmp_path, *(worker.address for worker in (*front.workers, third)))
    try:
        larger = Front(nginx, front.workers)
        after = {room: larger.name(f"/?room={room}") for room in ROOMS}
    finally:
        nginx.stop()
        third.close()
    stayed = {room: name for room, name in after.items() if name != third.name}
    assert len(stayed) < len(ROOMS)
    assert {room: front.name(f"/?room={room}") for room in stayed} == stayed


def test_a_post_that_was_refused_the_connection_goes_on(begin: Callable[[], Front]) -> None:
    """Nothing was done with it yet, so another worker may do it; once."""
    front = begin()
    gone, other = front.workers
    room = front.of(gone.name)[0]
    gone.close()
    path = f"/api/v1/rooms/{room}/seats"
    answer = front.ask(path, "POST", b'{"role": "sociaal"}')
    assert answer.json()["name"] == other.name
    assert front.came(path) == 1


def test_a_post_that_reached_a_worker_is_not_repeated(begin: Callable[[], Front]) -> None:
    """A worker that hung up may have done it: a second seat or werkplaats would be too many."""
    front = begin()
    assert front.ask("/slam", "POST", b"{}").status_code == 502
    assert front.came("/slam") == 1


def test_a_refusal_is_an_answer(begin: Callable[[], Front]) -> None:
    """A store that is away makes every worker say 503: none is asked twice, or left alone."""
    front = begin()
    for number in range(8):
        assert front.ask(f"/away/{number}").status_code == 503
        assert front.came(f"/away/{number}") == 1
    assert {front.name(f"/?room={room}") for room in ROOMS} == {"one", "two"}


def test_what_the_worker_hears_of_the_client(front: Front) -> None:
    """The address, host and scheme are as nginx saw them, whatever the client claims."""
    claims = {
        "X-Forwarded-For": OWN,
        "X-Forwarded-Host": "elders.example",
        "X-Forwarded-Proto": "ftp",
    }
    answer = requests.get(f"{front.nginx.url}/", headers=claims, timeout=PATIENCE)
    heard = answer.json()["headers"]
    host = f"127.0.0.1:{front.nginx.port}"
    assert heard["X-Forwarded-For"] == "127.0.0.1"
    assert heard["X-Forwarded-Proto"] == "http"
    assert heard["X-Forwarded-Host"] == heard["Host"] == host
    assert heard["Connection"] == "close"
    assert "Upgrade" not in heard


def test_a_websocket_passes(front: Front) -> None:
    """After the handshake what the client says goes through, and back."""
    with socket.create_connection(("127.0.0.1", front.nginx.port), PATIENCE) as wire:
        wire.sendall(
            b"GET /socket.io/?room=kamer1&transport=websocket HTTP/1.1\r\nHost: mengpaneel\r\n"
            b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += wire.recv(1)
        assert head.startswith(b"HTTP/1.1 101 ")
        for word in (b"heen", b"en weer"):
            wire.sendall(word)
            assert wire.recv(100) == word


def test_bodies(front: Front) -> None:
    """A large body arrives whole, and one that no worker would read does not arrive."""
    body = b"x" * (2 * 1024 * 1024)
    assert front.ask("/body", "POST", body).status_code == 200
    arrived = [asked for worker in front.workers for asked in worker.asked if asked.path == "/body"]
    assert [asked.body == body for asked in arrived] == [True]
    assert front.ask("/larger", "POST", body + b"x").status_code == 413
    assert front.came("/larger") == 0


def test_figures_are_not_public(front: Front) -> None:
    """However it is written, the address of the figures does not reach a worker."""
    for path in ("/metrics", "//metrics", "/%6detrics", "/x/..%2fmetrics", "/metrics?room=kamer1"):
        assert front.ask(path).status_code == 404
        assert front.came(path) == 0


def test_https(tmp_path: Path, tls: Tls) -> None:
    """The site serves https, tells the worker so, and sends http there."""
    worker = Echo("one")
    made = site(tmp_path, configuration([worker.address], (), "mengpaneel.example.nl", tls))
    nginx = Nginx(tmp_path, made.text, made.ports["443"])
    try:
        host = {"Host": "mengpaneel.example.nl"}
        answer = requests.get(
            f"https://127.0.0.1:{made.ports['443']}/",
            headers=host,
            verify=str(tls.certificate),
            timeout=PATIENCE,
        )
        assert answer.json()["headers"]["X-Forwarded-Proto"] == "https"
        plain = requests.get(
            f"http://127.0.0.1:{made.ports['80']}/kamer/abc?x=1",
            headers=host,
            allow_redirects=False,
            timeout=PATIENCE,
        )
        assert plain.status_code == 301
        assert plain.headers["Location"] == "https://mengpaneel.example.nl/kamer/abc?x=1"
    finally:
        nginx.stop()
        worker.close()
    assert "127.0.0.1" not in (tmp_path / "error.log").read_text(encoding="utf-8")


def test_a_room_behind_nginx(start: Callable[..., Server], tmp_path: Path) -> None:
    """Seats that come by WebSocket, by polling and by both see each other move."""
    nginx = alone(tmp_path, start().url.removeprefix("http://"))
    try:
        api = Api(cast("Server", nginx))
        room = api.werkplaats()
        with (
            room.join("sociaal", "websocket") as one,
            room.join("fysiek", "polling") as two,
            room.join("wijkambtenaar", "upgrade") as three,
        ):
            members: list[Member] = [one, two, three]
            assert [member.transport for member in members] == ["websocket", "polling", "websocket"]
            for member in members:
                seq = member.ok("move", {"slider": "bestuur", "value": 40, "round": "huidig"})
                for other in members:
                    other.catch_up(seq)
            assert one.fields == two.fields == three.fields
        api.close()
    finally:
        nginx.stop()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"workers": []}, "worker"),
        ({"workers": ["127.0.0.1"]}, "'127.0.0.1'"),
        ({"workers": ["127.0.0.1:0"]}, "'127.0.0.1:0'"),
        ({"workers": ["127.0.0.1:65536"]}, "65536"),
        ({"workers": ["127.0.0.1:8001 down"]}, "down"),
        ({"workers": ["127.0.0.1:8001;"]}, "8001;"),
        ({"workers": ["127.0.0.1:8001\n"]}, "8001"),
        ({"listen": ["acht"]}, "acht"),
        ({"listen": ["٨٠"]}, "٨٠"),
        ({"listen": ["80 default_server"]}, "default_server"),
        ({"server_name": ""}, "''"),
        ({"server_name": "a b"}, "a b"),
        ({"server_name": "a;"}, "a;"),
        ({"server_name": "a{"}, "a{"),
        ({"server_name": "a\nb"}, "a"),
        ({"server_name": "~^(.*)$"}, "~"),
        ({"tls": Tls(Path("/a b.pem"), Path("/k.pem"))}, "/a b.pem"),
        ({"tls": Tls(Path("/a.pem"), Path("/k.pem;"))}, "/k.pem;"),
        ({"tls": Tls(Path("/a.pem"), Path("k.pem"))}, "k.pem"),
        ({"tls": Tls(Path("/$a.pem"), Path("/k.pem"))}, "/$a.pem"),
        ({"folder": Path("/a\nb")}, "/a"),
        ({"folder": Path("/a}")}, "/a}"),
    ],
)
def test_values_that_cannot_be(change: dict[str, object], named: str) -> None:
    """What nginx would read as something else is refused in one line that names it."""
    values: dict[str, object] = {"workers": WORKERS, **change}
    with pytest.raises(SettingsError, match=re.escape(named)) as refused:
        cast("Callable[..., str]", configuration)(**values)
    assert "\n" not in str(refused.value)


def printed(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What the command line answers."""
    return subprocess.run(
        [sys.executable, "-m", "server", "nginx", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_prints_it(tmp_path: Path) -> None:
    """The command makes the same, with paths from the root and links left as they are."""
    arguments = [part for worker in WORKERS for part in ("--worker", worker)]
    ended = printed(*arguments, "--listen", "8100", "--standalone", str(tmp_path))
    assert ended.stdout == configuration(WORKERS, ["8100"], folder=tmp_path)
    link = tmp_path / "live.pem"
    link.symlink_to("archive/certificate1.pem")
    files = ("--certificate", str(link), "--key", "k.pem")
    ended = printed(*arguments, "--server-name", "a.nl", *files)
    tls = Tls(link, ROOT / "k.pem")
    assert ended.stdout == configuration(WORKERS, server_name="a.nl", tls=tls)


def test_the_command_refuses_in_one_line() -> None:
    """A wrong value is one line on standard error and exit code 2."""
    for wrong in (["--server-name", "a;b"], ["--certificate", "/c.pem"]):
        ended = printed("--worker", WORKERS[0], *wrong)
        assert ended.returncode == 2
        assert ended.stdout == ""
        assert len(ended.stderr.splitlines()) == 1
        assert ended.stderr.startswith("mengpaneel: ")
