"""How many connections each sender has open: a stranger's must not be all that there may be."""

from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from thingdesk.platform.senders import network_of


class Connections:
    """At most `most` of one sender. Those of `proxies` stand for many, and are not counted."""

    def __init__(self, most: int, proxies: Sequence[IPv4Network | IPv6Network] = ()) -> None:
        self._most = most
        self._proxies = proxies
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Whether there is room for one more from there; it is to leave again."""
        if self.is_proxy(address):
            return True
        sender = network_of(address)
        if self._open[sender] >= self._most:
            return False
        self._open[sender] += 1
        return True

    def leave(self, address: str) -> None:
        """One that has entered is closed."""
        if self.is_proxy(address):
            return
        sender = network_of(address)
        self._open[sender] -= 1
        if not self._open[sender]:
            del self._open[sender]

    def is_proxy(self, address: str) -> bool:
        """Whether who connects from there stands for many."""
        try:
            found = ip_address(address)
        except ValueError:  # nobody's, as of a socket without a network
            return True
        return any(found in one for one in self._proxies)
