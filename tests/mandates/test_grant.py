import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from tests.mandates.making import Party, a_party, euros
from tests.waiting import until

from thingdesk import mandates, parties, timeline
from thingdesk.mandates import Approval, Entitlement, EntitlementKind, Payer, Policy, Terms
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused
from thingdesk.platform.money import Money

DAY = timedelta(days=1)
FULL = Terms(
    services=("vehicle.*", "meter.bill"),
    remedies=("replace_part",),
    machines=("car-1",),
    per_case=euros(300),
    per_period=euros(1000),
    always_ask=("reboot",),
    begins=clock.now(),
    ends=clock.now() + DAY,
)


async def revoke(party: Party) -> None:
    async with party.database.transaction() as tx:
        await mandates.revoke(tx, party.owner_id, "enough")


async def test_terms_come_back_as_they_were_granted(database: Database) -> None:
    party = await a_party(database)
    async with database.transaction() as tx:
        granted = await mandates.grant(tx, party.owner_id, FULL)
        assert await mandates.mandate_of(tx, party.owner_id) == granted
        assert granted.terms == FULL
        least = await mandates.grant(tx, party.owner_id, Terms(("*",)))
        assert await mandates.mandate_of(tx, party.owner_id) == least
        assert (least.id, least.version) == (granted.id, 2)


async def test_a_version_is_never_changed(database: Database) -> None:
    party = await a_party(database)
    granted = await party.grant()
    for sql in (
        "update mandate_version set terms = '{}' where mandate_id = $1",
        "delete from mandate_version where mandate_id = $1",
    ):
        with pytest.raises(asyncpg.RaiseError, match="never changed"):
            async with database.transaction() as tx:
                await tx.execute(sql, granted.id)


async def test_a_mandate_is_revoked_at_once(database: Database) -> None:
    party = await a_party(database)
    assert await party.code(party.action()) == "no_mandate"
    await party.grant()
    assert await party.code(party.action()) == "mandated"
    await revoke(party)
    await revoke(party)
    assert await party.code(party.action()) == "mandate_revoked"
    await party.grant()
    assert await party.code(party.action()) == "mandated"
    nobody = await a_party(database)
    await revoke(nobody)
    async with database.transaction() as tx:
        kinds = [one.kind for one in await timeline.read(tx, f"owner:{party.owner_id}")]
        assert await mandates.mandate_of(tx, nobody.owner_id) is None
    assert kinds[2:] == ["mandate.granted", "mandate.revoked", "mandate.granted"]


async def test_of_two_who_grant_at_once_one_is_told(database: Database) -> None:
    """Both have looked at the same mandate, at first at none."""
    party = await a_party(database)
    for seen in ("", "1", "2"):
        said = await asyncio.gather(
            *(_grant_seen(party, seen, euros(n)) for n in range(1, 9)), return_exceptions=True
        )
        refused = [one for one in said if isinstance(one, Refused)]
        assert len(refused) == len(said) - 1
        assert {one.refusal.code for one in refused} == {"mandate_changed"}
    async with database.transaction() as tx:
        now = await mandates.mandate_of(tx, party.owner_id)
    assert now
    assert now.standing == "3"


@pytest.mark.parametrize("seen", ["", "1"])
async def test_who_does_not_know_of_a_stop_cannot_undo_it(database: Database, seen: str) -> None:
    """However grant and stop meet: whoever was first, the owner has said stop and stays stopped."""
    for _ in range(10):
        party = await a_party(database)
        if seen:
            await party.grant()
            said = await asyncio.gather(
                _grant_seen(party, seen, euros(1)), revoke(party), return_exceptions=True
            )
            assert isinstance(said[0], Refused | mandates.Mandate)
        else:
            # a first grant that is not committed yet is not overlooked either
            async with database.transaction() as tx:
                await mandates.grant(tx, party.owner_id, FULL, seen=seen)
                stop = asyncio.create_task(revoke(party))
                await _waits_for_its_turn(database)
            await stop
        async with database.transaction() as tx:
            now = await mandates.mandate_of(tx, party.owner_id)
        assert now
        assert now.revoked_at
        assert now.standing == f"{now.version} revoked"
        await _grant_seen(party, now.standing, euros(1))
        assert await party.code(party.action()) != "mandate_revoked"


async def _grant_seen(party: Party, seen: str, per_case: Money) -> mandates.Mandate:
    async with party.database.transaction() as tx:
        terms = Terms(("*",), per_case=per_case)
        return await mandates.grant(tx, party.owner_id, terms, seen=seen)


