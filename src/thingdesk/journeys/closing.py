from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from thingdesk import cases, decisions, mandates, notices, parties
from thingdesk.cases import Case, Outcome
from thingdesk.journeys.quiet import is_news
from thingdesk.notices import Notice, Recipient, To
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

    A machine may ask for what is refused as often as it likes, so its owner hears the same refusal
    once an hour.
    """
    await decisions.withdraw(tx, case_id, "its case has ended")
    case = await cases.end(tx, case_id, outcome, words, data, relapse)
    told = {"outcome": outcome.value, "service": case.service, **data}
    period = await parties.ownership_of(tx, case.subject, clock.now())
    recipients = [Recipient.owner(case.owner_id)] if case.owner_id else []
    if outcome is Outcome.REFUSED and not await _is_news(tx, case, words):
        recipients = []
    if case.owner_id == (period.owner_id if period else None):
        recipients.insert(0, Recipient.machine(case.subject))
    for to in recipients:
        said = mandates.to_owner(data.get("code", ""), words) if to.kind is To.OWNER else words
        notices.tell(tx, Notice(to, "case.ended", said, case_id, told))
    return case


async def _is_news(tx: Transaction, case: Case, words: str) -> bool:
    digest = sha256(words.encode()).hexdigest()
    name = f"refused {case.owner_id} {case.subject} {case.service} {digest}"
    return await is_news(tx, name)
