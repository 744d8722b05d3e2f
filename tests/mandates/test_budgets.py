import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from tests import waiting
from tests.mandates.making import Party, a_party, euros

from thingdesk import mandates, timeline
from thingdesk.mandates import Action, Answer, Approval, Policy, Verdict
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused
from thingdesk.platform.money import Money


@pytest.fixture
async def wide(database_url: str) -> AsyncIterator[Database]:
    """So many connections that checks really meet each other."""
    pool = await Database.connect(database_url, most=20)
    yield pool
    await pool.close()


async def settle(database: Database, effect_id: UUID, amount: Money) -> None:
    async with database.transaction() as tx:
        await mandates.settle(tx, effect_id, amount)


async def release(database: Database, effect_id: UUID) -> bool:
    async with database.transaction() as tx:
        return await mandates.release(tx, effect_id)


async def sums_agree(database: Database) -> None:
    """Every budget is the sum of what was reserved and settled in it."""
    async with database.transaction() as tx:
        wrong = await tx.fetch(
            "select scope, spent, (select coalesce(sum(minor), 0) from spending s where"
            " b.scope = any(s.scopes) and s.currency = b.currency and s.state <> 'released') as sum"
            " from budget b"
        )
    assert [row for row in wrong if row["spent"] != row["sum"]] == []


async def test_a_hundred_cases_cannot_overspend_a_month(wide: Database) -> None:
    party = await a_party(wide)
    await party.grant(per_case=euros(300), per_period=euros(700))
    verdicts = await asyncio.gather(*(party.check(party.action()) for _ in range(100)))
    assert Counter(verdict.code for verdict in verdicts) == {
        "mandated": 7,
        "over_period_budget": 93,
    }
    assert await party.spent() == [euros(700)]
    await sums_agree(wide)


async def test_a_hundred_effects_cannot_overspend_a_case(wide: Database) -> None:
    party = await a_party(wide)
    await party.grant(per_case=euros(700), per_period=euros(100000))
    case = ids.new()
    actions = [party.action(case_id=case) for _ in range(100)]
    codes = Counter(await asyncio.gather(*(party.code(action) for action in actions)))
    assert codes == {"mandated": 7, "over_case_budget": 93}
    assert await party.code(party.action()) == "mandated"
    await sums_agree(wide)


async def test_a_hundred_effects_cannot_overspend_what_the_organisation_pays(
    wide: Database,
) -> None:
    party = await a_party(wide)
    async with wide.transaction() as tx:
        await mandates.set_policy(tx, Policy(pays_per_case=euros(700)))
    case = ids.new()
    actions = [party.action(case_id=case, safety=True) for _ in range(100)]
    codes = Counter(await asyncio.gather(*(party.code(action) for action in actions)))
    assert codes == {"safety": 7, "no_mandate": 93}
    assert await party.spent() == []
    await sums_agree(wide)
    async with wide.transaction() as tx:
        await mandates.set_policy(tx, Policy())


async def test_checks_releases_and_settlements_meet(wide: Database) -> None:
    party = await a_party(wide)
    await party.grant(per_case=euros(10000), per_period=euros(1000))
    case = ids.new()

    async def one(number: int) -> Verdict:
        action = party.action(case_id=case)
        verdict = await party.check(action)
        if verdict.answer is Answer.ALLOW and number % 3 == 0:
            assert await release(wide, action.effect_id)
        elif verdict.answer is Answer.ALLOW and number % 3 == 1:
            await settle(wide, action.effect_id, euros(60))
        return verdict

    await asyncio.gather(*(one(number) for number in range(60)))
    await sums_agree(wide)
    [spent] = await party.spent()
    assert spent <= euros(1000)


async def test_reserving_is_idempotent_on_the_effect(wide: Database) -> None:
    party = await a_party(wide)
    await party.grant(per_period=euros(300))
    action = party.action()
    verdicts = await asyncio.gather(*(party.check(action) for _ in range(20)))
    assert {verdict.code for verdict in verdicts} == {"mandated"}
    assert verdicts == [verdicts[0]] * 20
    assert await party.spent() == [euros(100)]
    # the same effect with another content is another action
    assert await party.code(replace(action, amount=euros(1))) == "effect_differs"
    assert await party.spent() == [euros(100)]
    # and what was permitted stays so, whatever comes after
    async with wide.transaction() as tx:
        await mandates.revoke(tx, party.owner_id, "enough")
    assert await party.check(action) == verdicts[0]


async def test_releasing_is_idempotent(database: Database) -> None:
    party = await a_party(database)
    await party.grant(per_period=euros(100))
    first, second = party.action(), party.action()
    await party.allowed(first)
    assert await party.code(second) == "over_period_budget"
    assert await release(database, first.effect_id)
    assert not await release(database, first.effect_id)
    assert not await release(database, ids.new())
    await party.allowed(second)
    # released: checked anew, and now there is nothing left
    assert await party.code(first) == "over_period_budget"
    assert await release(database, second.effect_id)
    await party.allowed(first)
    assert await party.spent() == [euros(100)]
    await sums_agree(database)


async def test_settling_frees_the_rest_and_is_idempotent(database: Database) -> None:
    party = await a_party(database)
    await party.grant(per_period=euros(100))
    action = party.action()
    await party.allowed(action)
    for _ in range(2):
        await settle(database, action.effect_id, euros(60))
        assert await party.spent() == [euros(60)]
    with pytest.raises(Refused, match="settled_already"):
        await settle(database, action.effect_id, euros(59))
    assert not await release(database, action.effect_id)
    assert await party.spent() == [euros(60)]
    await party.allowed(party.action(amount=euros(40)))
    assert await party.code(party.action(amount=euros(0.01))) == "over_period_budget"
    async with database.transaction() as tx:
        kinds = [one.kind for one in await timeline.read(tx, f"case:{action.case_id}")]
    assert kinds == ["money.reserved", "money.settled"]


