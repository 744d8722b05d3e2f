import asyncio
from datetime import timedelta

import pytest
from tests.parties.making import unique

from thingdesk import parties
from thingdesk.parties import HalfWay, LoggedIn, Role, Staff
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal, Refused

PASSWORD = "correct horse battery"
DAY = timedelta(days=1)


async def an_account(database: Database, password: str | None = PASSWORD) -> Staff:
    name = unique("staff")
    async with database.transaction() as tx:
        staff = await parties.add_staff(tx, f"{name}@Example.org", name, [Role.AGENT])
        if password:
            token = await parties.set_up_link(tx, staff.id)
            await parties.set_up(tx, token, password)
    return staff


async def log_in(
    database: Database, email: str, password: str = PASSWORD, source: str | None = None
) -> LoggedIn | HalfWay | Refusal:
    async with database.transaction() as tx:
        return await parties.log_in(tx, email, password, source or unique("source"))


async def code(database: Database, email: str, password: str, source: str | None = None) -> str:
    answer = await log_in(database, email, password, source)
    assert isinstance(answer, Refusal)
    return answer.code


async def whose(database: Database, token: str) -> Staff | None:
    async with database.transaction() as tx:
        return await parties.session(tx, token)


async def test_a_session_begins_and_ends(database: Database) -> None:
    staff = await an_account(database)
    answer = await log_in(database, staff.email.upper())
    assert isinstance(answer, LoggedIn)
    found = await whose(database, answer.token)
    assert found == answer.staff
    assert (found.id, found.roles, found.ready) == (staff.id, frozenset({Role.AGENT}), True)
    assert await whose(database, answer.token + "x") is None
    async with database.transaction() as tx:
        kept = await tx.fetchval(
            "select array_agg(s::text) || array_agg(n::text) from staff s, staff_session n"
        )
        assert PASSWORD not in str(kept)
        assert answer.token not in str(kept)
        await parties.log_out(tx, answer.token)
    assert await whose(database, answer.token) is None


async def test_a_session_ends_by_itself(database: Database) -> None:
    staff = await an_account(database)
    answer = await log_in(database, staff.email)
    assert isinstance(answer, LoggedIn)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(hours=12))
        assert await whose(database, answer.token) is None


async def test_neither_address_nor_password_is_given_away(database: Database) -> None:
    staff, unready = await an_account(database), await an_account(database, password=None)
    answers = [
        await log_in(database, staff.email, "wrong"),
        await log_in(database, f"{unique('nobody')}@example.org"),
        await log_in(database, unready.email, ""),
        await log_in(database, unready.email, "nobody's password"),
        await log_in(database, "\0\ud800\n", "\ud800" * 10**6),
    ]
    assert answers == [answers[0]] * 5
    assert isinstance(answers[0], Refusal)
    assert answers[0].code == "log_in_failed"


async def test_guessing_at_a_name_is_slowed_down(database: Database) -> None:
    staff, here = await an_account(database), unique("source")
    codes = [await code(database, staff.email, "wrong", here) for _ in range(6)]
    assert codes == ["log_in_failed"] * 5 + ["log_in_throttled"]
    # not even the right password, until the pause is over
    assert await code(database, staff.email, PASSWORD, here) == "log_in_throttled"
    assert isinstance(await log_in(database, (await an_account(database)).email), LoggedIn)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(seconds=31))
        assert await code(database, staff.email, "wrong", here) == "log_in_failed"
        turnable.turn(timedelta(seconds=31))
        assert await code(database, staff.email, PASSWORD, here) == "log_in_throttled"
        turnable.turn(timedelta(seconds=31))
        assert isinstance(await log_in(database, staff.email, source=here), LoggedIn)
        # forgiven: five are free again
        assert await code(database, staff.email, "wrong", here) == "log_in_failed"
        assert await code(database, staff.email, "wrong", here) == "log_in_failed"


async def test_guesses_side_by_side_are_counted(database: Database) -> None:
    staff, here = await an_account(database), unique("source")
    codes = await asyncio.gather(*(code(database, staff.email, "wrong", here) for _ in range(12)))
    assert sorted(codes) == ["log_in_failed"] * 5 + ["log_in_throttled"] * 7


async def test_guessing_from_one_source_is_slowed_down(database: Database) -> None:
    source = unique("source")
    async with database.transaction() as tx:
        await tx.execute(
            "insert into staff_attempt values ($1, 49, $2)", f"source {source}", clock.now()
        )
    staff = await an_account(database)
    assert await code(database, "a@example.org", "wrong", source) == "log_in_failed"
    assert await code(database, staff.email, PASSWORD, source) == "log_in_throttled"
    assert isinstance(await log_in(database, staff.email), LoggedIn)


async def test_nobody_is_kept_out_from_elsewhere(database: Database) -> None:
    staff = await an_account(database)
    near = "203.0.113.{}"
    tried = [await code(database, staff.email, "wrong", near.format(n)) for n in range(6)]
    assert tried == ["log_in_failed"] * 5 + ["log_in_throttled"]
    assert await code(database, staff.email, PASSWORD, near.format(9)) == "log_in_throttled"
    assert isinstance(await log_in(database, staff.email, source="198.51.100.7"), LoggedIn)


async def test_guesses_are_so_many_a_day_from_wherever_they_come(database: Database) -> None:
    staff, now = await an_account(database), clock.now()
    with clock.reading(lambda: now):
        await code(database, staff.email, "wrong")
        async with database.transaction() as tx:
            await tx.execute(
                "update staff_attempt set failures = 199 where starts_with(subject, 'day ')"
            )
        assert await code(database, staff.email, "wrong") == "log_in_failed"
        assert await code(database, staff.email, PASSWORD) == "log_in_throttled"
        async with database.transaction() as tx:
            link = await parties.set_up_link(tx, staff.id)
            await parties.set_up(tx, link, PASSWORD)
        assert isinstance(await log_in(database, staff.email), LoggedIn)


