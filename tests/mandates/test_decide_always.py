"""What is true of every verdict, whatever the facts are."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.mandates.facts import (
    ACTION,
    DAY,
    DECISION,
    FACTS,
    MANDATE,
    NOW,
    OTHER,
    OWNER,
    TERMS,
    WARRANTY,
    eur,
)

from thingdesk.mandates import Action, Answer, Approval, Facts, Payer, Policy, Spent, decide
from thingdesk.platform.money import Money

ALLOW, DENY = Answer.ALLOW, Answer.DENY

MONEY = st.integers(0, 60000)
actions = st.builds(
    replace,
    st.just(ACTION),
    amount=st.one_of(st.none(), st.builds(Money, MONEY, st.sampled_from(["EUR", "USD"]))),
    safety=st.booleans(),
    effect=st.sampled_from(["book", "reserve_part"]),
)
limits = st.one_of(st.none(), st.builds(eur, MONEY))
mandates_ = st.one_of(
    st.none(),
    st.builds(
        replace,
        st.just(MANDATE),
        revoked_at=st.sampled_from([None, NOW]),
        terms=st.builds(
            replace,
            st.just(TERMS),
            per_case=limits,
            per_period=limits,
            ends=st.sampled_from([None, NOW, NOW + DAY]),
            always_ask=st.sampled_from([(), ("book",)]),
        ),
    ),
)
policies = st.builds(
    Policy,
    denied=st.sampled_from([(), ("book",), ("meter.*",)]),
    per_effect=limits,
    pays=st.sampled_from([(), ("book",)]),
    pays_safety=st.booleans(),
    pays_per_case=limits,
)
facts_ = st.builds(
    replace,
    st.just(FACTS),
    policy=policies,
    mandate=mandates_,
    entitlements=st.sampled_from([(), (WARRANTY,), (replace(WARRANTY, effects=("book",)),)]),
    spent=st.builds(Spent, MONEY, MONEY, MONEY),
    owner_id=st.sampled_from([OWNER, OWNER, OWNER, OTHER]),
)
approvals = st.one_of(
    st.none(),
    st.builds(Approval, st.just(DECISION), st.sampled_from(["", "right"]), st.booleans()),
)


@given(actions, facts_, approvals)
def test_what_is_true_of_every_verdict(
    action: Action, facts: Facts, approval: Approval | None
) -> None:
    if approval and approval.action_hash:
        approval = replace(approval, action_hash=action.hash)
    verdict = decide(action, facts, approval)
    good = approval is not None and approval.action_hash == action.hash and not approval.used
    if action.effect in facts.policy.denied or facts.owner_id != action.owner_id:
        assert verdict.answer is DENY
    if verdict.answer is ALLOW and verdict.payer is Payer.OWNER and not good:
        _assert_within_budget(action, facts)
    if verdict.answer is ALLOW and verdict.code != "safety" and not good:
        assert facts.mandate
        assert facts.mandate.revoked_at is None
        assert facts.mandate.terms.ends in (None, NOW + DAY)
        assert action.effect not in facts.mandate.terms.always_ask
    if verdict.code == "safety":
        assert action.safety
        assert verdict.payer is not Payer.OWNER
    if verdict.payer is Payer.ORGANISATION and facts.policy.pays_per_case and action.amount:
        limit = facts.policy.pays_per_case
        assert action.amount.currency == limit.currency
        assert facts.spent.organisation + action.amount.minor <= limit.minor
    if not good:
        assert verdict.answer is decide(action, facts).answer
    elif verdict.answer is not DENY:
        assert verdict.answer is ALLOW


def _assert_within_budget(action: Action, facts: Facts) -> None:
    assert action.amount
    assert facts.mandate
    budget = facts.mandate.terms
    assert budget.per_case
    assert budget.per_period
    assert action.amount.currency == budget.per_case.currency == budget.per_period.currency
    assert facts.spent.case + action.amount.minor <= budget.per_case.minor
    assert facts.spent.period + action.amount.minor <= budget.per_period.minor
