from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from thingdesk import cases
from thingdesk.cases import Outcome, State
from thingdesk.journeys import store
from thingdesk.journeys.closing import close
from thingdesk.journeys.model import Withdrawn
from thingdesk.journeys.undoing import take_back_all
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction

_NO_RELAPSE = timedelta(0)


async def withdraw(tx: Transaction, case_id: UUID, words: str, told: str) -> bool:
    """End a case with its journeys here and now: see `withdraw_all`. False if it had ended.
    `words` are for its owner, `told` is why, for providers and the machine.
    """
    return bool(await withdraw_all(tx, [case_id], Withdrawn("withdrawn", words, told)))


async def withdraw_all(tx: Transaction, case_ids: Sequence[UUID], why: Withdrawn) -> int:
    """End cases as withdrawn, with their journeys, stuck ones too; how many were open.

    It needs no worker and no code of the journeys: what they did and is not done for good is taken
    back from the ledger, the last first. Runs are locked before anything that journeys lock.
    """
    runs = await _stop(tx, case_ids)
    await cases.give_up_verifications(tx, case_ids)
    await take_back_all(tx, await store.standing(tx, runs), why.told)
    for run_id in runs:
        store.end(tx, run_id, clock.now())
    found = await cases.get_many(tx, case_ids)
    still = [one for one in sorted(found) if found[one].state is not State.ENDED]
    for case_id in still:
        case = await close(tx, case_id, Outcome.WITHDRAWN, why.words, why.data, _NO_RELAPSE)
        # what came back meanwhile was the withdrawn matter, too
        await cases.came_back(tx, case)
    return len(still)


async def _stop(tx: Transaction, case_ids: Sequence[UUID]) -> list[UUID]:
    """The runs that were under way; one that ended while we waited may have begun another."""
    held: set[UUID] = set()
    while set(runs := await store.running(tx, case_ids)) - held:
        await durable.stop(tx, runs)
        held = set(runs)
    return runs
