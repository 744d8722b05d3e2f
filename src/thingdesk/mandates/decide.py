"""The verdict on an action, from facts alone. Pure: every branch has its line here."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain, repeat

from thingdesk.mandates.action import (
    Action,
    Approval,
    Entitlement,
    EntitlementKind,
    Facts,
    Policy,
    Spent,
    Verdict,
    Wish,
    versions_of,
)
from thingdesk.mandates.model import OWNER_CHANGED, Answer, Mandate, Payer, Terms, fits, is_at_most
from thingdesk.platform.errors import Recovery
from thingdesk.platform.money import Money

_ORDER = list(EntitlementKind)
APPROVED, MANDATED = "approved", "mandated"


def decide(action: Action, facts: Facts, approval: Approval | None = None) -> Verdict:
    """May this be done? The first that has something to say decides.

    Ownership and policy come first, and no approval helps against them. Safety that others pay
    needs no mandate, the first time. An approval of this very action that was not used permits it,
    beyond what the mandate does; any other changes no answer. Then the mandate.
    """
    payer = who_pays(action, facts)
    for rule in (_ownership, _policy, _safety, _unowned):
        verdict = rule(action, facts, payer)
        if verdict:
            return verdict
    if approval and not approval.used and _fits_approval(action, payer, facts, approval):
        return _allow(APPROVED, "The owner approved exactly this.", action, payer)
    verdict = _again(action, payer) or _mandate(action, facts, payer)
    if verdict.answer is not Answer.ASK:
        return verdict
    if approval:
        why = "was used already" if approval.used else "is of another action, payer or mandate"
        words = f"The approval {why}. {verdict.reason}"
        verdict = _ask("approval_unfit", words, action, payer)
    return replace(verdict, under=facts.under)


def who_pays(action: Action, facts: Facts) -> Payer:
    """Whose money the action would cost; the owner's, unless something says otherwise."""
    entitlement = entitling(action, facts)
    if entitlement:
        return entitlement.payer
    if goodwill(action, facts.policy) and _within_goodwill(action, facts):
        return Payer.ORGANISATION
    return Payer.OWNER


def _fits_approval(action: Action, payer: Payer, facts: Facts, approval: Approval) -> bool:
    """It permits this very action, under the mandate as it was then; with the owner's own money
    only if that was said.
    """
    paying, under = _paying(action, payer), facts.under
    then = replace(action, mandate_id=action.before) if facts.under_before else action
    before = versions_of(facts.under_before) or under
    return approval.action_hash in (
        action.approves(Payer.OWNER, under),
        action.approves(paying, under),
        then.approves(Payer.OWNER, before),
        then.approves(paying, before),
        action.approved_before(Payer.OWNER),
        action.approved_before(paying),
    )


def entitling(action: Action, facts: Facts) -> Entitlement | None:
    """The first entitlement that covers the action."""
    covering = [one for one in facts.entitlements if one.covers(action, facts.now)]
    return min(covering, key=lambda one: (_ORDER.index(one.kind), one.reference), default=None)


def goodwill(action: Action, policy: Policy) -> bool:
    """Whether the organisation pays for such actions without an entitlement, within its limit."""
    return (
        (action.safety and policy.pays_safety)
        or (action.owner_id is None and policy.acts_for_unowned)
        or fits(action.service, policy.pays)
        or fits(action.effect, policy.pays)
    )


def _within_goodwill(action: Action, facts: Facts) -> bool:
    limit = facts.policy.pays_per_case
    if limit is None or action.amount is None:
        return True
    total = Money(action.amount.minor + facts.spent.organisation, action.amount.currency)
    return is_at_most(total, limit)


def _ownership(action: Action, facts: Facts, payer: Payer) -> Verdict | None:
    if action.owner_id == facts.owner_id:
        return None
    return _deny(OWNER_CHANGED, "The machine has another owner now.", action, payer)


