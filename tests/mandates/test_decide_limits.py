"""What limits a mandate, what a yes is bound to, and what may be asked for under a mandate."""

from dataclasses import fields, replace
from typing import Any

import pytest
from tests.mandates.facts import (
    ACTION,
    CAR,
    DAY,
    DECISION,
    FACTS,
    MANDATE,
    NOW,
    OTHER,
    TERMS,
    WARRANTY,
    eur,
)

from thingdesk.mandates import (
    Answer,
    Approval,
    Facts,
    Payer,
    Spent,
    Wish,
    decide,
    decide_wish,
)
from thingdesk.parties import Span, WeeklyHours
from thingdesk.platform.errors import Recovery
from thingdesk.platform.money import Money

ALLOW, ASK, DENY = Answer.ALLOW, Answer.ASK, Answer.DENY
CONTACT, ASK_OWNER = Recovery.CONTACT_US, Recovery.ASK_OWNER
ASKED = replace(FACTS, mandate=replace(MANDATE, terms=replace(TERMS, always_ask=("book",))))


def test_a_yes_is_for_the_mandate_as_it_was() -> None:
    verdict = decide(ACTION, ASKED)
    yes = Approval(DECISION, ACTION.approves(verdict.payer, verdict.under))
    assert decide(ACTION, ASKED, yes).code == "approved"
    assert ASKED.mandate
    changed = replace(ASKED, mandate=replace(ASKED.mandate, version=4))
    assert decide(ACTION, changed, yes).code == "approval_unfit"
    other = replace(ASKED, mandate=replace(ASKED.mandate, id=OTHER))
    assert decide(ACTION, other, yes).code == "approval_unfit"
    assert decide(ACTION, replace(ASKED, mandate=None), yes).code == "approval_unfit"
    above = replace(ASKED, parents=(replace(ASKED.mandate, id=OTHER),))
    assert decide(ACTION, above, yes).code == "approval_unfit"


@pytest.mark.parametrize("payer", [Payer.OWNER, Payer.MAKER])
def test_a_yes_that_the_release_before_asked_for_is_one(payer: Payer) -> None:
    paid = replace(ASKED, entitlements=(WARRANTY,) if payer is Payer.MAKER else ())
    yes = Approval(DECISION, ACTION.approved_before(payer))
    assert decide(ACTION, paid, yes).code == "approved"
    free = Approval(DECISION, ACTION.approved_before(Payer.MAKER))
    assert decide(ACTION, ASKED, free).code == "approval_unfit"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"approval_above": eur(9999)}, "over_approval"),
        ({"approval_above": eur(10000)}, "mandated"),
        ({"approval_above": Money(99999, "USD")}, "over_approval"),
        ({"providers": ("Garage North",)}, "mandated"),
        ({"providers": (str(OTHER),)}, "mandated"),
        ({"providers": ("Garage South",)}, "provider_not_covered"),
        ({"providers": ()}, "provider_not_covered"),
        ({"times": WeeklyHours((Span(5, 12 * 60, 13 * 60),))}, "mandated"),
        ({"times": WeeklyHours((Span(5, 13 * 60, 14 * 60),))}, "outside_times"),
        ({"cases": 3}, "mandated"),
        ({"cases": 2}, "over_cases"),
    ],
)
def test_what_limits_a_mandate(limits: dict[str, Any], code: str) -> None:
    """NOW is noon of a Saturday; two other cases were counted this month."""
    facts = replace(
        FACTS, mandate=replace(MANDATE, terms=replace(TERMS, **limits)), spent=Spent(cases=2)
    )
    action = replace(ACTION, provider=OTHER, details={"name": "Garage North"})
    verdict = decide(action, facts)
    assert verdict.code == code
    assert (verdict.answer is ALLOW) == (code == "mandated")


def test_times_are_those_of_the_owner() -> None:
    hours = WeeklyHours((Span(5, 13 * 60, 14 * 60),))
    facts = replace(FACTS, mandate=replace(MANDATE, terms=replace(TERMS, times=hours)))
    assert decide(ACTION, facts).code == "outside_times"
    assert decide(ACTION, replace(facts, zone="Europe/Berlin")).code == "mandated"


def test_who_is_above_is_heard_also_of_what_costs_nothing() -> None:
    free, above = replace(ACTION, amount=None), replace(MANDATE, id=OTHER, revoked_at=NOW)
    assert decide(free, FACTS).code == "mandated"
    assert decide(free, replace(FACTS, parents=(above,))).code == "mandate_revoked"


def test_what_others_pay_is_not_above_an_amount() -> None:
    terms = replace(TERMS, approval_above=eur(1))
    facts = replace(FACTS, mandate=replace(MANDATE, terms=terms), entitlements=(WARRANTY,))
    assert decide(ACTION, facts).code == "mandated"


def test_a_mandate_of_another_owner_is_none() -> None:
    facts = replace(FACTS, mandate=replace(MANDATE, owner_id=OTHER))
    assert decide(ACTION, facts).code == "no_mandate"


GIVEN = replace(MANDATE, to="agent-1")
WISH = Wish(GIVEN.id, "agent-1", CAR, "vehicle.repair")


@pytest.mark.parametrize(
    ("wish", "facts", "said"),
    [
        (WISH, {}, (ALLOW, "mandated", None)),
        (replace(WISH, reporter="agent-2"), {}, (DENY, "mandate_unknown", CONTACT)),
        (WISH, {"mandate": None}, (DENY, "mandate_unknown", CONTACT)),
        (WISH, {"mandate": MANDATE}, (DENY, "mandate_unknown", CONTACT)),
        (WISH, {"owner_id": OTHER}, (DENY, "not_your_machine", CONTACT)),
        (WISH, {"owner_id": None}, (DENY, "not_your_machine", CONTACT)),
        (WISH, {"revoked_at": NOW}, (DENY, "mandate_revoked", ASK_OWNER)),
        (WISH, {"ends": NOW}, (ASK, "mandate_ended", ASK_OWNER)),
        (WISH, {"begins": NOW + DAY}, (ASK, "mandate_not_begun", ASK_OWNER)),
        (WISH, {"machines": ("car-2",)}, (ASK, "machine_not_covered", ASK_OWNER)),
        (WISH, {"machines": (CAR,)}, (ALLOW, "mandated", None)),
        (replace(WISH, service="meter.bill"), {}, (ASK, "service_not_covered", ASK_OWNER)),
        (
            WISH,
            {"parents": (replace(GIVEN, revoked_at=NOW),)},
            (DENY, "mandate_revoked", ASK_OWNER),
        ),
    ],
)
def test_what_may_be_asked_for(wish: Wish, facts: dict[str, Any], said: tuple[object, ...]) -> None:
    names = {one.name for one in fields(Facts)}
    terms = {name: value for name, value in facts.items() if name not in names | {"revoked_at"}}
    given = replace(GIVEN, terms=replace(TERMS, **terms), revoked_at=facts.get("revoked_at"))
    known = replace(FACTS, mandate=given)
    known = replace(known, **{name: value for name, value in facts.items() if name in names})
    verdict = decide_wish(wish, known)
    assert (verdict.answer, verdict.code, verdict.recovery) == said
