from datetime import timedelta
from typing import Any
from uuid import UUID

from thingdesk import cases, decisions, notices, parties
from thingdesk.cases import Case, Outcome
from thingdesk.notices import Notice, Recipient
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def close(
    tx: Transaction,
    case_id: UUID,
    outcome: Outcome,
    words: str,
    data: dict[str, Any],
    relapse: timedelta,
) -> Case:
    """End a case and its questions, and tell its owner; its subject, too, unless that is another
    owner's by now.
    """
    await decisions.withdraw(tx, case_id, "its case has ended")
    case = await cases.end(tx, case_id, outcome, words, data, relapse)
    told = {"outcome": outcome.value, "service": case.service, **data}
    period = await parties.ownership_of(tx, case.subject, clock.now())
    recipients = [Recipient.owner(case.owner_id)] if case.owner_id else []
    if case.owner_id == (period.owner_id if period else None):
        recipients.insert(0, Recipient.machine(case.subject))
    for to in recipients:
        notices.tell(tx, Notice(to, "case.ended", words, case_id, told))
    return case
