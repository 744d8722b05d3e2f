"""Does what a page says, as a reader would: writes its files and runs its commands."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.architecture.source import ROOT
from tests.docs.pages import RUN, blocks, pages, titled
from tests.ports import free_port
from tests.waiting import until

LAUNCHER = '#!/bin/sh\nexec "{python}" {module} "$@"\n'


@dataclass
class Running:
    """A program in a terminal of its own, and what it has said."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    ended: bool = False

    async def listen(self) -> None:
        stream = self.process.stdout
        while stream and (line := await stream.readline()):
            async with self.news:
                self.said.append(line.decode().rstrip())
                self.news.notify_all()
        async with self.news:
            self.ended = True
            self.news.notify_all()

    async def says(self, pattern: str, *, within: float = 60) -> re.Match[str]:
        """The first line in which `pattern` is found, when it comes."""
        try:
            async with asyncio.timeout(within), self.news:
                await self.news.wait_for(lambda: self._found(pattern) or self.ended)
        except TimeoutError:
            pass
        found = self._found(pattern)
        assert found, f"{pattern!r} was not said:\n" + "\n".join(self.said)
        return found

    def _found(self, pattern: str) -> re.Match[str] | None:
        return next((one for line in self.said if (one := re.search(pattern, line))), None)

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Like closing the terminal: all that was started in it ends."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)
        async with asyncio.timeout(60):
            await self.process.wait()


USUAL = ("8024", "8080", "8090", "1883", "1884", "8883")


class Reader:
    """Somebody with a folder, an environment and free ports in place of the usual ones."""

    def __init__(self, folder: Path, stack: AsyncExitStack, **settings: str) -> None:
        self.folder = folder
        self._stack = stack
        self.done: set[str] = set()
        self.ports = {usual: str(free_port()) for usual in USUAL}
        tools = folder / ".tools"
        tools.mkdir()
        for name, module in (("thingdesk", "-m thingdesk"), ("python", "")):
            tool = tools / name
            tool.write_text(LAUNCHER.format(python=sys.executable, module=module))
            tool.chmod(0o755)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("THINGDESK_")}
        self.env = clean | {
            "PATH": f"{tools}:{settings.pop('PATH', os.environ['PATH'])}",
            "PYTHONPATH": str(ROOT / "src"),
            "THINGDESK_HTTP_PORT": self.ports["8080"],
            "THINGDESK_MQTT_PORT": self.ports["1883"],
            **settings,
        }

    def text(self, text: str) -> str:
        """The page's text with our ports in place of the usual ones."""
        usual = rf"\b({'|'.join(USUAL)})\b"
        return re.sub(usual, lambda found: self.ports[found[0]], text)

    def write(self, page: str, *names: str) -> Self:
        for name in names:
            text = titled(page, name)
            self.done.add(text)
            (self.folder / name).write_text(self.text(text))
        return self

    def left(self, page: str) -> list[str]:
        """The blocks of a page that were neither written nor run, and have no reason for it."""
        return [
            one.text
            for one in blocks(page, pages()[page])
            if one.language in RUN and one.reason is None and one.text not in self.done
        ]

    async def run(self, text: str, *, status: int = 0) -> str:
        """What the commands say; they have to end with `status`."""
        process = await self._begin(text)
        async with asyncio.timeout(90):
            said, _ = await process.communicate()
        assert process.returncode == status, said.decode()
        return said.decode()

    async def start(self, text: str) -> Running:
        """The commands, in a terminal of their own that is closed in the end."""
        running = Running(await self._begin(text))
        listening = asyncio.create_task(running.listen())

        async def close() -> None:
            await running.stop()
            await listening

        self._stack.push_async_callback(close)
        return running

    async def _begin(self, text: str) -> asyncio.subprocess.Process:
        self.done.add(text)
        return await asyncio.create_subprocess_exec(
            *("bash", "-ec", self.text(text)),
            cwd=self.folder,
            env=self.env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )

    async def repeat(self, text: str, pattern: str) -> re.Match[str]:
        """What is found in what the commands say, repeated until it is there."""

        async def look() -> re.Match[str] | None:
            return re.search(pattern, await self.run(text))

        found = await until(look, within=30)
        assert found
        return found


@asynccontextmanager
async def reading(folder: Path, **settings: str) -> AsyncIterator[Reader]:
    async with AsyncExitStack() as stack:
        yield Reader(folder, stack, **settings)
