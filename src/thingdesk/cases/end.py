from datetime import timedelta
from typing import Any
from uuid import UUID

from thingdesk import signals
from thingdesk.cases import promise_store, store
from thingdesk.cases import verification_store as proofs
from thingdesk.cases.events import CaseEnded
from thingdesk.cases.model import Case, Move, Outcome, after
from thingdesk.cases.promises import keep_promise
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


class Unproven(RuntimeError):
    """Somebody called a case verified whose subject's signals have not proven it."""


async def end_case(
    tx: Transaction,
    case_id: UUID,
    outcome: Outcome,
    words: str,
    data: dict[str, Any],
    relapse: timedelta,
) -> Case:
    """End the case. `verified` needs a verification that the subject's signals have met.

    What the signals say within `relapse` from now on, by the subject's own clock, reopens it.
    """
    case = await store.get(tx, case_id, lock=True)
    if case is None:
        raise LookupError(f"no case {case_id}")
    after(case.state, Move.END)
    if outcome is Outcome.VERIFIED and not await _is_proven(tx, case_id):
        raise Unproven(f"case {case_id}: only the subject's own signals can call it verified")
    now = clock.now()
    if outcome in {Outcome.VERIFIED, Outcome.FULFILLED}:
        await keep_promise(tx, case_id, "resolution")
    await promise_store.drop(tx, case_id)
    relapse_until = await signals.own_clock(tx, case.subject) + relapse
    await store.end(tx, case, outcome, words, data, now, relapse_until)
    append(tx, f"case:{case_id}", CaseEnded(outcome.value, words, data))
    return case


async def _is_proven(tx: Transaction, case_id: UUID) -> bool:
    found = await proofs.of_case(tx, case_id)
    return bool(found) and found[-1].proven is True
