"""What is due to other systems, wherever it is kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from thingdesk.platform.outward import Attempt


@dataclass(frozen=True, slots=True)
class Due:
    """A message for one attempt: where to, and what its outbox knows it by. Its `id` stays the same
    in all attempts. The body is of the type `media`, and what is `shown` goes with it as headers.
    """

    id: UUID
    url: str
    secret: str = field(repr=False)
    about: Any
    media: str = "application/json"
    shown: Mapping[str, str] = field(default_factory=dict, repr=False)


class Outbox(Protocol):
    """Rows that are kept until they are delivered or given up."""

    @property
    def channel(self) -> str:
        """What is notified when something is due."""

    async def claim(self, most: int, under_way: Collection[Due]) -> Sequence[Due]:
        """What is due and not for somebody who has enough of it `under_way`, with the next attempts
        planned and committed.
        """

    async def body(self, due: Due, at: datetime) -> bytes | None:
        """What is sent; None: nothing any more, and it is settled."""

    async def settle(self, due: Due, attempt: Attempt) -> None:
        """Keep what came of an attempt."""
