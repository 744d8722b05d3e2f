"""Asking the owner to approve one exact effect. No answer is no, always."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from thingdesk import cases, decisions
from thingdesk.decisions import YES, Question
from thingdesk.journeys.context import Context, Intent
from thingdesk.journeys.model import Denied
from thingdesk.mandates import Approval
from thingdesk.platform import clock
from thingdesk.platform.errors import Recovery

_WITHIN = timedelta(hours=24)
_WITHIN_FOR_SAFETY = timedelta(minutes=15)


async def ask(journey: Context, intent: Intent, record: dict[str, Any]) -> Approval:
    """The owner's approval of the action with the recorded hash; raises Denied without a yes."""
    run = journey.run
    owner_id = journey.facts.owner_id
    if owner_id is None:
        raise Denied("nobody_to_ask", record["reason"], Recovery.CONTACT_US)
    decision_id = uuid5(run.id, str(run.position))
    key = f"decision:{decision_id}"

    async def put() -> None:
        safe = journey.service.safety
        question = Question.approval(
            id=decision_id,
            case_id=journey.case_id,
            run_id=run.id,
            key=key,
            owner_id=owner_id,
            words=f"{intent.words} {record['reason']}",
            deadline=clock.now() + (_WITHIN_FOR_SAFETY if safe else _WITHIN),
            approval_of=record["hash"],
            safety=safe,
        )
        await decisions.ask(run.tx, question)
        await cases.pause_promises(run.tx, journey.case_id, "waits for the owner's approval")

    await run.step(f"ask approval {intent.name}", put)
    heard = await journey.wait(key)

    async def resume() -> None:
        await cases.resume_promises(run.tx, journey.case_id, "the owner was asked")

    await run.step("asked approval", resume)
    if heard is None or heard.value["option"] != YES:
        words = "The owner did not approve it."
        raise Denied("not_approved", words, Recovery.ASK_OWNER)
    return Approval(UUID(str(decision_id)), record["hash"])
