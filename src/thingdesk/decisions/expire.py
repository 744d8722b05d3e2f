from dataclasses import replace

from thingdesk import notices
from thingdesk.decisions import store
from thingdesk.decisions.events import DecisionExpired
from thingdesk.decisions.gather import tell_rest
from thingdesk.decisions.model import CHANNEL, Decision, State
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


async def expire(tx: Transaction, most: int = 500) -> list[Decision]:
    """Settle by their default what nobody answered in time, an approval by no; at most `most`.

    When fewer than `most` come back, nothing is left but what others settle at this moment. Many
    can do it at once. The notices end by themselves: they last until the deadline.
    """
    now = clock.now()
    due = await store.due(tx, now, most)
    if not due:
        return []
    # the mails first, as all do who settle, and then no question but theirs
    await notices.hold(tx, [notice for _, notice in due])
    settled = [
        replace(one, state=State.EXPIRED, chosen=one.question.default, settled_at=now)
        for one in await store.lock_open(tx, [each for each, _ in due])
    ]
    if not settled:
        return []
    await store.settle(tx, settled)
    for one in settled:
        question = one.question
        durable.send(tx, question.run_id, question.key, one.message())
        append(tx, f"case:{question.case_id}", DecisionExpired(question.id, one.chosen))
    await tell_rest(tx, settled)
    tx.notify(CHANNEL)
    return settled