async def _waits_for_its_turn(database: Database) -> None:
    async def waits() -> bool:
        async with database.transaction() as tx:
            return bool(
                await tx.fetchval(
                    "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                    " and database = (select d.oid from pg_database d"
                    " where d.datname = current_database())"
                )
            )

    await until(waits)


async def test_a_mandate_ends(database: Database) -> None:
    party = await a_party(database)
    await party.grant(ends=clock.now() + DAY)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        assert await party.code(party.action()) == "mandated"
        turnable.turn(DAY)
        assert await party.code(party.action()) == "mandate_ended"


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"services": ()}, "services"),
        ({"per_case": Money(-1, "EUR")}, "per_case"),
        ({"per_period": Money(1, "USD")}, "per_period"),
        ({"ends": FULL.begins}, "ends"),
        ({"begins": clock.now().replace(tzinfo=None), "ends": None}, "begins"),
    ],
)
async def test_terms_that_cannot_be_are_refused(
    database: Database, wrong: dict[str, Any], path: str
) -> None:
    party = await a_party(database)
    async with database.transaction() as tx:
        with pytest.raises(Refused) as caught:
            await mandates.grant(tx, party.owner_id, replace(FULL, **wrong))
        with pytest.raises(Refused, match="owner_unknown"):
            await mandates.grant(tx, ids.new(), FULL)
    assert [field.path for field in caught.value.refusal.fields] == [path]


async def test_a_sale_ends_what_was_permitted(database: Database) -> None:
    seller, other = await a_party(database), await a_party(database)
    named = await seller.grant(machines=(seller.machine,))
    await other.grant()
    action = seller.action()
    async with database.transaction() as tx:
        await parties.transfer(tx, seller.machine, other.owner_id, clock.now())
    # neither in the seller's name, nor with the seller's approval
    assert await seller.code(action) == "owner_changed"
    assert await seller.code(action, Approval(ids.new(), action.hash)) == "owner_changed"
    assert await other.code(seller.action(owner_id=other.owner_id)) == "mandated"
    async with database.transaction() as tx:
        await parties.transfer(tx, seller.machine, seller.owner_id, clock.now())
    # bought back: what was said of the machine was said of it then
    verdict = await seller.check(seller.action())
    assert (verdict.code, verdict.mandate_version) == ("mandate_of_before", named.version)


async def entitle(party: Party, **changed: Any) -> Entitlement:
    usual: dict[str, Any] = {
        "id": ids.new(),
        "kind": EntitlementKind.WARRANTY,
        "machine": party.machine,
        "reference": "W1",
        "payer": Payer.MAKER,
        "services": ("vehicle.*",),
        "per_effect": euros(500),
        "owner_id": party.owner_id,
        "begins": clock.now() - DAY,
        "ends": clock.now() + DAY,
    }
    new = Entitlement(**{**usual, **changed})
    async with party.database.transaction() as tx:
        await mandates.add_entitlement(tx, new)
    return new


async def test_an_entitlement_says_who_pays(database: Database) -> None:
    party = await a_party(database)
    await party.grant(per_case=euros(1), per_period=euros(1))
    assert await party.code(party.action()) == "over_case_budget"
    new = await entitle(party)
    verdict = await party.check(party.action())
    assert (verdict.code, verdict.payer) == ("mandated", Payer.MAKER)
    assert await party.spent() == []
    async with database.transaction() as tx:
        assert await mandates.entitlements_of(tx, party.machine) == [new]
        # the first one of a reference counts
        assert not await mandates.add_entitlement(tx, replace(new, payer=Payer.INSURER))
        await mandates.end_entitlement(tx, new.id, clock.now())
        await mandates.end_entitlement(tx, new.id, clock.now())
    assert await party.code(party.action()) == "over_case_budget"
    async with database.transaction() as tx:
        kinds = [one.kind for one in await timeline.read(tx, f"machine:{party.machine}")]
    assert kinds[2:] == ["entitlement.added", "entitlement.ended"]


async def test_an_entitlement_of_nobody_is_refused(database: Database) -> None:
    party = await a_party(database)
    for wrong, code in (
        ({"payer": Payer.OWNER}, "invalid_input"),
        ({"payer": Payer.NOBODY}, "invalid_input"),
        ({"machine": "no-such-machine"}, "machine_unknown"),
    ):
        with pytest.raises(Refused, match=code):
            await entitle(party, **wrong)


async def test_the_newest_policy_counts(database: Database) -> None:
    party = await a_party(database)
    await party.grant()
    full = Policy(
        denied=("reboot",),
        per_effect=euros(150),
        entitled_only=("tow",),
        pays=("call",),
        pays_safety=False,
        pays_per_case=euros(1),
        acts_for_unowned=True,
    )
    async with database.transaction() as tx:
        assert await mandates.policy(tx) == Policy()
        await mandates.set_policy(tx, Policy(denied=("book",)))
    action = party.action()
    assert await party.code(action) == "policy_denied"
    assert await party.code(action, Approval(ids.new(), action.hash)) == "policy_denied"
    async with database.transaction() as tx:
        await mandates.set_policy(tx, full, by=ids.new())
        assert await mandates.policy(tx) == full
    assert await party.code(action) == "mandated"
    assert await party.code(party.action(effect="tow")) == "not_entitled"
    async with database.transaction() as tx:
        await mandates.set_policy(tx, Policy())
