"""What a player hears from the one who started it, over its standard input.

The first line is its part, as JSON. Then `quiet` asks it to begin nothing new and to say `quiet`
itself when all that it had begun is through, and `go on` ends that. Any other line is news for the
part, as JSON. The end of the input, which also comes when the starter dies, is the end of the play.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

QUIET, GO_ON = "quiet", "go on"
Drained = Callable[[], Awaitable[object]]
Hear = Callable[[dict[str, Any]], None]


class Orders:
    """The orders to this process; `playing` is set while new things may begin."""

    def __init__(self, lines: asyncio.StreamReader) -> None:
        self._lines = lines
        self.playing = asyncio.Event()
        self.playing.set()

    @classmethod
    async def open(cls) -> "Orders":
        """Listen on the standard input; Ctrl-C in the terminal is for the starter."""
        # a library that logs must not disturb the picture
        logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
        logging.getLogger("gmqtt").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        return cls(reader)

    async def part(self) -> dict[str, Any]:
        """What to play. Ends the process where nobody is left to say so."""
        line = await self._lines.readline()
        if not line:
            sys.exit(0)
        part: dict[str, Any] = json.loads(line)
        return part

    async def follow(
        self, play: Awaitable[object], drained: Drained, hear: Hear | None = None
    ) -> None:
        """Play until the input ends. What goes wrong in the play ends it, with its error."""
        playing = asyncio.ensure_future(play)
        heeding = asyncio.ensure_future(self._heed(drained, hear))
        await asyncio.wait({playing, heeding}, return_when=asyncio.FIRST_COMPLETED)
        for task in (playing, heeding):
            if task.done():
                task.result()
        if not heeding.done():
            await heeding
        playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing

    async def _heed(self, drained: Drained, hear: Hear | None) -> None:
        while line := await self._lines.readline():
            order = line.decode().strip()
            if order == QUIET:
                self.playing.clear()
                await drained()
                os.write(sys.stdout.fileno(), f"{QUIET}\n".encode())
            elif order == GO_ON:
                self.playing.set()
            elif hear is not None:
                hear(json.loads(order))
