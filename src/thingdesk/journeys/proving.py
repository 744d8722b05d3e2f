"""Waiting for the proof of recovery."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from thingdesk import cases, signals
from thingdesk.cases import Criterion
from thingdesk.journeys.context import Context
from thingdesk.journeys.model import NotProven


async def verify(
    journey: Context, criterion: Criterion, hold: timedelta | None, within: timedelta
) -> None:
    wanted = criterion if hold is None else replace(criterion, hold=hold)
    run = journey.run

    async def begin() -> list[str]:
        case = await cases.get(run.tx, journey.case_id, lock=True)
        if case is None:
            raise LookupError(f"no case {journey.case_id}")
        since = await signals.present_of(run.tx, journey.subject)
        begun, key = await cases.begin_verification(run.tx, case, wanted, since, run.id)
        return [str(begun), key]

    async def go_on() -> None:
        await cases.resume_work(run.tx, journey.case_id)

    verification, key = await run.step("verify", begin)
    deadline = await journey.now() + within
    if await journey.wait(key, until=deadline) is not None:
        journey.proven = True
        await run.step("proven", go_on)
        return

    async def give_up() -> bool:
        proven = await cases.give_up_verification(run.tx, UUID(verification))
        await go_on()
        return proven

    journey.proven = await run.step("give up verification", give_up)
    if not journey.proven:
        words = "The work was done, but the machine's own signals did not prove recovery."
        raise NotProven("not_proven", words)
