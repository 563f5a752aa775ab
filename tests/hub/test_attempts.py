"""Failed attempts: counted per client, and forgotten."""

import time

import pytest
from limits.storage.memory import MemoryStorage

from server.attempts import Attempts


def test_only_failures_count_and_only_the_own() -> None:
    """PR5: an address that failed too often waits; another one does not."""
    attempts = Attempts(per_minute=3)
    for _ in range(3):
        assert not attempts.too_many("198.18.0.1")
        attempts.failed("198.18.0.1")
    assert attempts.too_many("198.18.0.1")
    assert not attempts.too_many("198.18.0.2")


def test_a_network_of_version_six_is_one_client() -> None:
    """PR5: the addresses of one IPv6 network share one count."""
    attempts = Attempts(per_minute=2)
    attempts.failed("2001:db8:1:2::1")
    attempts.failed("2001:db8:1:2::ffff")
    assert attempts.too_many("2001:db8:1:2:3::")
    assert not attempts.too_many("2001:db8:1:3::1")


def test_an_address_of_version_four_counts_alone_however_it_is_written() -> None:
    """PR5: a socket for both versions writes it as one of version 6; it stays one client."""
    attempts = Attempts(per_minute=1)
    attempts.failed("::ffff:198.18.0.1")
    assert attempts.too_many("198.18.0.1")
    assert not attempts.too_many("::ffff:198.18.0.2")


def test_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """PR5: after its minute no address is kept in memory."""
    attempts = Attempts()
    for number in range(50):
        attempts.failed(f"198.18.1.{number}")
    later = time.time() + 120
    monkeypatch.setattr(time, "time", lambda: later)
    storage = attempts._limiter.storage
    assert isinstance(storage, MemoryStorage)
    storage._MemoryStorage__expire_events()  # type: ignore[attr-defined]  # its own timer calls it
    assert not [key for key in storage.storage if "198.18" in key]
    assert not [key for key in storage.events if "198.18" in key]
