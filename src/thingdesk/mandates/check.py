from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from thingdesk import parties, timeline
from thingdesk.mandates import money_store, store
from thingdesk.mandates.budget import Budget, Scopes, Tally
from thingdesk.mandates.decide import APPROVED, decide, entitling, goodwill
from thingdesk.mandates.events import MoneyReserved
from thingdesk.mandates.model import Action, Answer, Approval, Facts, Policy, Verdict, period_of
from thingdesk.mandates.money_store import Charge, Spending
from thingdesk.mandates.store import Known
from thingdesk.parties import Owner, Ownership
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery

Asked = tuple[Action, Approval | None]


@dataclass(frozen=True, slots=True)
class _Basis:
    """An action with all that its verdict rests on, but for what is spent. `earlier`: what was
    reserved for it before. `scopes`: the budgets that it may draw on, None when on none.
    """

    action: Action
    approval: Approval | None
    facts: Facts
    earlier: Spending | None
    scopes: Scopes | None


async def check(tx: Transaction, action: Action, approval: Approval | None = None) -> Verdict:
    """May this effect happen now? With `allow` its money is reserved in `tx`, and so its approval.

    Repeated for the same effect it answers the same and reserves nothing again; for an effect of
    the same id and other content it answers `deny`. The budgets that it may draw on are locked
    until `tx` ends, so that no two effects see the same money. Of those who ask together, each is
    answered as if the ones before it had been answered already.
    """
    return await tx.share(_check, (action, approval))


async def foresee(tx: Transaction, action: Action) -> Verdict:
    """What `check` would answer now, without an approval. Nothing is reserved."""
    return await tx.share(_foresee, action)


async def _foresee(tx: Transaction, actions: Sequence[Action]) -> list[Verdict]:
    bases = await _bases(tx, [(one, None) for one in actions], clock.now())
    tally = await _lock(tx, bases)
    return [decide(one.action, _with_spent(one, tally)) for one in bases]


async def _check(tx: Transaction, asked: Sequence[Asked]) -> list[Verdict]:
    bases = await _bases(tx, asked, clock.now())
    tally = await _lock(tx, bases)
    bases = await _with_mandates_of_now(tx, bases)
    verdicts = [await _verdict(tx, one, tally) for one in bases]
    charges = [charge for one in zip(bases, verdicts, strict=True) if (charge := _charge(*one))]
    reserved = await money_store.reserve(tx, charges, clock.now())
    for charge in charges:
        if charge.action.effect_id in reserved:
            timeline.append(tx, f"case:{charge.action.case_id}", _reserved(charge))
    taken = {charge.action.effect_id for charge in charges} - reserved
    # somebody else has just checked these very effects: what they were told counts
    return [
        await check(tx, *one) if one[0].effect_id in taken else verdict
        for one, verdict in zip(asked, verdicts, strict=True)
    ]


async def _lock(tx: Transaction, bases: Sequence[_Basis]) -> Tally:
    budgets = {budget for one in bases for budget in _budgets(one)}
    return Tally(await money_store.lock_budgets(tx, budgets))


async def _with_mandates_of_now(tx: Transaction, bases: Sequence[_Basis]) -> list[_Basis]:
    """Who was spending from the same budgets may have kept us waiting: a mandate may have been
    revoked since it was read.
    """
    if not any(map(_budgets, bases)):
        return list(bases)
    owners = {one.action.owner_id for one in bases if one.action.owner_id}
    now = await store.mandates_of(tx, owners)
    return [
        replace(one, facts=replace(one.facts, mandate=now.get(owner)))
        if (owner := one.action.owner_id)
        else one
        for one in bases
    ]


async def _bases(tx: Transaction, asked: Sequence[Asked], now: datetime) -> list[_Basis]:
    policy = await store.policy(tx)
    known = await store.known(tx, asked, now)
    owned = await parties.ownerships_of(tx, [(action.machine, now) for action, _ in asked])
    owners = {action.owner_id for action, _ in asked if action.costs and action.owner_id}
    zones = await parties.get_owners(tx, list(owners)) if owners else {}
    return [
        _basis(one, stored, _facts(stored, period, policy, now), zones)
        for one, stored, period in zip(asked, known, owned, strict=True)
    ]


def _facts(stored: Known, owned: Ownership | None, policy: Policy, now: datetime) -> Facts:
    return Facts(
        now=now,
        policy=policy,
        entitlements=stored.entitlements,
        mandate=stored.mandate,
        owner_id=owned.owner_id if owned else None,
        owned_since=owned.begins if owned else None,
    )


def _basis(one: Asked, stored: Known, facts: Facts, owners: Mapping[UUID, Owner]) -> _Basis:
    action, approval = one
    earlier = stored.earlier if stored.earlier and stored.earlier.state != "released" else None
    if approval and stored.approval_used_by:
        # for this very effect it may be checked again, until the effect was taken back
        again = stored.approval_used_by == action.effect_id and stored.earlier is None
        approval = replace(approval, used=not again)
    scopes = None
    if earlier is None and action.costs and not entitling(action, facts):
        owner = owners.get(action.owner_id) if action.owner_id else None
        period = period_of(facts.now, owner.zone) if owner else None
        scopes = Scopes.of(action, period, goodwill(action, facts.policy))
    return _Basis(action, approval, facts, earlier, scopes)


def _budgets(one: _Basis) -> list[Budget]:
    if one.scopes is None or one.action.amount is None:
        return []
    return [(name, one.action.amount.currency) for name in one.scopes.names()]


async def _verdict(tx: Transaction, one: _Basis, tally: Tally) -> Verdict:
    """The verdict, with the money that it allows noted in `tally`."""
    action, approval = one.action, one.approval
    if one.earlier:
        return _again(one.earlier, action)
    facts = _with_spent(one, tally)
    verdict = decide(action, facts, approval)
    if approval and verdict.code == APPROVED:
        used = money_store.use_approval(tx, approval.decision_id, action.effect_id, facts.now)
        if not await used:
            verdict = decide(action, facts, replace(approval, used=True))
    if charge := _charge(one, verdict):
        tally.charge(charge.scopes, charge.amount)
    return verdict


def _with_spent(one: _Basis, tally: Tally) -> Facts:
    if one.scopes is None or one.action.amount is None:
        return one.facts
    return replace(one.facts, spent=one.scopes.spent(tally, one.action.amount.currency))


def _charge(one: _Basis, verdict: Verdict) -> Charge | None:
    """What is to be reserved; None for nothing, or when it is reserved already."""
    amount = one.action.amount
    if verdict.answer is not Answer.ALLOW or one.earlier or amount is None or not one.action.costs:
        return None
    approved = verdict.code == APPROVED
    scopes = one.scopes.charged(verdict.payer, approved=approved) if one.scopes else []
    return Charge(one.action, amount, verdict, scopes)


def _again(earlier: Spending, action: Action) -> Verdict:
    if earlier.action_hash != action.hash:
        return Verdict(
            Answer.DENY,
            "effect_differs",
            "This effect was permitted with another content.",
            Recovery.CONTACT_US,
        )
    return Verdict(
        Answer.ALLOW,
        earlier.code,
        earlier.reason,
        None,
        earlier.payer,
        earlier.mandate_id,
        earlier.mandate_version,
    )


def _reserved(charge: Charge) -> MoneyReserved:
    return MoneyReserved(
        charge.action.effect_id,
        charge.verdict.payer.value,
        charge.amount.minor,
        charge.amount.currency,
        charge.verdict.code,
        charge.verdict.mandate_version,
    )
