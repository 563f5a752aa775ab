"""Servers to test against; what a fixture starts it stops, and asserts that it ended well."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests import modes
from tests.integration.clients import Api
from tests.integration.process import Server

# Behind a proxy of the tests' own making, so that each test has an address of its own.
BEHIND_PROXY = {"TRUSTED_PROXIES": "1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests of a module; each test makes a werkplaats of its own."""
    running = Server(tmp_path_factory.mktemp("server"), **BEHIND_PROXY).start()
    yield running
    running.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Who asks for `each_mode`, also by a fixture, runs in each mode of this run."""
    if "each_mode" in metafunc.fixturenames:
        metafunc.parametrize("each_mode", modes.choice.each, scope="module")


@pytest.fixture(scope="module")
def each_server(each_mode: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in each mode."""
    running = Server(tmp_path_factory.mktemp(each_mode), each_mode, **BEHIND_PROXY).start()
    yield running
    running.stop()


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts a server of the test's own, with settings; it may be killed and started again."""
    with ExitStack() as stack:

        def begin(**settings: str) -> Server:
            running = Server(tmp_path_factory.mktemp("own"), **{**BEHIND_PROXY, **settings})
            stack.callback(running.end)
            return running.start()

        yield begin


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    """The HTTP API of the module's server."""
    client = Api(server)
    yield client
    client.close()


@pytest.fixture
def each_api(each_server: Server) -> Iterator[Api]:
    """The HTTP API of a server in each mode."""
    client = Api(each_server)
    yield client
    client.close()
