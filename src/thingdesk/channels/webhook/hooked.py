from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import orjson

from thingdesk import hooks, mandates
from thingdesk.access import Caller
from thingdesk.channels.webhook.form import Form
from thingdesk.channels.webhook.outbox import Due
from thingdesk.dialogue import Dialogue
from thingdesk.hooks import Behind, Delivery, Entry, Hook
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Recovery, Refused, refuse
from thingdesk.platform.outward import Attempt, End

_AT_ONCE = 50
_PAGE = 100
_OVER = "the mandate under which this was registered is over"
_ERASED = "what happened was erased"


class Hooked:
    """What machines are told at addresses that they registered, of what they may see by then."""

    channel = hooks.CHANNEL

    def __init__(self, database: Database, dialogue: Dialogue, forms: Mapping[str, Form]) -> None:
        self._database = database
        self._dialogue = dialogue
        self._forms = forms

    async def catch_up(self) -> int:
        """Make due what has happened in followed cases; how much there was to look at."""
        async with self._database.transaction() as tx:
            moved = await hooks.moved(tx)
            behind = await hooks.catch_up(tx, _AT_ONCE)
            for one in behind:
                await self._look(tx, one)
        return moved + len(behind)

    async def _look(self, tx: Transaction, one: Behind) -> None:
        try:
            caller = await _caller(tx, one.hook)
            found = await self._dialogue.timeline(caller, one.case_id, one.told, _PAGE)
        except Refused:
            await hooks.drop_case(tx, one)
            return
        form = self._forms[one.hook.asked.form]
        kinds = [(told.number, form.kind(one.hook, told)) for told in found]
        due = [Entry(number, kind) for number, kind in kinds if kind]
        last = found[-1].number if found else one.told
        await hooks.come_to(tx, one, last, due, more=len(found) == _PAGE)

    async def claim(self, most: int, each: int, without: Collection[UUID]) -> list[Due]:
        async with self._database.transaction() as tx:
            due = await hooks.claim_due(tx, most, each=each, without=without)
        return [Due(one.id, one.hook.id, one.hook.asked.url, one.hook.secret, one) for one in due]

    async def body(self, due: Due, _: datetime) -> bytes | None:
        about: Delivery = due.about
        number = about.entry.number
        try:
            async with self._database.transaction() as tx:
                caller = await _caller(tx, about.hook)
            case = await self._dialogue.case(caller, about.case_id)
            told = await self._dialogue.timeline(caller, about.case_id, number - 1, 1)
        except Refused as refused:
            await self._drop(due, refused.refusal.reason)
            return None
        if not told or told[0].number != number:
            await self._drop(due, _ERASED)
            return None
        return orjson.dumps(self._forms[about.hook.asked.form].make(about, case, told[0]))

    async def _drop(self, due: Due, why: str) -> None:
        async with self._database.transaction() as tx:
            await hooks.give_up(tx, due.id, why)

    async def settle(self, due: Due, attempt: Attempt) -> None:
        async with self._database.transaction() as tx:
            match attempt.end:
                case End.TAKEN:
                    await hooks.delivered(tx, due.id)
                case End.HOPELESS:
                    await hooks.end(tx, due.about.hook, attempt.problem)
                case End.FAILED:
                    await hooks.not_delivered(tx, due.id, attempt.problem)


async def _caller(tx: Transaction, hook: Hook) -> Caller:
    """Who registered it, with what it may see now. Raises Refused when its mandate is over."""
    asked = hook.asked
    if asked.mandate_id is None:
        return Caller(asked.machine, asked.owner_id)
    mandate = await mandates.get(tx, asked.mandate_id)
    if mandate is None or mandate.revoked_at:
        raise refuse("mandate_over", _OVER, Recovery.ASK_OWNER)
    return Caller(asked.machine, asked.owner_id, mandate)