def _policy(action: Action, facts: Facts, payer: Payer) -> Verdict | None:
    policy, amount = facts.policy, action.amount
    if fits(action.effect, policy.denied) or fits(action.service, policy.denied):
        return _deny("policy_denied", "The organisation does not allow this.", action, payer)
    if amount and amount.minor < 0:
        words = f"{amount} is no price."
        return _deny("amount_negative", words, action, payer, Recovery.FIX_INPUT)
    if policy.per_effect and not is_at_most(amount, policy.per_effect):
        words = f"{amount} is more than the {policy.per_effect} that one effect may cost."
        return _deny("policy_limit", words, action, payer)
    needed = fits(action.effect, policy.entitled_only) or fits(action.service, policy.entitled_only)
    if needed and entitling(action, facts) is None:
        words = "Neither law, warranty nor contract gives this to the machine."
        return _deny("not_entitled", words, action, payer)
    return None


def _safety(action: Action, _: Facts, payer: Payer) -> Verdict | None:
    if action.safety and not action.again and payer is not Payer.OWNER:
        words = "It is for safety, and costs the owner nothing."
        return _allow("safety", words, action, payer)
    return None


def _unowned(action: Action, facts: Facts, payer: Payer) -> Verdict | None:
    if action.owner_id is not None:
        return None
    if facts.policy.acts_for_unowned and payer is not Payer.OWNER and not action.again:
        return _allow("own_machine", "The machine is the organisation's own.", action, payer)
    words = "The machine has no owner who could permit this."
    return _deny("nobody_to_ask", words, action, payer)


def _again(action: Action, payer: Payer) -> Verdict | None:
    if not action.again:
        return None
    words = "Somebody is sent to the machine for this already."
    return _ask("dispatched_already", words, action, payer)


def _mandate(action: Action, facts: Facts, payer: Payer) -> Verdict:
    mandate = facts.mandate
    if mandate is None or mandate.owner_id != action.owner_id:
        return _ask("no_mandate", "The owner has given no mandate.", action, payer)
    spending = chain((facts.spent, *facts.spent.above), repeat(Spent()))
    for one, spent in zip(facts.chain, spending, strict=False):
        for code, words in _objections(action, facts, one, spent, payer):
            return _ask(code, words, action, payer, mandate)
    return _allow(MANDATED, "The owner's mandate permits it.", action, payer, mandate)


def _objections(
    action: Action, facts: Facts, mandate: Mandate, spent: Spent, payer: Payer
) -> Iterator[tuple[str, str]]:
    yield from when(mandate, facts.now)
    yield from where(action.machine, action.service, facts, mandate)
    yield from _scope_objections(action, facts, mandate.terms)
    if payer is Payer.OWNER and action.amount and action.costs:
        yield from _money_objections(action.amount, spent, mandate.terms)
    if mandate.terms.cases is not None and spent.cases >= mandate.terms.cases:
        yield "over_cases", f"The owner's mandate is for {mandate.terms.cases} cases a month."


def when(mandate: Mandate, now: datetime) -> Iterator[tuple[str, str]]:
    """What its time has against it."""
    terms = mandate.terms
    if mandate.revoked_at is not None:
        yield "mandate_revoked", "The owner has revoked the mandate."
    if terms.begins and now < terms.begins:
        yield "mandate_not_begun", "The owner's mandate has not begun yet."
    if terms.ends and now >= terms.ends:
        yield "mandate_ended", "The owner's mandate has ended."


def where(machine: str, service: str, facts: Facts, mandate: Mandate) -> Iterator[tuple[str, str]]:
    """What its machines and services have against it."""
    terms = mandate.terms
    if terms.machines is not None:
        if machine not in terms.machines:
            yield "machine_not_covered", "The owner's mandate is not for this machine."
        elif facts.owned_since is None or mandate.granted_at < facts.owned_since:
            yield "mandate_of_before", "The owner's mandate is from an earlier ownership."
    if not fits(service, terms.services):
        yield "service_not_covered", "The owner's mandate is not for this service."


