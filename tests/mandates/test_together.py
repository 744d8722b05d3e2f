"""What is checked together is answered as if it were checked one after the other."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tests.mandates.making import a_party, euros

from thingdesk import mandates
from thingdesk.mandates import Action, Approval, Verdict
from thingdesk.platform import ids
from thingdesk.platform.database import Database, Transaction

Asked = tuple[Action, Approval | None]


async def checked(database: Database, asked: Sequence[Asked]) -> list[Verdict]:
    verdicts: list[Verdict] = []

    async def one(tx: Transaction, action: Action, approval: Approval | None) -> None:
        verdicts.append(await mandates.check(tx, action, approval))

    async with database.transaction() as tx:
        await tx.together(one(tx, *each) for each in asked)
    return verdicts


async def codes(database: Database, actions: Sequence[Action]) -> list[str]:
    return [one.code for one in await checked(database, [(action, None) for action in actions])]


async def test_effects_of_one_budget_see_each_other(database: Database) -> None:
    party = await a_party(database)
    await party.grant(per_case=euros(1000), per_period=euros(250))
    actions = [party.action(amount=euros(amount)) for amount in (100, 100, 100, 50, 1)]
    assert await codes(database, actions) == [
        *("mandated", "mandated", "over_period_budget", "mandated", "over_period_budget"),
    ]
    assert await party.spent() == [euros(250)]


async def test_effects_of_one_case_see_each_other(database: Database) -> None:
    party = await a_party(database)
    await party.grant(per_case=euros(150), per_period=euros(10000))
    case = ids.new()
    actions = [party.action(case_id=case), party.action(case_id=case), party.action()]
    assert await codes(database, actions) == ["mandated", "over_case_budget", "mandated"]
    assert await party.spent() == [euros(200)]


async def test_many_batches_at_once_cannot_overspend(database_url: str) -> None:
    wide = await Database.connect(database_url, most=12)
    parties = [await a_party(wide) for _ in range(3)]
    for party in parties:
        await party.grant(per_case=euros(1000), per_period=euros(700))
    # every batch draws on all three, in another order each
    batches = [[parties[(n + turn) % 3].action() for n in range(9)] for turn in range(12)]
    found = await asyncio.gather(*(codes(wide, batch) for batch in batches))
    assert Counter(code for batch in found for code in batch) == {
        "mandated": 21,
        "over_period_budget": 87,
    }
    assert [await party.spent() for party in parties] == [[euros(700)]] * 3
    await wide.close()


async def test_each_is_checked_by_what_is_its_own(database: Database) -> None:
    one, other = await a_party(database), await a_party(database)
    await one.grant()
    stranger = one.action(owner_id=other.owner_id)
    repeated = one.action()
    await one.allowed(repeated)
    differing = one.action(effect_id=repeated.effect_id, amount=euros(101))
    asked = [one.action(), other.action(), stranger, repeated, one.action(amount=None), differing]
    assert await codes(database, asked) == [
        *("mandated", "no_mandate", "owner_changed", "mandated", "mandated", "effect_differs"),
    ]
    assert await one.spent() == [euros(200)]


async def test_an_approval_permits_one_of_two_who_bring_it(database: Database) -> None:
    party = await a_party(database)
    first = party.action()
    approval = Approval(ids.new(), first.hash)
    other = party.action(amount=euros(5))
    verdicts = await checked(database, [(other, approval), (first, approval), (other, None)])
    assert [one.code for one in verdicts] == ["approval_unfit", "approved", "no_mandate"]
    assert await party.spent() == []


async def test_an_effect_that_two_batches_take_up_at_once_is_reserved_once(
    database_url: str,
) -> None:
    wide = await Database.connect(database_url, most=12)
    party = await a_party(wide)
    await party.grant(per_case=euros(1000), per_period=euros(10000))
    actions = [party.action() for _ in range(20)]
    others = [replace(action, amount=euros(99)) for action in actions]
    # with connections at hand, so that both look before either has reserved
    await asyncio.gather(*(codes(wide, [party.action(amount=None)]) for _ in range(4)))
    first, second = await asyncio.gather(codes(wide, actions), codes(wide, others))
    # whichever came first
    assert sorted([first[0], second[0]]) == ["effect_differs", "mandated"]
    assert (set(first), set(second)) == ({first[0]}, {second[0]})
    assert await party.spent() in ([euros(20 * 100)], [euros(20 * 99)])
    await wide.close()
