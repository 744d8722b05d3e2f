"""Asking the owner to approve one exact effect. No answer is no, always."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk import cases, decisions, mandates
from thingdesk.decisions import NO, YES, Cost, Proposal, Question, To, yes_or_no
from thingdesk.journeys.asking import decision_of, owners_answer, put_question
from thingdesk.journeys.context import Context, Intent
from thingdesk.journeys.model import Denied
from thingdesk.mandates import Answer, Approval, Payer
from thingdesk.platform import clock
from thingdesk.platform.errors import Recovery

ON_ITS_OWN = "on its own"
"""The key under which a journey hears that its case rests on the standing mandate by now."""
Attempt = Callable[[], Awaitable[dict[str, Any]]]
_WITHIN = timedelta(hours=24)
_WITHIN_FOR_SAFETY = timedelta(minutes=15)


async def ask(
    journey: Context, intent: Intent, record: dict[str, Any], attempt: Attempt
) -> Approval | dict[str, Any]:
    """The owner's approval of the action that the record names; raises Denied without a yes. Where
    it needs none any more, as the machine has asked itself meanwhile, what `attempt` came to.
    """
    run = journey.run
    owner_id = journey.facts.owner_id
    if owner_id is None:
        raise Denied("nobody_to_ask", record["reason"], Recovery.CONTACT_US)
    decision_id, key = decision_of(journey)

    async def put() -> None:
        await put_question(journey, _question(journey, intent, record, owner_id))

    async def withdraw() -> None:
        await decisions.withdraw(run.tx, journey.case_id, "nobody has to be asked for it")
        await cases.resume_promises(run.tx, journey.case_id, "the owner was asked")

    await run.step(f"ask approval {intent.name}", put)
    # what was judged under a mandate that was given to another may be judged anew
    meanwhile = await journey.wait(key, ON_ITS_OWN) if "under" in record else None
    if meanwhile and meanwhile.key == ON_ITS_OWN:
        anew: dict[str, Any] = await run.step(f"judged anew {intent.name}", attempt)
        if anew["answer"] != Answer.ASK:
            await run.step("asked in vain", withdraw)
            return anew
    heard = await owners_answer(journey, key, "asked approval")
    if heard is None or heard.value["option"] != YES:
        words = "The owner did not approve it."
        raise Denied("not_approved", words, Recovery.ASK_OWNER)
    return Approval(decision_id, record["hash"])


def _question(journey: Context, intent: Intent, record: dict[str, Any], owner_id: UUID) -> Question:
    decision_id, key = decision_of(journey)
    safe = journey.service.safety
    return Question(
        id=decision_id,
        case_id=journey.case_id,
        run_id=journey.run.id,
        key=key,
        to=To.OWNER,
        owner_id=owner_id,
        words=intent.words,
        options=yes_or_no(record["hash"]),
        deadline=clock.now() + (_WITHIN_FOR_SAFETY if safe else _WITHIN),
        default=NO,
        safety=safe,
        proposal=_proposal(intent, record),
    )


def _proposal(intent: Intent, record: dict[str, Any]) -> Proposal:
    details, amount = intent.details, intent.amount
    start = details.get("start")
    return Proposal(
        words=details.get("words", ""),
        who=details.get("name"),
        at=datetime.fromisoformat(start) if start else None,
        at_once="start" in details and not start,
        costs=(Cost(amount, Payer(record["payer"])),) if amount else (),
        why=mandates.to_owner(record["code"], record["reason"]),
    )
