from dataclasses import replace

from thingdesk import parties, timeline
from thingdesk.mandates import money_store, store
from thingdesk.mandates.budget import Scopes
from thingdesk.mandates.decide import APPROVED, decide, entitling, goodwill
from thingdesk.mandates.events import MoneyReserved
from thingdesk.mandates.model import Action, Answer, Approval, Facts, Verdict, period_of
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery
from thingdesk.platform.money import Money


async def check(tx: Transaction, action: Action, approval: Approval | None = None) -> Verdict:
    """May this effect happen now? With `allow` its money is reserved in `tx`, and so its approval.

    Repeated for the same effect it answers the same and reserves nothing again; for an effect of
    the same id and other content it answers `deny`. The budgets that it may draw on are locked
    until `tx` ends, so that no two effects see the same money.
    """
    now = clock.now()
    owned = await parties.ownership_of(tx, action.machine, now)
    known = await store.known(tx, action, now, approval.decision_id if approval else None)
    earlier = known.earlier
    if earlier and earlier.state != "released":
        return _again(earlier, action)
    if approval and known.approval_used_by:
        # for this very effect it may be checked again, until the effect was taken back
        again = known.approval_used_by == action.effect_id and earlier is None
        approval = replace(approval, used=not again)
    facts = Facts(
        now=now,
        policy=known.policy,
        entitlements=known.entitlements,
        mandate=known.mandate,
        owner_id=owned.owner_id if owned else None,
        owned_since=owned.begins if owned else None,
    )
    scopes = await _scopes(tx, action, facts)
    if scopes and action.amount:
        found = await money_store.lock_budgets(tx, scopes.names(), action.amount.currency)
        facts = replace(facts, spent=scopes.spent(found))
    return await _conclude(tx, action, facts, approval, scopes)


def _again(earlier: money_store.Spending, action: Action) -> Verdict:
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


async def _scopes(tx: Transaction, action: Action, facts: Facts) -> Scopes | None:
    """The budgets that the action may draw on; None when it draws on none."""
    if not action.costs or entitling(action, facts):
        return None
    owner = await parties.get_owner(tx, action.owner_id) if action.owner_id else None
    return Scopes.of(
        action, period_of(facts.now, owner.zone) if owner else None, goodwill(action, facts.policy)
    )


async def _conclude(
    tx: Transaction,
    action: Action,
    facts: Facts,
    approval: Approval | None,
    scopes: Scopes | None,
) -> Verdict:
    verdict = decide(action, facts, approval)
    if verdict.answer is not Answer.ALLOW:
        return verdict
    approved = verdict.code == APPROVED
    if approval and approved:
        free = await money_store.use_approval(tx, approval.decision_id, action.effect_id, facts.now)
        if not free:
            return decide(action, facts, replace(approval, used=True))
    if action.amount and action.costs:
        charged = scopes.charged(verdict.payer, approved=approved) if scopes else []
        if not await money_store.reserve(tx, action, verdict, charged, facts.now):
            # somebody else has just checked this very effect: what they were told counts
            return await check(tx, action, approval)
        timeline.append(tx, f"case:{action.case_id}", _reserved(action, action.amount, verdict))
    return verdict


def _reserved(action: Action, amount: Money, verdict: Verdict) -> MoneyReserved:
    return MoneyReserved(
        action.effect_id,
        verdict.payer.value,
        amount.minor,
        amount.currency,
        verdict.code,
        verdict.mandate_version,
    )
