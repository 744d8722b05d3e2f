"""What the verdicts on some actions rest on, read in a few statements for all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from thingdesk import parties
from thingdesk.mandates import given_store, money_store, store
from thingdesk.mandates.action import Action, Approval, Facts, Policy
from thingdesk.mandates.budget import CASES, Budget, Scopes, Tally
from thingdesk.mandates.decide import entitling, goodwill
from thingdesk.mandates.model import Mandate, period_of
from thingdesk.mandates.money_store import Spending
from thingdesk.mandates.store import Known
from thingdesk.parties import Owner, Ownership
from thingdesk.platform.database import Transaction

Asked = tuple[Action, Approval | None]
Chain = tuple[Mandate, ...]


@dataclass(frozen=True, slots=True)
class Basis:
    """An action with all that its verdict rests on, but for what is spent. `earlier`: what was
    reserved for it before.
    """

    action: Action
    approval: Approval | None
    facts: Facts
    earlier: Spending | None
    scopes: Scopes

    @property
    def budgets(self) -> list[Budget]:
        amount = self.action.amount
        return self.scopes.budgets(amount.currency if amount else None)

    def with_spent(self, tally: Tally) -> Facts:
        if not self.budgets:
            return self.facts
        amount = self.action.amount
        spent = self.scopes.spent(tally, amount.currency if amount else CASES)
        return replace(self.facts, spent=spent)


async def read(tx: Transaction, asked: Sequence[Asked], now: datetime) -> list[Basis]:
    policy = await store.policy(tx)
    known = await store.known(tx, asked, now)
    chains = await _chains(tx, [action for action, _ in asked], [one.mandate for one in known])
    before = await given_store.chains(tx, {one.before for one, _ in asked if one.before})
    owned = await parties.ownerships_of(tx, [(action.machine, now) for action, _ in asked])
    owners = {
        action.owner_id
        for (action, _), chain in zip(asked, chains, strict=True)
        if action.owner_id and (action.costs or _needs_zone(chain))
    }
    zones = await parties.get_owners(tx, list(owners)) if owners else {}
    return [
        _basis(one, stored, _facts(stored, chain, period, policy, now), zones, before)
        for one, stored, chain, period in zip(asked, known, chains, owned, strict=True)
    ]


async def lock(tx: Transaction, bases: Sequence[Basis]) -> Tally:
    """What is spent in their budgets, which nobody else spends from until `tx` ends."""
    return Tally(
        await money_store.lock_budgets(tx, {each for one in bases for each in one.budgets})
    )


async def with_mandates_of_now(tx: Transaction, bases: Sequence[Basis]) -> list[Basis]:
    """Who was spending from the same budgets may have kept us waiting: a mandate may have been
    revoked since it was read.
    """
    if not any(one.budgets for one in bases):
        return list(bases)
    owners = {one.action.owner_id for one in bases if one.action.owner_id}
    standing = await store.mandates_of(tx, owners)
    mandates = [standing.get(id_) if (id_ := one.action.owner_id) else None for one in bases]
    chains = await _chains(tx, [one.action for one in bases], mandates)
    return [
        replace(one, facts=replace(one.facts, mandate=_first(chain), parents=chain[1:]))
        for one, chain in zip(bases, chains, strict=True)
    ]


async def _chains(
    tx: Transaction, actions: Sequence[Action], standing: Sequence[Mandate | None]
) -> list[Chain]:
    """The mandates that have to permit each action: what it was asked for under, and those that it
    was narrowed from, or its owner's standing one.
    """
    wanted = {one.mandate_id for one in actions if one.mandate_id}
    given = await given_store.chains(tx, wanted)
    return [
        given.get(action.mandate_id, ()) if action.mandate_id else (one,) if one else ()
        for action, one in zip(actions, standing, strict=True)
    ]


def _first(chain: Chain) -> Mandate | None:
    return chain[0] if chain else None


def _needs_zone(chain: Iterable[Mandate]) -> bool:
    return any(one.terms.times is not None or one.terms.cases is not None for one in chain)


def _facts(
    stored: Known, chain: Chain, owned: Ownership | None, policy: Policy, now: datetime
) -> Facts:
    return Facts(
        now=now,
        policy=policy,
        entitlements=stored.entitlements,
        mandate=_first(chain),
        owner_id=owned.owner_id if owned else None,
        owned_since=owned.begins if owned else None,
        parents=chain[1:],
    )


def _basis(
    one: Asked,
    stored: Known,
    facts: Facts,
    owners: Mapping[UUID, Owner],
    before: Mapping[UUID, Chain],
) -> Basis:
    action, approval = one
    if action.before:
        facts = replace(facts, under_before=before.get(action.before, ()))
    earlier = stored.earlier if stored.earlier and stored.earlier.state != "released" else None
    if approval and stored.approval_used_by:
        # for this very effect it may be checked again, until the effect was taken back
        again = stored.approval_used_by == action.effect_id and stored.earlier is None
        approval = replace(approval, used=not again)
    owner = owners.get(action.owner_id) if action.owner_id else None
    facts = replace(facts, zone=owner.zone) if owner else facts
    scopes = Scopes()
    if earlier is None:
        period = period_of(facts.now, owner.zone) if owner else None
        scopes = Scopes.of(action, facts.chain, period, goodwill(action, facts.policy))
        money = action.costs and not entitling(action, facts)
        scopes = replace(scopes, money=bool(money))
    return Basis(action, approval, facts, earlier, scopes)
