"""What systemd, or another supervisor that speaks its protocol, is told: ready, alive, stopping.

It names a datagram socket in NOTIFY_SOCKET and asks to hear of us every WATCHDOG_USEC microseconds
(sd_notify(3)). That we live is told by the event loop, so a loop that stands still is silent.
"""

import asyncio
import os
import socket

from thingdesk.platform.loops import first_of


def tell(words: str) -> None:
    """Tell it, if there is a supervisor that listens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    # a name that begins with @ is an abstract one, which begins with a zero byte
    address = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
        door.sendto(words.encode(), address)


async def tell_alive(stop: asyncio.Event) -> None:
    """Tell it again and again that the event loop goes round, if it wants to hear that."""
    every = int(os.environ.get("WATCHDOG_USEC", "0")) / 2_000_000
    while every and not stop.is_set():
        tell("WATCHDOG=1")
        await first_of(stop, seconds=every)
