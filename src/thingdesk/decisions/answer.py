from dataclasses import replace
from uuid import UUID

from thingdesk import notices
from thingdesk.decisions import errors, store
from thingdesk.decisions.events import DecisionAnswered
from thingdesk.decisions.gather import tell_rest
from thingdesk.decisions.model import CHANNEL, Decision, State
from thingdesk.notices import Recipient
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


async def answer(tx: Transaction, decision: UUID, option: str, by: Recipient) -> Decision:
    """Answer a question: once, for ever. The same answer again, by the same, changes nothing.

    Of answers at the same time one binds. Raises Refused: `decision_unknown`,
    `decision_not_yours`, `option_unknown`, `decision_expired`, or `decision_answered`, which says
    what was answered.
    """
    # the mail first, as all do who settle: others may have a question in the same one
    await notices.hold(tx, [await store.notice_of(tx, decision)])
    found = await store.lock(tx, decision)
    if found is None:
        raise errors.unknown()
    if not found.question.may_be_answered_by(by):
        raise errors.not_yours()
    if found.state is State.ANSWERED and (found.chosen, found.by) == (option, by):
        return found
    _check_open(found, option)
    settled = replace(found, state=State.ANSWERED, chosen=option, by=by, settled_at=clock.now())
    await store.settle(tx, [settled])
    question = settled.question
    durable.send(tx, question.run_id, question.key, settled.message())
    message = settled.message()
    chosen = question.option(option)
    words = chosen.words if chosen else option
    event = DecisionAnswered(question.id, option, f"{by.kind}:{by.id}", message["approves"], words)
    append(tx, f"case:{question.case_id}", event)
    for one in await tell_rest(tx, [settled]):
        if one.notice_id is not None:
            await notices.acknowledge(tx, one.notice_id, by)
    tx.notify(CHANNEL)
    return settled


def _check_open(found: Decision, option: str) -> None:
    if found.state is not State.OPEN:
        raise errors.settled(found)
    if found.question.deadline <= clock.now():
        raise errors.expired()
    if found.question.option(option) is None:
        raise errors.unknown_option(found)
