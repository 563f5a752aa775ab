"""Counts failed attempts per address, so that codes and tokens cannot be guessed at length.

Only failures count: forty participants share one office address. Addresses live in memory for
a minute and are written nowhere.
"""

from ipaddress import ip_address, ip_network

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

FAILED_PER_MINUTE = 60
SUBNET = 64
"""Of an IPv6 address the network counts: one client has all the rest for itself."""


class Attempts:
    """One counter for HTTP and Socket.IO together."""

    def __init__(self, per_minute: int = FAILED_PER_MINUTE) -> None:
        # Fixed windows: of moving ones the storage would keep every address for good.
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._limit = parse(f"{per_minute}/minute")

    def too_many(self, address: str) -> bool:
        """True when this address must wait."""
        return not self._limiter.test(self._limit, _client(address))

    def failed(self, address: str) -> None:
        """One more failed attempt from this address."""
        self._limiter.hit(self._limit, _client(address))


def _client(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:  # the version of the protocol
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((address.partition("%")[0], SUBNET), strict=False))
