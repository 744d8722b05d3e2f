"""What the embedded servers have in common: set up, served by one process, taken down."""

import asyncio
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from thingdesk.platform.embedded.supervise import Supervised


class Embedded(ABC):
    """A server of our own, for as long as the block lasts. Entering raises EmbeddedError with what
    is wrong and how to mend it, and leaves nothing behind then.
    """

    _server: Supervised | None = None

    @property
    def pid(self) -> int | None:
        """The server's process, while it runs."""
        return self._server.pid if self._server else None

    async def wait_until_serving(self) -> None:
        """Returns at once, or when a server that died has come back."""
        if self._server is not None:
            await self._server.serving.wait()

    async def __aenter__(self) -> Self:
        try:
            self._server = await asyncio.to_thread(self._set_up)
            await self._server.start()
            await self._begin()
        except BaseException:
            await self._tear_down()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._tear_down()

    @abstractmethod
    def _set_up(self) -> Supervised:
        """Files, locks, ports: all that the program needs. In a thread; it may take its time."""

    @abstractmethod
    async def _begin(self) -> None:
        """What comes after the program serves for the first time."""

    @abstractmethod
    async def _tear_down(self) -> None:
        """End what there is of it, from whatever stage."""
