from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import orjson

from thingdesk import access, hooks
from thingdesk.access import Caller, Grounds
from thingdesk.channels.webhook.form import Form
from thingdesk.channels.webhook.outbox import Due
from thingdesk.dialogue import Dialogue
from thingdesk.hooks import Behind, Delivery, Entry, Hook
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Refused
from thingdesk.platform.outward import Attempt, End

_AT_ONCE = 50
_PAGE = 100
_ERASED = "what happened was erased"
_END = "case.ended"
_OVER = "its case has ended"


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
        caller = await _caller(tx, one.hook)
        if isinstance(caller, Refused):
            await hooks.end(tx, one.hook, caller.refusal.reason)
            return
        try:
            found = await self._dialogue.timeline(caller, one.case_id, one.told, _PAGE)
        except Refused:
            await hooks.drop_case(tx, one)
            return
        form = self._forms[one.hook.asked.form]
        kinds = [(told.number, form.kind(one.hook, told)) for told in found]
        due = [Entry(number, kind) for number, kind in kinds if kind]
        last = found[-1].number if found else one.told
        over = _over(due) if form.all_of_it else None
        more = len(found) == _PAGE
        await hooks.come_to(tx, one, last, over or due, more=more, newest=form.all_of_it)
        if over:
            await hooks.drop_case(tx, one)

    async def claim(self, most: int, under_way: Collection[Due]) -> list[Due]:
        async with self._database.transaction() as tx:
            due = await hooks.claim_due(tx, most, [one.about.hook for one in under_way])
        return [self._due(one) for one in due]

    def _due(self, one: Delivery) -> Due:
        asked = one.hook.asked
        media = self._forms[asked.form].media
        return Due(one.id, asked.url, one.hook.secret, one, media, asked.shown)

    async def body(self, due: Due, _: datetime) -> bytes | None:
        about: Delivery = due.about
        number = about.entry.number
        # at each attempt anew: what is tried for days ends with a stop
        async with self._database.transaction() as tx:
            caller = await _caller(tx, about.hook)
            if isinstance(caller, Refused):
                await hooks.end(tx, about.hook, caller.refusal.reason)
                return None
        try:
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
                    await self._end_with_case(tx, due.about)
                case End.HOPELESS:
                    await hooks.end(tx, due.about.hook, attempt.problem)
                case End.FAILED:
                    await hooks.not_delivered(tx, due.id, attempt.problem)

    async def _end_with_case(self, tx: Transaction, about: Delivery) -> None:
        asked = about.hook.asked
        all_of_it = self._forms[asked.form].all_of_it
        if all_of_it and asked.case_id and about.entry.kind == _END:
            await hooks.end(tx, about.hook, _OVER)


def _over(due: Sequence[Entry]) -> Sequence[Entry]:
    """The end of the case, where it is among them."""
    return [one for one in due if one.kind == _END][-1:]


async def _caller(tx: Transaction, hook: Hook) -> Caller | Refused:
    """Who registered it, with what it may see now, or why it may not any more."""
    asked = hook.asked
    machines = (asked.machine,) if asked.keys or asked.mandate_id else ()
    grounds = Grounds(
        machines, asked.owner_id, asked.keys, asked.mandate_id, asked.grant_id, asked.tokens
    )
    (found,) = await access.again(tx, [Caller(asked.machine, asked.owner_id, grounds=grounds)])
    return found
