from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.platform.embedded.gate import Gate, broker_in

from thingdesk.platform.embedded import EmbeddedBroker


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    async with broker_in(tmp_path, Gate()) as broker:
        yield broker
