"""The addresses of a name, looked up so that a slow answer holds up nobody else."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from thingdesk.platform.beside import beside

Address = IPv4Address | IPv6Address
Look = Callable[..., list[Any]]
# a provider has one name, and so one thread; one that hangs is held for as long as it does
_MOST = 200
_MOST_OF_SENDER = 20


class NoRoom(OSError):
    """Too many names are being looked up already."""


class Names:
    """Each name in a thread of its own, and in one only: whoever asks for it meanwhile gets the
    same answer. Of one sender there are only so many, so that slow names of theirs leave threads
    for the others'.

    The event loop's own threads are few, and mail and others need them, too. No thread that looks
    a name up can be ended; none of these keeps the process from its end.
    """

    def __init__(self, look: Look = socket.getaddrinfo) -> None:
        self._look = look
        self._asked: dict[str, asyncio.Future[list[Address]]] = {}
        self._of_sender: Counter[str] = Counter()

    async def addresses(self, name: str, sender: str = "") -> list[Address]:
        """Those of `name`, the best first; `sender` is who has it looked up, empty: the desk's own
        people. Raises OSError when it has none, NoRoom, and UnicodeError when it cannot be a name.
        """
        with suppress(ValueError):
            return [ip_address(name)]
        asked = self._asked.get(name) or self._ask(name, sender)
        return await asyncio.shield(asked)

    def _ask(self, name: str, sender: str) -> asyncio.Future[list[Address]]:
        full = sender and self._of_sender[sender] >= _MOST_OF_SENDER
        if full or len(self._asked) >= _MOST:
            raise NoRoom("too many names are being looked up already")

        def look() -> list[Address]:
            found = self._look(name, None, type=socket.SOCK_STREAM)
            return [ip_address(str(one[4][0])) for one in found]

        asked = self._asked[name] = beside(f"name of {name}", look)
        self._of_sender[sender] += 1
        asked.add_done_callback(lambda _: self._done(name, sender))
        return asked

    def _done(self, name: str, sender: str) -> None:
        del self._asked[name]
        self._of_sender[sender] -= 1
        if not self._of_sender[sender]:
            del self._of_sender[sender]
