"""Which cases a caller may see, and how each stands."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from thingdesk import cases, decisions, parties, timeline
from thingdesk.access import Caller
from thingdesk.cases import Case, Party
from thingdesk.catalog import Catalog
from thingdesk.decisions import Decision, To, option_words
from thingdesk.dialogue.model import Branch, CaseView, Choice, Promised, Waiting
from thingdesk.dialogue.told import page_of
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse

_UNKNOWN = "there is no such case, or it is not yours to see"


async def party_of(tx: Transaction, caller: Caller, catalog: Catalog) -> Party:
    """What the caller may see: all that it took part in, or under a mandate what that is for."""
    if caller.owner_id is None:
        return Party(caller.machine, None, {})
    owned = await parties.owned_by(tx, caller.owner_id, clock.now())
    mandate = caller.mandate
    covered = tuple(one.name for one in catalog if mandate.covers(one.name)) if mandate else None
    since = {
        one.machine: one.begins
        for one in owned
        if mandate is None or one.machine == caller.machine or mandate.is_for(one.machine)
    }
    return Party(caller.machine, caller.owner_id, since, covered)


async def get(tx: Transaction, party: Party, case_id: UUID) -> Case:
    """Raises Refused for one that may not be seen as if there were none."""
    case = await cases.get(tx, case_id)
    if case is not None:
        if party.sees(case, joined=False):
            return case
        if await cases.joined(tx, case_id, party.machine) and party.sees(case, joined=True):
            return case
    raise refuse("case_unknown", _UNKNOWN, Recovery.CONTACT_US)


def check_withdraws(caller: Caller, case: Case) -> None:
    """Raises Refused but for who asked for the case and may still ask for such, and for its subject
    by its own key. Who may see it, as its mandate is for such services, has not asked for it.
    """
    under = caller.mandate
    if under is None:
        may = caller.machine in (case.subject, case.reporter)
    else:
        asked = caller.machine == case.reporter
        may = asked and under.covers(case.service) and under.is_for(case.subject)
    if not may:
        words = "another machine asked for it: only that one, its subject or its owner may withdraw"
        raise refuse("withdraw_not_yours", words, Recovery.ASK_OWNER)


async def views(
    tx: Transaction, caller: Caller, found: Sequence[Case], pages: str
) -> list[CaseView]:
    """How they stand, in the same order."""
    told = await timeline.newest(tx, [f"case:{one.id}" for one in found])
    owner = await parties.get_owner(tx, caller.owner_id) if caller.owner_id else None
    zone = owner.zone if owner else "UTC"
    hops = await cases.hops_of(tx, [one.id for one in found])
    said = await cases.said_of(tx, [one.id for one in found])
    seen = [await _view(tx, one, told, pages, zone) for one in found]
    what = {one: tuple(each.what for each in those) for one, those in said.items()}
    return [replace(one, hops=hops[one.id], said=what.get(one.id, ())) for one in seen]


async def _view(
    tx: Transaction, case: Case, told: Mapping[str, int], pages: str, zone: str
) -> CaseView:
    ended = case.state is cases.State.ENDED
    asked = () if ended else await decisions.of_case(tx, case.id)
    return CaseView(
        id=case.id,
        subject=case.subject,
        reporter=case.reporter,
        service=case.service,
        title=case.title,
        input=case.input,
        state=case.state,
        outcome=case.outcome,
        words=case.outcome_words,
        data=case.outcome_data,
        opened_at=case.opened_at,
        ended_at=case.ended_at,
        reports=case.reports,
        promises=tuple(
            Promised(one.name, one.due_at, one.kept_at, one.broken_at)
            for one in await cases.promises_of(tx, case.id)
        ),
        waiting=tuple(_waiting(one, pages, zone) for one in asked if _stands(one)),
        told=told.get(f"case:{case.id}", 0),
    )


def _stands(one: Decision) -> bool:
    open_ = one.state is decisions.State.OPEN and one.question.deadline > clock.now()
    return open_ and one.question.to is To.OWNER


def _waiting(one: Decision, pages: str, zone: str) -> Waiting:
    question = one.question
    return Waiting(
        question.id,
        Branch.APPROVAL if question.approves else Branch.DECISION,
        question.words,
        tuple(Choice(option.id, option_words(option, zone)) for option in question.options),
        question.deadline,
        page_of(pages, question.id),
    )
