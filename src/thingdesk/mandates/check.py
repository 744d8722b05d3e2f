from collections.abc import Sequence
from dataclasses import replace

from thingdesk import timeline
from thingdesk.mandates import basis, money_store
from thingdesk.mandates.action import Action, Approval, Verdict
from thingdesk.mandates.basis import Asked, Basis
from thingdesk.mandates.budget import Tally
from thingdesk.mandates.decide import APPROVED, MANDATED, decide
from thingdesk.mandates.events import MoneyReserved
from thingdesk.mandates.model import Answer
from thingdesk.mandates.money_store import Charge, Spending
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery


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
    bases = await basis.read(tx, [(one, None) for one in actions], clock.now())
    tally = await basis.lock(tx, bases)
    return [decide(one.action, one.with_spent(tally)) for one in bases]


async def _check(tx: Transaction, asked: Sequence[Asked]) -> list[Verdict]:
    bases = await basis.read(tx, asked, clock.now())
    tally = await basis.lock(tx, bases)
    bases = await basis.with_mandates_of_now(tx, bases)
    counted: list[str] = []
    verdicts = [await _verdict(tx, one, tally, counted) for one in bases]
    await money_store.count_cases(tx, counted)
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


async def _verdict(tx: Transaction, one: Basis, tally: Tally, counted: list[str]) -> Verdict:
    """The verdict, with the money that it allows noted in `tally`, and the case in `counted`."""
    action, approval = one.action, one.approval
    if one.earlier:
        return _again(one.earlier, action)
    facts = one.with_spent(tally)
    verdict = decide(action, facts, approval)
    if approval and verdict.code == APPROVED:
        used = money_store.use_approval(tx, approval.decision_id, action.effect_id, facts.now)
        if not await used:
            verdict = decide(action, facts, replace(approval, used=True))
    if charge := _charge(one, verdict):
        tally.charge(charge.scopes, charge.amount)
    if verdict.code == MANDATED:
        counted += one.scopes.count(tally)
    return verdict


def _charge(one: Basis, verdict: Verdict) -> Charge | None:
    """What is to be reserved; None for nothing, or when it is reserved already."""
    amount = one.action.amount
    if verdict.answer is not Answer.ALLOW or one.earlier or amount is None or not one.action.costs:
        return None
    approved = verdict.code == APPROVED
    scopes = one.scopes.charged(verdict.payer, approved=approved)
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
