"""The way to the desk, as the rest of the library sees it; mqtt.py and http.py are two of them."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from thingdesk_machine.envelope import Topic

Deliver = Callable[[bytes], Awaitable[None]]
"""Takes one message from the desk; when it returns, the message is stored and may be confirmed."""


class Passwords(Protocol):
    def token(self) -> str:
        """A token that is good now."""

    def refused(self, signed_time: str | None) -> None:
        """The last one was not good; the desk's signed word for the time, where it gave one."""


class Transport(Protocol):
    async def run(self, deliver: Deliver) -> None:
        """Keeps the way open, and what comes down coming, until it is cancelled."""

    async def ready(self) -> None:
        """Returns when sending has a chance."""

    async def lost(self) -> None:
        """Returns when what was sent may have to be sent again, before any time is up."""

    async def send(self, topic: Topic, payload: bytes) -> None:
        """Returns when the other side has taken the message.

        Raises Offline when that is not known, and Rejected when the desk refused all of it.
        """
