"""What is written in one turn of the event loop leaves together."""

import asyncio
from typing import Any


class Together:
    """Stands for a transport and gathers what is written to it until the turn is over.

    A transport writes at once. Behind a commit hundreds of receipts and acknowledgements leave,
    each a call of the system that also wakes the broker: a fifth of what a report cost.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._written: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Leaves in the next turn, in order, with all that is written until then."""
        if not self._written:
            asyncio.get_running_loop().call_soon(self._leave)
        self._written.append(data)

    def close(self) -> None:
        """Close the transport, after what was written has left."""
        self._leave()
        self._transport.close()

    def _leave(self) -> None:
        written, self._written = self._written, []
        if written and not self._transport.is_closing():
            self._transport.write(b"".join(written))
