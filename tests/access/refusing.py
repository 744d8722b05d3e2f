from collections.abc import Awaitable
from typing import Any

import pytest

from thingdesk.platform.errors import Refused


async def code_of(act: Awaitable[Any]) -> str:
    """The code with which it is refused."""
    with pytest.raises(Refused) as caught:
        await act
    return caught.value.refusal.code
