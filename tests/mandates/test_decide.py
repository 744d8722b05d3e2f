"""Every branch of a verdict, from facts alone."""

from dataclasses import replace
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from tests.mandates.facts import (
    ACTION,
    CAR,
    CASE,
    DAY,
    DECISION,
    EFFECT,
    FACTS,
    MANDATE,
    NOW,
    OTHER,
    OWNER,
    TERMS,
    WARRANTY,
    eur,
)

from thingdesk.mandates import (
    Answer,
    Approval,
    EntitlementKind,
    Payer,
    Policy,
    Spent,
    decide,
)
from thingdesk.platform.errors import Recovery
from thingdesk.platform.money import Money

UNOWNED = {"owner_id": None}


def terms(**changed: Any) -> dict[str, Any]:
    return {"mandate": replace(MANDATE, terms=replace(TERMS, **changed))}


def policy(**changed: Any) -> dict[str, Any]:
    return {"policy": Policy(**changed)}


def entitled(**changed: Any) -> dict[str, Any]:
    return {"entitlements": (replace(WARRANTY, **changed),)}


NO_MANDATE: dict[str, Any] = {"mandate": None}
SAFE: dict[str, Any] = {"safety": True}
AGAIN: dict[str, Any] = {"again": True}
FREE: dict[str, Any] = {"amount": None}
ALLOW, ASK, DENY = Answer.ALLOW, Answer.ASK, Answer.DENY

