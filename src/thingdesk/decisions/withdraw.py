from dataclasses import replace
from uuid import UUID

from thingdesk import notices
from thingdesk.decisions import store
from thingdesk.decisions.events import DecisionWithdrawn
from thingdesk.decisions.gather import tell_rest
from thingdesk.decisions.model import CHANNEL, State
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


async def withdraw(tx: Transaction, case_id: UUID, reason: str) -> None:
    """End the open questions of a case that needs no answer any more.

    The runs that asked are not woken: whoever ends them ends their questions.
    """
    waiting = await store.notices_of_case(tx, case_id)
    if not waiting:
        return
    await notices.hold(tx, waiting)
    now = clock.now()
    settled = [
        replace(one, state=State.WITHDRAWN, settled_at=now)
        for one in await store.lock_open_of_case(tx, case_id)
    ]
    if not settled:
        return
    await store.settle(tx, settled)
    for one in settled:
        append(tx, f"case:{case_id}", DecisionWithdrawn(one.question.id, reason))
    for one in await tell_rest(tx, settled):
        if one.notice_id is not None:
            await notices.give_up(tx, one.notice_id, reason)
    tx.notify(CHANNEL)
