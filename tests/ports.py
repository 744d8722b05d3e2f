"""Free ports for servers that are told theirs before they start.

They lie below those that the kernel gives to whoever asks for any, so that nobody takes one between
its choice and its use, or while its server is down. Each process of the tests counts up from a
place of its own: several that run side by side do not meet.
"""

import os
import socket
from contextlib import suppress
from itertools import count

FIRST, LAST = 10_000, 32_767
_APART = 7_919
"""Between the places of processes that were started one after the other."""
_numbers = count(os.getpid() * _APART)


def free_port() -> int:
    """A port of the loopback interface that nothing listens on; nobody here gets it again."""
    while True:
        port = FIRST + next(_numbers) % (LAST + 1 - FIRST)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