# what the action is, what is known, the answer, its code, who pays
TABLE: list[tuple[dict[str, Any], dict[str, Any], Answer, str, Payer]] = [
    # the mandate
    ({}, {}, ALLOW, "mandated", Payer.OWNER),
    (FREE, {}, ALLOW, "mandated", Payer.NOBODY),
    ({}, NO_MANDATE, ASK, "no_mandate", Payer.OWNER),
    (FREE, NO_MANDATE, ASK, "no_mandate", Payer.NOBODY),
    ({}, {"mandate": replace(MANDATE, revoked_at=NOW)}, ASK, "mandate_revoked", Payer.OWNER),
    ({}, terms(begins=NOW + DAY), ASK, "mandate_not_begun", Payer.OWNER),
    ({}, terms(begins=NOW, ends=NOW + DAY), ALLOW, "mandated", Payer.OWNER),
    ({}, terms(ends=NOW), ASK, "mandate_ended", Payer.OWNER),
    ({}, terms(services=("meter.*",)), ASK, "service_not_covered", Payer.OWNER),
    ({}, terms(remedies=("wash",)), ASK, "remedy_not_covered", Payer.OWNER),
    ({"remedy": None}, terms(remedies=("wash",)), ALLOW, "mandated", Payer.OWNER),
    ({}, terms(always_ask=("book",)), ASK, "always_ask", Payer.OWNER),
    ({}, terms(always_ask=("vehicle.*",)), ASK, "always_ask", Payer.OWNER),
    ({}, terms(machines=("car-2",)), ASK, "machine_not_covered", Payer.OWNER),
    ({}, terms(machines=(CAR,)), ALLOW, "mandated", Payer.OWNER),
    (
        {},
        terms(machines=(CAR,)) | {"owned_since": NOW - DAY},
        ASK,
        "mandate_of_before",
        Payer.OWNER,
    ),
    # the owner's money
    ({}, terms(per_case=None), ASK, "no_money", Payer.OWNER),
    ({}, terms(per_period=None), ASK, "no_money", Payer.OWNER),
    ({"amount": Money(1, "USD")}, {}, ASK, "currency_differs", Payer.OWNER),
    ({"amount": eur(30000)}, {}, ALLOW, "mandated", Payer.OWNER),
    ({"amount": eur(30001)}, {}, ASK, "over_case_budget", Payer.OWNER),
    ({}, {"spent": Spent(case=20000)}, ALLOW, "mandated", Payer.OWNER),
    ({}, {"spent": Spent(case=20001)}, ASK, "over_case_budget", Payer.OWNER),
    ({}, {"spent": Spent(period=90000)}, ALLOW, "mandated", Payer.OWNER),
    ({}, {"spent": Spent(period=90001)}, ASK, "over_period_budget", Payer.OWNER),
    (FREE, {"spent": Spent(case=10**9, period=10**9)}, ALLOW, "mandated", Payer.NOBODY),
    (FREE, terms(per_case=None, per_period=None), ALLOW, "mandated", Payer.NOBODY),
    # entitlements: others pay, and yet the owner is asked without a mandate
    ({}, entitled(), ALLOW, "mandated", Payer.MAKER),
    ({"amount": eur(99999999)}, entitled(), ALLOW, "mandated", Payer.MAKER),
    ({}, entitled() | NO_MANDATE, ASK, "no_mandate", Payer.MAKER),
    ({}, entitled() | terms(per_case=None, per_period=None), ALLOW, "mandated", Payer.MAKER),
    ({}, entitled(ends=NOW), ALLOW, "mandated", Payer.OWNER),
    ({}, entitled(begins=NOW + DAY), ALLOW, "mandated", Payer.OWNER),
    ({}, entitled(machine="car-2"), ALLOW, "mandated", Payer.OWNER),
    ({}, entitled(owner_id=OTHER), ALLOW, "mandated", Payer.OWNER),
    ({}, entitled(owner_id=OWNER), ALLOW, "mandated", Payer.MAKER),
    ({}, entitled(services=("meter.*",)), ALLOW, "mandated", Payer.OWNER),
    ({}, entitled(effects=("reserve*",)), ALLOW, "mandated", Payer.OWNER),
    ({}, entitled(remedies=("wash",)), ALLOW, "mandated", Payer.OWNER),
    ({}, entitled(per_effect=eur(10000)), ALLOW, "mandated", Payer.MAKER),
    ({}, entitled(per_effect=eur(9999)), ALLOW, "mandated", Payer.OWNER),
    ({}, entitled(per_effect=Money(10**9, "USD")), ALLOW, "mandated", Payer.OWNER),
    # policy
    ({}, policy(denied=("book",)), DENY, "policy_denied", Payer.OWNER),
    ({}, policy(denied=("vehicle.*",)), DENY, "policy_denied", Payer.OWNER),
    (SAFE, policy(denied=("book",)), DENY, "policy_denied", Payer.ORGANISATION),
    ({"amount": eur(-1)}, {}, DENY, "amount_negative", Payer.OWNER),
    ({}, policy(per_effect=eur(9999)), DENY, "policy_limit", Payer.OWNER),
    ({}, policy(per_effect=eur(10000)), ALLOW, "mandated", Payer.OWNER),
    ({}, policy(per_effect=Money(10**9, "USD")), DENY, "policy_limit", Payer.OWNER),
    (FREE, policy(per_effect=eur(0)), ALLOW, "mandated", Payer.NOBODY),
    ({}, policy(entitled_only=("book",)), DENY, "not_entitled", Payer.OWNER),
    ({}, policy(entitled_only=("vehicle.*",)), DENY, "not_entitled", Payer.OWNER),
    ({}, policy(entitled_only=("book",)) | entitled(), ALLOW, "mandated", Payer.MAKER),
    # what the organisation pays without an entitlement
    ({}, policy(pays=("book",)), ALLOW, "mandated", Payer.ORGANISATION),
    ({}, policy(pays=("vehicle.*",)) | NO_MANDATE, ASK, "no_mandate", Payer.ORGANISATION),
    (
        {},
        policy(pays=("book",), pays_per_case=eur(10000)),
        ALLOW,
        "mandated",
        Payer.ORGANISATION,
    ),
    (
        {},
        policy(pays=("book",), pays_per_case=eur(10000)) | {"spent": Spent(organisation=1)},
        ALLOW,
        "mandated",
        Payer.OWNER,
    ),
    # safety
    (SAFE, NO_MANDATE, ALLOW, "safety", Payer.ORGANISATION),
    (SAFE | FREE, NO_MANDATE, ALLOW, "safety", Payer.NOBODY),
    (SAFE, terms(services=()), ALLOW, "safety", Payer.ORGANISATION),
    (SAFE, policy(pays_safety=False) | NO_MANDATE, ASK, "no_mandate", Payer.OWNER),
    (SAFE, policy(pays_safety=False) | entitled() | NO_MANDATE, ALLOW, "safety", Payer.MAKER),
    (SAFE, policy(pays_per_case=eur(9999)) | NO_MANDATE, ASK, "no_mandate", Payer.OWNER),
    # what is under way already
    (SAFE | AGAIN, NO_MANDATE, ASK, "dispatched_already", Payer.ORGANISATION),
    (SAFE | AGAIN | FREE, {}, ASK, "dispatched_already", Payer.NOBODY),
    (
        SAFE | AGAIN | UNOWNED,
        UNOWNED | policy(acts_for_unowned=True),
        DENY,
        "nobody_to_ask",
        Payer.ORGANISATION,
    ),
    # ownership
    ({}, {"owner_id": OTHER}, DENY, "owner_changed", Payer.OWNER),
    (SAFE, {"owner_id": OTHER}, DENY, "owner_changed", Payer.ORGANISATION),
    ({}, {"owner_id": None}, DENY, "owner_changed", Payer.OWNER),
    (UNOWNED, {}, DENY, "owner_changed", Payer.OWNER),
    (UNOWNED, UNOWNED | NO_MANDATE, DENY, "nobody_to_ask", Payer.OWNER),
    (UNOWNED, UNOWNED | policy(acts_for_unowned=True), ALLOW, "own_machine", Payer.ORGANISATION),
    (
        UNOWNED,
        UNOWNED | policy(acts_for_unowned=True, pays_per_case=eur(1)),
        DENY,
        "nobody_to_ask",
        Payer.OWNER,
    ),
    (UNOWNED | SAFE, UNOWNED, ALLOW, "safety", Payer.ORGANISATION),
]


@pytest.mark.parametrize(("action", "facts", "answer", "code", "payer"), TABLE)
def test_the_table(
    action: dict[str, Any], facts: dict[str, Any], answer: Answer, code: str, payer: Payer
) -> None:
    verdict = decide(replace(ACTION, **action), replace(FACTS, **facts))
    assert (verdict.answer, verdict.code, verdict.payer) == (answer, code, payer)
    assert verdict.reason.endswith(".")
    assert (verdict.recovery is None) == (answer is ALLOW)
    if answer is ASK:
        assert verdict.recovery is Recovery.ASK_OWNER