async def test_no_more_is_settled_than_was_reserved(database: Database) -> None:
    party = await a_party(database)
    await party.grant()
    action = party.action()
    await party.allowed(action)
    for wrong in (euros(100.01), euros(-1), Money(1, "USD")):
        with pytest.raises(Refused, match="over_reserved"):
            await settle(database, action.effect_id, wrong)
    with pytest.raises(Refused, match="nothing_reserved"):
        await settle(database, ids.new(), euros(1))
    await release(database, action.effect_id)
    with pytest.raises(Refused, match="nothing_reserved"):
        await settle(database, action.effect_id, euros(1))


async def test_an_effect_that_came_to_nothing_reserves_nothing(database: Database) -> None:
    party = await a_party(database)
    await party.grant(per_period=euros(100))

    async def fail(action: Action) -> None:
        async with database.transaction() as tx:
            assert (await mandates.check(tx, action)).answer is Answer.ALLOW
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail(party.action())
    await party.allowed(party.action())


async def test_a_period_is_a_month_where_the_owner_lives(database: Database) -> None:
    now = [datetime(2026, 11, 1, tzinfo=UTC)]
    with clock.reading(lambda: now[0]):
        party = await a_party(database, zone="Pacific/Auckland")
        await party.grant(per_period=euros(100))
        # still November in Greenwich, and December in Auckland
        for moment, code in (
            ("2026-11-30T10:59:00+00:00", "mandated"),
            ("2026-11-30T10:59:59+00:00", "over_period_budget"),
            ("2026-11-30T11:00:00+00:00", "mandated"),
            ("2026-12-31T10:59:59+00:00", "over_period_budget"),
            ("2026-12-31T11:00:00+00:00", "mandated"),
        ):
            now[0] = datetime.fromisoformat(moment)
            assert await party.code(party.action()) == code


async def test_a_new_version_does_not_fill_the_budget_again(database: Database) -> None:
    party = await a_party(database)
    await party.grant(per_period=euros(100))
    await party.allowed(party.action())
    await party.grant(per_period=euros(150))
    assert await party.code(party.action()) == "over_period_budget"
    await party.allowed(party.action(amount=euros(50)))


async def test_an_approval_permits_once_and_on_top_of_the_budget(wide: Database) -> None:
    party = await a_party(wide)
    await party.grant(per_period=euros(100))
    big = party.action(amount=euros(890))
    approval = Approval(ids.new(), big.hash)
    assert await party.code(big) == "over_case_budget"
    codes = await asyncio.gather(*(party.code(big, approval) for _ in range(10)))
    assert set(codes) == {"approved"}
    assert await party.spent() == []
    await party.allowed(party.action())
    # another effect, of the very same content otherwise, is another action
    twin = replace(big, effect_id=ids.new())
    assert await party.code(twin, approval) == "approval_unfit"
    assert await party.code(twin, replace(approval, action_hash=twin.hash)) == "approval_unfit"
    # taken back: the approval was for once
    assert await release(wide, big.effect_id)
    assert await party.code(big, approval) == "approval_unfit"
    await sums_agree(wide)


async def test_an_approval_of_what_costs_nothing_is_used_too(database: Database) -> None:
    party = await a_party(database)
    action = party.action(amount=None)
    approval = Approval(ids.new(), action.hash)
    assert await party.code(action, approval) == "approved"
    assert await party.code(action, approval) == "approved"
    twin = replace(action, effect_id=ids.new())
    assert await party.code(twin, replace(approval, action_hash=twin.hash)) == "approval_unfit"


async def someone_waits(database: Database) -> None:
    """Until a transaction waits for a lock of another."""

    async def look() -> bool:
        async with database.transaction() as tx:
            return bool(
                await tx.fetchval(
                    "select exists (select from pg_stat_activity"
                    " where datname = current_database() and wait_event_type = 'Lock')"
                )
            )

    await waiting.until(look)


async def test_of_two_actions_one_gets_the_approval(wide: Database) -> None:
    # a decision has one hash; whoever forges a second one gains nothing by being quick
    party = await a_party(wide)
    decision = ids.new()
    first, second = party.action(amount=None), party.action(amount=None)
    async with wide.transaction() as tx:
        verdict = await mandates.check(tx, first, Approval(decision, first.hash))
        quick = asyncio.create_task(party.code(second, Approval(decision, second.hash)))
        await someone_waits(wide)
    assert verdict.code == "approved"
    assert await quick == "approval_unfit"


async def test_of_two_releases_one_frees_the_money(wide: Database) -> None:
    party = await a_party(wide)
    await party.grant()
    action = party.action()
    await party.allowed(action)
    await party.allowed(party.action())
    async with wide.transaction() as tx:
        assert await mandates.release(tx, action.effect_id)
        second = asyncio.create_task(release(wide, action.effect_id))
        await someone_waits(wide)
    assert not await second
    assert await party.spent() == [euros(100)]
    await sums_agree(wide)


async def test_many_owners_in_one_transaction(database: Database) -> None:
    some: list[Party] = [await a_party(database) for _ in range(5)]
    for party in some:
        await party.grant(per_period=euros(100))
    async with database.transaction() as tx:
        for party in some * 2:
            await mandates.check(tx, party.action())
    assert [await party.spent() for party in some] == [[euros(100)]] * 5
