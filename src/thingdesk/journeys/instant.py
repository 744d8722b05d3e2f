"""Instant services: no case, no journey, no effects; they finish inside the intake transaction."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from thingdesk.catalog import Service
from thingdesk.journeys import memory_store as store
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction, json
from thingdesk.platform.errors import Recovery, refuse

_MOST_BYTES = 64 * 1024


class Instant:
    """What the function of an instant service gets in place of a journey: `subject` and `reporter`
    (ids of machines), and a memory of its own for each subject.
    """

    def __init__(self, tx: Transaction, service: Service, subject: str, reporter: str) -> None:
        self._tx = tx
        self._service = service
        self.subject = subject
        self.reporter = reporter

    @property
    def now(self) -> datetime:
        """The time at which the desk answers, in UTC."""
        return clock.now()

    async def recall(self, key: str) -> Any:
        """What was kept under `key` for this subject, or None; locked until the answer is given."""
        await store.lock(self._tx, self._service.name, self.subject)
        return await store.recall(self._tx, self._service.name, self.subject, key)

    async def neighbours(
        self, prefix: str, key: str
    ) -> tuple[tuple[str, Any] | None, tuple[str, Any] | None]:
        """Of what was kept for this subject under keys that begin with `prefix`, in the order of
        their characters: the last up to `key`, and the first behind it, each as key and value;
        locked until the answer is given.
        """
        await store.lock(self._tx, self._service.name, self.subject)
        return await store.neighbours(self._tx, self._service.name, self.subject, prefix, key)

    async def keep(self, key: str, value: Any) -> None:
        """Keep plain JSON under `key` for this subject; it replaces what was there. When the
        function raises, nothing is kept.
        """
        await store.keep(self._tx, self._service.name, self.subject, key, value, clock.now())


async def answer_now(
    tx: Transaction, service: Service, given: BaseModel, subject: str, reporter: str
) -> dict[str, Any]:
    """The outcome of an instant service, as data. What it raises leaves nothing behind, nor does
    an outcome that is too long for a receipt.
    """
    async with tx.savepoint():
        result = await service.function(Instant(tx, service, subject, reporter), given)
        data: dict[str, Any] = result.model_dump(mode="json")
        if len(json(data).encode()) > _MOST_BYTES:
            words = f"the outcome of {service.name} has more than {_MOST_BYTES} bytes"
            raise refuse("outcome_too_long", words, Recovery.CONTACT_US)
    return data


async def remembered(
    tx: Transaction, service: str, subject: str, prefix: str, most: int
) -> list[tuple[str, Any]]:
    """What an instant service keeps for a subject, the latest keys first."""
    return await store.listed(tx, service, subject, prefix, most)