def test_a_verdict_names_the_version_that_it_rests_on() -> None:
    assert decide(ACTION, FACTS).mandate_version == 3
    over = decide(ACTION, replace(FACTS, spent=Spent(case=25000)))
    assert (over.mandate_id, over.mandate_version) == (MANDATE.id, 3)
    assert "It costs 100.00 EUR; of the 300.00 EUR for this case, 50.00 EUR is left." in over.reason


def test_the_law_goes_before_the_warranty_and_the_contract() -> None:
    contract = replace(WARRANTY, kind=EntitlementKind.CONTRACT, payer=Payer.INSURER)
    law = replace(WARRANTY, kind=EntitlementKind.LAW, payer=Payer.ORGANISATION)
    for some, payer in (
        ((contract, WARRANTY, law), Payer.ORGANISATION),
        ((contract, WARRANTY), Payer.MAKER),
        ((contract, replace(law, ends=NOW)), Payer.INSURER),
    ):
        assert decide(ACTION, replace(FACTS, entitlements=some)).payer is payer


def test_of_two_of_a_kind_the_one_with_the_first_reference_counts_however_they_are_read() -> None:
    first = replace(WARRANTY, reference="A-1", payer=Payer.INSURER)
    some = (replace(WARRANTY, reference="B-1"), first, replace(WARRANTY, reference="B-2"))
    for read in permutations(some):
        assert decide(ACTION, replace(FACTS, entitlements=read)).payer is Payer.INSURER


ASKED = replace(FACTS, mandate=None)


def test_an_approval_permits_its_action() -> None:
    verdict = decide(ACTION, ASKED, Approval(DECISION, ACTION.hash))
    assert (verdict.answer, verdict.code, verdict.payer) == (ALLOW, "approved", Payer.OWNER)
    # beyond what the mandate does
    beyond = replace(FACTS, **terms(always_ask=("book",), per_case=None))
    assert decide(ACTION, beyond, Approval(DECISION, ACTION.hash)).code == "approved"


@pytest.mark.parametrize(
    "other",
    [
        {"effect_id": CASE},
        {"owner_id": None},
        {"machine": "car-2"},
        {"case_id": EFFECT},
        {"service": "vehicle.tow"},
        {"effect": "reserve_part"},
        {"remedy": None},
        {"amount": eur(10001)},
        {"amount": Money(10000, "USD")},
        {"provider": OTHER},
        {"safety": True},
        {"details": {"slot": "later"}},
    ],
)
def test_an_approval_fits_exactly_one_action(other: dict[str, Any]) -> None:
    approval = Approval(DECISION, replace(ACTION, **other).hash)
    verdict = decide(ACTION, ASKED, approval)
    assert (verdict.answer, verdict.code) == (ASK, "approval_unfit")


def test_a_yes_to_what_others_pay_is_none_to_the_owners_own_money() -> None:
    """And who would have paid it themselves has nothing against that somebody else does."""
    free = Approval(DECISION, ACTION.approves(Payer.MAKER, ASKED.under))
    paid = replace(ASKED, entitlements=(WARRANTY,))
    assert decide(ACTION, paid).payer is Payer.MAKER
    assert decide(ACTION, paid, free).code == "approved"
    assert decide(ACTION, ASKED, free).code == "approval_unfit"
    assert decide(ACTION, paid, Approval(DECISION, ACTION.hash)).code == "approved"
    costless = replace(ACTION, amount=None)
    verdict = decide(costless, ASKED)
    assert verdict.payer is Payer.NOBODY
    assert decide(
        costless, ASKED, Approval(DECISION, costless.approves(verdict.payer, verdict.under))
    ).code == ("approved")


def test_an_approval_is_used_once() -> None:
    verdict = decide(ACTION, ASKED, Approval(DECISION, ACTION.hash, used=True))
    assert (verdict.answer, verdict.code) == (ASK, "approval_unfit")


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        ({}, policy(denied=("book",))),
        ({}, policy(per_effect=eur(1))),
        ({}, policy(entitled_only=("book",))),
        ({}, {"owner_id": OTHER}),
        ({"amount": eur(-5)}, {}),
        (UNOWNED, UNOWNED),
    ],
)
def test_a_denial_stays_one_with_an_approval(action: dict[str, Any], facts: dict[str, Any]) -> None:
    asked = replace(ACTION, **action)
    known = replace(FACTS, **facts)
    without = decide(asked, known)
    assert without.answer is DENY
    assert decide(asked, known, Approval(DECISION, asked.hash)) == without


def test_the_hash_is_of_content_alone() -> None:
    one = replace(ACTION, details={"a": 1, "b": (UUID(int=1),)})
    other = replace(ACTION, details={"b": [str(UUID(int=1))], "a": 1})
    assert one.hash == other.hash
    assert len(one.hash) == 64
    assert replace(ACTION, details={"a": "\ud800"}).hash
