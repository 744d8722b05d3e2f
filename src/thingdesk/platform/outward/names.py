"""The addresses of a name, looked up so that a slow answer holds up nobody else."""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

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
        loop = asyncio.get_running_loop()
        asked = self._asked[name] = loop.create_future()
        asked.add_done_callback(lambda _: self._asked.pop(name))
        # nobody may be there any more to hear how it failed
        asked.add_done_callback(lambda one: one.cancelled() or one.exception())

        def answer(put: Callable[[Any], None], value: object) -> None:
            # there is no loop any more when the desk has stopped
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(put, value)

        def look() -> None:
            try:
                found = self._look(name, None, type=socket.SOCK_STREAM)
                answer(asked.set_result, [ip_address(str(one[4][0])) for one in found])
            except Exception as error:  # noqa: BLE001 - whoever asked is to hear it
                answer(asked.set_exception, error)

        threading.Thread(target=look, name=f"name of {name}", daemon=True).start()
        return asked
