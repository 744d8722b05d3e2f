"""Who may enter the embedded broker, as a test decides it."""

import asyncio
from datetime import timedelta
from pathlib import Path

from tests.platform.embedded.mqtt_peer import GOOD, PATIENCE

from thingdesk.platform.embedded import EmbeddedBroker
from thingdesk.topics import ACCESS

ACK_WAIT = timedelta(seconds=1)


class Gate:
    """Who may enter, and who was refused."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.asked: list[tuple[str, str, str]] = []
        self.refusals: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def verify(self, name: str, token: str, client_id: str) -> bool | str:
        self.asked.append((name, token, client_id))
        if token == "defect":
            raise RuntimeError("the verifier fails")
        if name in self.revoked:
            return "the key is revoked"
        return token == GOOD

    def refused(self, name: str, reason: str) -> None:
        self.refusals.put_nowait((name, reason))

    async def next_refusal(self) -> tuple[str, str]:
        return await asyncio.wait_for(self.refusals.get(), PATIENCE)


def broker_in(data_dir: Path, gate: Gate) -> EmbeddedBroker:
    return EmbeddedBroker(
        data_dir,
        access=ACCESS,
        verifier=gate.verify,
        mqtt_port=0,
        ack_wait=ACK_WAIT,
        on_refused=gate.refused,
    )
