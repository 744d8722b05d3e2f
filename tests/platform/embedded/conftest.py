from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.platform.embedded.gate import Gate, broker_in

from thingdesk.platform.embedded import EmbeddedBroker


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def broker(tmp_path: Path, gate: Gate) -> AsyncIterator[EmbeddedBroker]:
    async with broker_in(tmp_path, gate) as broker:
        yield broker
