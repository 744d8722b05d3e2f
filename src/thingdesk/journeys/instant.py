"""Instant services: no case, no journey, no effects; they finish inside the intake transaction."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from thingdesk.catalog import Service
from thingdesk.contact import CallBacks
from thingdesk.journeys import memory_store as store
from thingdesk.journeys.awaited import verbs
from thingdesk.journeys.holding import Holding
from thingdesk.journeys.returned import outcome_of
from thingdesk.journeys.trouble import note_mistake
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction, json
from thingdesk.platform.errors import Recovery, Refused, refuse
from thingdesk.platform.pool import is_passing

_log = logging.getLogger(__name__)
_MOST_BYTES = 64 * 1024


@verbs
class Instant(Holding):
    """What the function of an instant service gets in place of a journey: `subject` and `reporter`
    (ids of machines), a memory of its own for each subject, and the queue for a person.
    """

    def __init__(
        self,
        tx: Transaction,
        service: Service,
        subject: str,
        reporter: str,
        calls: CallBacks | None = None,
        mandate_id: UUID | None = None,
    ) -> None:
        super().__init__(tx, subject, reporter, calls or CallBacks(), mandate_id)
        self.service = service
        self._held = False

    async def _hold(self) -> None:
        """What all do first, so that two who keep several things wait for each other."""
        if not self._held:
            await store.lock(self._tx, self.service.name, self.subject)
            self._held = True

    @property
    def now(self) -> datetime:
        """The time at which the desk answers, in UTC."""
        return clock.now()

    async def recall(self, key: str) -> Any:
        """What was kept under `key` for this subject, or None; locked until the answer is given."""
        await self._hold()
        return await store.recall(self._tx, self.service.name, self.subject, key)

    async def neighbours(
        self, prefix: str, key: str
    ) -> tuple[tuple[str, Any] | None, tuple[str, Any] | None]:
        """Of what was kept for this subject under keys that begin with `prefix`, in the order of
        their characters: the last up to `key`, and the first behind it, each as key and value;
        locked until the answer is given.
        """
        await self._hold()
        return await store.neighbours(self._tx, self.service.name, self.subject, prefix, key)

    async def keep(self, key: str, value: Any, *, lasts: timedelta | None = None) -> None:
        """Keep plain JSON under `key` for this subject; it replaces what was there. With `lasts`
        it is let go when so much time is over, else it stays. When the function raises, nothing
        is kept.
        """
        await self._hold()
        now = clock.now()
        until = now + lasts if lasts else None
        of = self.service.name, self.subject
        await store.keep(self._tx, *of, key, value, now=now, until=until)


async def answer_now(tx: Transaction, instant: Instant, given: BaseModel) -> dict[str, Any]:
    """The outcome of an instant service, as data. Raises Refused, which leaves nothing behind: as
    the service says, for an outcome that is too long for a receipt, and where its code fails.
    """
    try:
        async with tx.savepoint():
            return await _answer(instant, instant.service, given)
    except Refused:
        raise
    # a mistake of the service's author: it would fail again, and its machine waits for an answer
    except Exception as error:
        if is_passing(error):
            raise
        raise await _failed(tx, instant.service, instant.subject, error) from error


async def _answer(instant: Instant, service: Service, given: BaseModel) -> dict[str, Any]:
    act = service.function
    result = await durable.watched(act(instant, given), service.code, act)
    instant.check_awaited()
    data: dict[str, Any] = outcome_of(service, result).model_dump(mode="json")
    if len(json(data).encode()) > _MOST_BYTES:
        words = f"the outcome of {service.name} has more than {_MOST_BYTES} bytes"
        raise refuse("outcome_too_long", words, Recovery.CONTACT_US)
    return data


async def _failed(tx: Transaction, service: Service, subject: str, error: Exception) -> Refused:
    failure = durable.failure_of(error, service.function)
    named = f"{service.name}, version {service.version}"
    _log.error("%s failed for %s: %s", named, subject, failure.words)
    words = f"The instant service {named} fails for {subject}: its report was refused."
    cause = f"{service.code} {failure.sign}"
    await note_mistake(tx, "service.failed", cause, f"{words}\n{failure.words}")
    said = f"{service.name} could not answer this, by a mistake in its code; its staff are told"
    return refuse("service_failed", said, Recovery.CONTACT_US)


async def remembered(
    tx: Transaction, service: str, subject: str, prefix: str, most: int
) -> list[tuple[str, Any]]:
    """What an instant service keeps for a subject, the latest keys first."""
    return await store.listed(tx, service, subject, prefix, most)
