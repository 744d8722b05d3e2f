"""The addresses of a name, looked up so that a slow answer holds up nobody else."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from thingdesk.platform.beside import beside

Address = IPv4Address | IPv6Address
Look = Callable[..., list[Any]]
# a provider has one name, and so one thread; one that hangs is held for as long as it does
_MOST = 200


class Names:
    """Each name in a thread of its own, and in one only: whoever asks for it meanwhile gets the
    same answer.

    The event loop's own threads are few, and mail and others need them, too. No thread that looks
    a name up can be ended; none of these keeps the process from its end.
    """

    def __init__(self, look: Look = socket.getaddrinfo) -> None:
        self._look = look
        self._asked: dict[str, asyncio.Future[list[Address]]] = {}

    async def addresses(self, name: str) -> list[Address]:
        """Those of `name`, the best first. Raises OSError when it has none, UnicodeError when it
        cannot be a name.
        """
        with suppress(ValueError):
            return [ip_address(name)]
        asked = self._asked.get(name) or self._ask(name)
        return await asyncio.shield(asked)

    def _ask(self, name: str) -> asyncio.Future[list[Address]]:
        if len(self._asked) >= _MOST:
            raise OSError("too many names are being looked up already")

        def look() -> list[Address]:
            found = self._look(name, None, type=socket.SOCK_STREAM)
            return [ip_address(str(one[4][0])) for one in found]

        asked = self._asked[name] = beside(f"name of {name}", look)
        asked.add_done_callback(lambda _: self._asked.pop(name))
        return asked
