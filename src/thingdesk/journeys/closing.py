from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from thingdesk import cases, decisions, notices, parties
from thingdesk.cases import Case, Outcome
from thingdesk.decisions import About, Cost
from thingdesk.journeys import store
from thingdesk.journeys.ended import in_words
from thingdesk.journeys.quiet import is_news
from thingdesk.journeys.telling import tell_staff
from thingdesk.mandates import Payer
from thingdesk.notices import Notice, Recipient
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.money import Money

_STALEMATE = (
    "{case.reporter} asks for the same again and again, and it is refused each time:"
    " {case.title}, for {case.subject}. It is answered with that for longer each time."
)


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
    period = await parties.ownership_of(tx, case.subject, clock.now())
    if case.owner_id == (period.owner_id if period else None):
        to = Recipient.machine(case.subject)
        notices.tell(tx, Notice(to, "case.ended", words, case_id, _told(case)))
    if outcome is Outcome.REFUSED and await cases.is_stalemate(tx, case):
        await tell_staff(tx, "dialogue.stalemate", _STALEMATE.format(case=case), case_id)
    if case.owner_id and (outcome is not Outcome.REFUSED or await _is_news(tx, case, words)):
        # last: what an effect of this transaction has cost is written by then
        tx.gather(_tell_owners, case, last=True)
    return case


def _told(case: Case) -> dict[str, Any]:
    outcome = case.outcome.value if case.outcome else None
    return {"outcome": outcome, "service": case.service, **(case.outcome_data or {})}


async def _tell_owners(tx: Transaction, ended: list[Case]) -> None:
    owners = await parties.get_owners(tx, sorted({one.owner_id for one in ended if one.owner_id}))
    machines = await parties.get_machines(tx, sorted({one.subject for one in ended}))
    identities = await cases.identity_words(tx, ended)
    costs: dict[UUID, list[Cost]] = {}
    for case_id, payer, currency, minor in await store.paid(tx, [one.id for one in ended]):
        costs.setdefault(case_id, []).append(Cost(Money(minor, currency), Payer(payer)))
    for case in ended:
        owner = owners.get(case.owner_id) if case.owner_id else None
        if owner is None:
            continue
        about = About(case, machines.get(case.subject), identities[case.id])
        words = in_words(case, about, costs.get(case.id, ()), owner.zone)
        to = Recipient.owner(owner.id)
        notices.tell(tx, Notice(to, "case.ended", words, case.id, _told(case)))


async def _is_news(tx: Transaction, case: Case, words: str) -> bool:
    digest = sha256(words.encode()).hexdigest()
    name = f"refused {case.owner_id} {case.subject} {case.service} {digest}"
    return await is_news(tx, name)
