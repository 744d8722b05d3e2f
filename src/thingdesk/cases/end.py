from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from thingdesk import signals
from thingdesk.cases import promise_store, store
from thingdesk.cases import verification_store as proofs
from thingdesk.cases.events import CaseEnded
from thingdesk.cases.model import Case, Move, Outcome, State, after
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
    """End the case. `verified` needs a verification that the subject's signals have met. What was
    found in these signals is not `fulfilled`: there was something to recover, so it is unverified.

    What the signals say within `relapse`, by the subject's own clock, reopens it: from the proof
    on, or where there is none from now on. See `came_back` for what they have said already.
    """
    case = await store.get(tx, case_id, lock=True)
    if case is None:
        raise LookupError(f"no case {case_id}")
    after(case.state, Move.END)
    proven = (await proofs.proven(tx, [case_id])).get(case_id)
    if outcome is Outcome.VERIFIED and proven is None:
        raise Unproven(f"case {case_id}: only the subject's own signals can call it verified")
    if outcome is Outcome.FULFILLED and case.evidence is not None:
        outcome = Outcome.UNVERIFIED
    now = clock.now()
    if outcome in {Outcome.VERIFIED, Outcome.FULFILLED}:
        await keep_promise(tx, case_id, "resolution")
    await promise_store.drop(tx, case_id)
    since = proven or await signals.present_of(tx, case.subject)
    until = since + relapse
    await store.end(tx, case, outcome, words, data, now, until)
    append(tx, f"case:{case_id}", CaseEnded(outcome.value, words, data))
    return replace(
        case,
        state=State.ENDED,
        outcome=outcome,
        outcome_words=words,
        outcome_data=data,
        ended_at=now,
        relapse_until=until,
    )