def _scope_objections(action: Action, facts: Facts, terms: Terms) -> Iterator[tuple[str, str]]:
    if action.remedy is not None and not fits(action.remedy, terms.remedies):
        yield "remedy_not_covered", "The owner's mandate is not for this remedy."
    if terms.providers is not None and action.provider is not None:
        names = {str(action.provider), action.details.get("name")}
        if names.isdisjoint(terms.providers):
            yield "provider_not_covered", "The owner's mandate is not for this provider."
    if fits(action.effect, terms.always_ask) or fits(action.service, terms.always_ask):
        yield "always_ask", "The owner wants to be asked for this, always."
    if terms.times and not terms.times.open_at(facts.now, facts.zone):
        yield "outside_times", "The owner's mandate is not for this time of the week."


def _money_objections(amount: Money, spent: Spent, terms: Terms) -> Iterator[tuple[str, str]]:
    budgets = (
        ("case", terms.per_case, spent.case, "this case"),
        ("period", terms.per_period, spent.period, "this month"),
    )
    for name, limit, gone, words in budgets:
        if limit is None:
            yield "no_money", "The owner's mandate lets nothing be spent unasked."
        elif limit.currency != amount.currency:
            yield "currency_differs", f"{amount} is not in the mandate's currency."
        elif gone + amount.minor > limit.minor:
            left = Money(max(0, limit.minor - gone), limit.currency)
            yield (
                f"over_{name}_budget",
                f"It costs {amount}; of the {limit} for {words}, {left} is left.",
            )
    if terms.approval_above and not is_at_most(amount, terms.approval_above):
        yield (
            "over_approval",
            f"It costs {amount}, and the owner wants to be asked above {terms.approval_above}.",
        )


def _allow(
    code: str, reason: str, action: Action, payer: Payer, mandate: Mandate | None = None
) -> Verdict:
    return _resting_on(Verdict(Answer.ALLOW, code, reason, None, _paying(action, payer)), mandate)


def _ask(
    code: str, reason: str, action: Action, payer: Payer, mandate: Mandate | None = None
) -> Verdict:
    paying = _paying(action, payer)
    return _resting_on(Verdict(Answer.ASK, code, reason, Recovery.ASK_OWNER, paying), mandate)


def _deny(
    code: str,
    reason: str,
    action: Action,
    payer: Payer,
    recovery: Recovery = Recovery.CONTACT_US,
) -> Verdict:
    return Verdict(Answer.DENY, code, reason, recovery, _paying(action, payer))


def _resting_on(verdict: Verdict, mandate: Mandate | None) -> Verdict:
    """With the version of the mandate that it rests on."""
    if mandate is None:
        return verdict
    return replace(verdict, mandate_id=mandate.id, mandate_version=mandate.version)


def _paying(action: Action, payer: Payer) -> Payer:
    return payer if action.costs else Payer.NOBODY


def decide_wish(wish: Wish, facts: Facts) -> Verdict:
    """May this be asked for under its mandate? `ask` where its owner could permit it. The number of
    cases is counted where one is opened.
    """
    mandate = facts.mandate
    if mandate is None or mandate.to != wish.reporter:
        words = "There is no such mandate, or it was given to somebody else."
        return Verdict(Answer.DENY, "mandate_unknown", words, Recovery.CONTACT_US)
    if facts.owner_id != mandate.owner_id:
        words = "The machine is not of the owner who gave the mandate."
        return Verdict(Answer.DENY, "not_your_machine", words, Recovery.CONTACT_US)
    for one in facts.chain:
        for code, words in (
            *when(one, facts.now),
            *where(wish.machine, wish.service, facts, one),
        ):
            answer = Answer.DENY if code == "mandate_revoked" else Answer.ASK
            return _resting_on(Verdict(answer, code, words, Recovery.ASK_OWNER), mandate)
    words = "The owner's mandate permits to ask for it."
    return _resting_on(Verdict(Answer.ALLOW, MANDATED, words), mandate)