async def test_a_browser_that_was_in_is_counted_by_itself(database: Database) -> None:
    staff, other = await an_account(database), await an_account(database)
    near, strange = unique("source"), unique("source")
    async with database.transaction() as tx:
        key = await parties.desk_key(tx)
        shown, until = parties.remember_browser(key, staff.id)
        browser = await parties.known_browser(tx, key, shown)
        assert await parties.known_browser(tx, key, shown[:-3]) is None
        with clock.reading(lambda: until):
            assert await parties.known_browser(tx, key, shown) is None
    for _ in range(6):
        await code(database, staff.email, "wrong", near)
        await code(database, other.email, "wrong", strange)
    async with database.transaction() as tx:
        await tx.execute("update staff_attempt set blocked_until = $1", until)
        known = await parties.log_in(tx, staff.email, PASSWORD, near, browser)
        elses = await parties.log_in(tx, other.email, PASSWORD, strange, browser)
    assert isinstance(known, LoggedIn)
    assert isinstance(elses, Refusal), "it is no browser of theirs"
    codes = []
    for _ in range(6):
        async with database.transaction() as tx:
            answer = await parties.log_in(tx, staff.email, "wrong", unique("source"), browser)
        assert isinstance(answer, Refusal)
        codes.append(answer.code)
    assert codes == ["log_in_failed"] * 5 + ["log_in_throttled"]


async def test_old_failures_are_forgotten(database: Database) -> None:
    staff, here = await an_account(database), unique("source")
    for _ in range(5):
        await code(database, staff.email, "wrong", here)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(2 * DAY)
        codes = [await code(database, staff.email, "wrong", here) for _ in range(5)]
        assert codes == ["log_in_failed"] * 5
        async with database.transaction() as tx:
            for one in parties.KEPT:
                await one.let_go(tx)
            assert await tx.fetchval("select count(*) from staff_attempt") <= 7


async def test_a_link_sets_a_password_once(database: Database) -> None:
    staff = await an_account(database)
    session = await log_in(database, staff.email)
    assert isinstance(session, LoggedIn)
    async with database.transaction() as tx:
        old = await parties.set_up_link(tx, staff.id)
        new = await parties.set_up_link(tx, staff.id)
        with pytest.raises(Refused, match="link_expired"):
            await parties.set_up(tx, old, PASSWORD)
        assert (await parties.read_set_up_link(tx, new)).id == staff.id
        with pytest.raises(Refused, match="password_unsuitable"):
            await parties.set_up(tx, new, "short")
        with pytest.raises(Refused, match="password_unsuitable"):
            await parties.set_up(tx, new, "x" * 257)
        await parties.set_up(tx, new, "another password")
        with pytest.raises(Refused, match="link_expired"):
            await parties.set_up(tx, new, "a third password")
        assert await parties.session(tx, session.token) is None
    assert await code(database, staff.email, PASSWORD) == "log_in_failed"
    assert isinstance(await log_in(database, staff.email, "another password"), LoggedIn)


async def test_of_two_who_use_a_link_one_wins(database: Database) -> None:
    staff = await an_account(database, password=None)
    async with database.transaction() as tx:
        token = await parties.set_up_link(tx, staff.id)

    async def use(password: str) -> Staff:
        async with database.transaction() as tx:
            return await parties.set_up(tx, token, password)

    answers = await asyncio.gather(
        use("first password"), use("second password"), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Refused", "Staff"]


async def test_a_link_is_good_for_a_day(database: Database) -> None:
    staff = await an_account(database, password=None)
    async with database.transaction() as tx:
        token = await parties.set_up_link(tx, staff.id)
        turnable = clock.Turnable()
        with clock.reading(turnable):
            turnable.turn(DAY)
            with pytest.raises(Refused, match="link_expired"):
                await parties.read_set_up_link(tx, token)
        with pytest.raises(Refused, match="staff_unknown"):
            await parties.set_up_link(tx, ids.new())


async def test_an_account_is_closed(database: Database) -> None:
    staff = await an_account(database)
    session = await log_in(database, staff.email)
    assert isinstance(session, LoggedIn)
    async with database.transaction() as tx:
        assert staff.id in [one.id for one in await parties.all_staff(tx)]
        await parties.disable_staff(tx, staff.id)
        await parties.disable_staff(tx, staff.id)
        assert await parties.session(tx, session.token) is None
        assert await parties.get_staff(tx, staff.id) is None
        assert staff.id not in [one.id for one in await parties.all_staff(tx)]
        with pytest.raises(Refused, match="staff_known"):
            await parties.add_staff(tx, staff.email, "again", [Role.ADMIN])
        with pytest.raises(Refused, match="invalid_input"):
            await parties.add_staff(tx, "no address", "", [Role.ADMIN])
    assert await code(database, staff.email, PASSWORD) == "log_in_failed"


async def test_the_command_makes_the_first_account_and_no_other(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("truncate staff cascade")
    email = f"{unique('first')}@example.org"

    async def ask() -> str:
        async with database.transaction() as tx:
            return await parties.first_account(tx, email, "First")

    tokens = await asyncio.gather(*(ask() for _ in range(4)))
    async with database.transaction() as tx:
        used = 0
        for token in tokens:
            try:
                staff = await parties.set_up(tx, token, PASSWORD)
                used += 1
            except Refused:
                continue
        assert used == 1
        assert staff.roles == {Role.ADMIN}
    with pytest.raises(Refused, match="staff_exists"):
        await ask()
