"""Asking the owner to approve one exact effect. No answer is no, always."""

from datetime import datetime, timedelta
from typing import Any

from thingdesk import mandates
from thingdesk.decisions import NO, YES, Cost, Proposal, Question, To, yes_or_no
from thingdesk.journeys.asking import decision_of, owners_answer, put_question
from thingdesk.journeys.context import Context, Intent
from thingdesk.journeys.model import Denied
from thingdesk.mandates import Approval, Payer
from thingdesk.platform import clock
from thingdesk.platform.errors import Recovery

_WITHIN = timedelta(hours=24)
_WITHIN_FOR_SAFETY = timedelta(minutes=15)


async def ask(journey: Context, intent: Intent, record: dict[str, Any]) -> Approval:
    """The owner's approval of the action that the record names; raises Denied without a yes."""
    run = journey.run
    owner_id = journey.facts.owner_id
    if owner_id is None:
        raise Denied("nobody_to_ask", record["reason"], Recovery.CONTACT_US)
    decision_id, key = decision_of(journey)

    async def put() -> None:
        safe = journey.service.safety
        question = Question(
            id=decision_id,
            case_id=journey.case_id,
            run_id=run.id,
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
        await put_question(journey, question)

    await run.step(f"ask approval {intent.name}", put)
    heard = await owners_answer(journey, key, "asked approval")
    if heard is None or heard.value["option"] != YES:
        words = "The owner did not approve it."
        raise Denied("not_approved", words, Recovery.ASK_OWNER)
    return Approval(decision_id, record["hash"])


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
