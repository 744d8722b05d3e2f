"""The clock of one process of the desk, as the monkey turns it from outside."""

import mmap
import os
import struct
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from thingdesk.platform import clock

SETTING = "THINGDESK_TEST_CLOCK"
_SECONDS = struct.Struct("d")
_reading = ExitStack()
"""For as long as the process lasts."""


class Clock:
    """By how many seconds that process is ahead stands in a file; below zero it is behind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(_SECONDS.pack(0.0))

    def turn(self, seconds: float) -> None:
        """From this moment on it is wrong by so much, also where its process starts anew."""
        # in place: a file that becomes shorter takes its readers with it
        with self.path.open("r+b") as file:
            file.write(_SECONDS.pack(seconds))


def follow() -> None:
    """This process reads the clock that `SETTING` names, if there is one."""
    if SETTING not in os.environ:
        return
    with Path(os.environ[SETTING]).open("rb") as file:
        ahead = mmap.mmap(file.fileno(), _SECONDS.size, access=mmap.ACCESS_READ)
    _reading.enter_context(
        clock.reading(lambda: clock.system() + timedelta(seconds=_SECONDS.unpack_from(ahead)[0]))
    )
