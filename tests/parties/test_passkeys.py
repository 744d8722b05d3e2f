import asyncio
from datetime import timedelta

import pytest
from tests.parties.authenticator import PRESENT, Authenticator
from tests.parties.making import unique
from tests.parties.test_staff import PASSWORD, an_account, code, log_in, whose

from thingdesk import parties, timeline
from thingdesk.parties import HalfWay, LoggedIn, Place, Staff
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal

PLACE = Place("desk.example", "https://desk.example")


async def half_way(database: Database, staff: Staff) -> str:
    answer = await log_in(database, staff.email)
    assert isinstance(answer, HalfWay)
    return answer.token


async def options(database: Database, token: str) -> str:
    async with database.transaction() as tx:
        asked = await parties.passkey_asked(tx, token, PLACE, "desk")
    assert asked
    return asked[1]


async def show(
    database: Database, token: str, answer: str, source: str | None = None
) -> LoggedIn | Refusal:
    async with database.transaction() as tx:
        return await parties.show_passkey(tx, token, answer, PLACE, source or unique("source"))


async def session(database: Database, staff: Staff) -> str:
    answer = await log_in(database, staff.email)
    assert isinstance(answer, LoggedIn)
    return answer.token


async def begin(
    database: Database, token: str, staff: Staff, password: str = PASSWORD
) -> Refusal | None:
    async with database.transaction() as tx:
        return await parties.begin_passkey(tx, token, staff, password, unique("source"))


async def add(
    database: Database, token: str, answer: str, name: str = "The blue key"
) -> Refusal | None:
    async with database.transaction() as tx:
        return await parties.add_passkey(tx, token, answer, name, PLACE)


async def with_passkey(database: Database) -> tuple[Staff, Authenticator]:
    staff, key = await an_account(database), Authenticator()
    token = await session(database, staff)
    assert await begin(database, token, staff) is None
    assert await add(database, token, key.make(await options(database, token))) is None
    return staff, key


async def kinds(database: Database, staff: Staff) -> list[str]:
    async with database.transaction() as tx:
        entries = await timeline.latest_of(tx, "desk", 50)
    mine = [one for one in entries if (one.value or {}).get("staff") == str(staff.id)]
    return [one.kind for one in reversed(mine)]


async def test_after_the_password_a_passkey_is_asked_for_and_opens_the_session(
    database: Database,
) -> None:
    staff, key = await with_passkey(database)
    token = await half_way(database, staff)
    assert await whose(database, token) is None, "the password alone opens nothing"
    answer = await show(database, token, key.sign(await options(database, token), staff.id.bytes))
    assert isinstance(answer, LoggedIn)
    assert await whose(database, answer.token) == answer.staff
    async with database.transaction() as tx:
        (one,) = await parties.passkeys_of(tx, staff.id)
    assert (one.name, one.sign_count) == ("The blue key", 1)
    assert one.used_at
    said = await kinds(database, staff)
    assert said[-2:] == ["staff.passkey_added", "staff.logged_in"]


async def test_an_answer_is_good_once_in_one_browser_and_for_minutes(database: Database) -> None:
    staff, key = await with_passkey(database)
    first, second = await half_way(database, staff), await half_way(database, staff)
    asked = await options(database, first)
    signed = key.sign(asked)
    assert isinstance(await show(database, second, signed), Refusal), "another browser's"
    both = await asyncio.gather(*(show(database, first, signed) for _ in range(4)))
    assert sum(isinstance(one, LoggedIn) for one in both) == 1
    assert isinstance(await show(database, first, signed), Refusal)
    token = await half_way(database, staff)
    late = key.sign(await options(database, token))
    turnable = clock.Turnable()
    with clock.reading(turnable):
        turnable.turn(timedelta(minutes=5))
        answer = await show(database, token, late)
    assert isinstance(answer, Refusal)
    assert answer.code == "log_in_again"


async def test_a_wrong_answer_uses_up_what_was_to_be_signed(database: Database) -> None:
    staff, key = await with_passkey(database)
    token = await half_way(database, staff)
    before = await options(database, token)
    answer = await show(database, token, "{}")
    assert isinstance(answer, Refusal)
    assert answer.code == "passkey_unfit"
    assert isinstance(await show(database, token, key.sign(before)), Refusal)
    now = key.sign(await options(database, token))
    assert isinstance(await show(database, token, now), LoggedIn)


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"},
        {"name": "evil.example"},
        {"flags": PRESENT},
        {"flags": 0},
        {"credential": b"another"},
        {"key": Authenticator().key},
    ],
    ids=lambda one: next(iter(one)),
)
async def test_what_another_place_or_key_has_signed_proves_nothing(
    database: Database, wrong: dict[str, object]
) -> None:
    staff, key = await with_passkey(database)
    token = await half_way(database, staff)
    bad = Authenticator(**{**vars(key), **wrong})
    answer = await show(database, token, bad.sign(await options(database, token)))
    assert isinstance(answer, Refusal)
    assert answer.code == "passkey_unfit"


async def test_the_passkey_of_another_account_is_no_proof(database: Database) -> None:
    (staff, key), (other, theirs) = await with_passkey(database), await with_passkey(database)
    for signer, handle in ((theirs, b""), (key, other.id.bytes)):
        token = await half_way(database, staff)
        signed = signer.sign(await options(database, token), handle)
        assert isinstance(await show(database, token, signed), Refusal)


async def test_a_passkey_that_counted_less_than_before_is_refused_and_told(
    database: Database,
) -> None:
    staff, key = await with_passkey(database)
    key.count = 10
    token = await half_way(database, staff)
    assert isinstance(
        await show(database, token, key.sign(await options(database, token))), LoggedIn
    )
    key.count = 10
    token = await half_way(database, staff)
    assert isinstance(
        await show(database, token, key.sign(await options(database, token))), Refusal
    )
    assert "staff.passkey_doubted" in await kinds(database, staff)


async def test_guessing_is_slowed_down_at_the_passkey_too(database: Database) -> None:
    (staff, key), here = await with_passkey(database), unique("source")
    for _ in range(3):
        token = await half_way(database, staff)
        for _ in range(2):
            await show(database, token, "{}", here)
    answer = await show(database, token, key.sign(await options(database, token)), here)
    assert isinstance(answer, Refusal)
    assert answer.code == "log_in_throttled"
    assert await code(database, staff.email, PASSWORD, here) == "log_in_throttled"


async def test_a_passkey_is_added_for_the_password_in_the_same_session(database: Database) -> None:
    staff, key = await an_account(database), Authenticator()
    token, other = await session(database, staff), await session(database, staff)
    refusal = await begin(database, token, staff, "wrong password")
    assert refusal
    assert refusal.code == "password_wrong"
    assert await begin(database, token, staff) is None
    made = key.make(await options(database, token))
    for session_token in (other, token + "x"):
        refusal = await add(database, session_token, made)
        assert refusal
        assert refusal.code == "log_in_again"
    assert await add(database, token, made) is None
    again = await add(database, token, made)
    assert again
    assert again.code == "log_in_again", "once"


@pytest.mark.parametrize(
    "wrong", [{"origin": "https://evil.example"}, {"name": "evil.example"}, {"flags": PRESENT}]
)
async def test_a_passkey_of_another_place_or_without_a_check_is_not_added(
    database: Database, wrong: dict[str, object]
) -> None:
    staff = await an_account(database)
    token = await session(database, staff)
    await begin(database, token, staff)
    key = Authenticator(**wrong)  # type: ignore[arg-type]
    asked = await options(database, token)
    refusal = await add(database, token, key.make(asked))
    assert refusal
    assert refusal.code == "passkey_unfit"
    assert await options(database, token) != asked, "it is good for one answer"


async def test_one_passkey_is_one_accounts(database: Database) -> None:
    _, key = await with_passkey(database)
    staff = await an_account(database)
    token = await session(database, staff)
    await begin(database, token, staff)
    refusal = await add(database, token, key.make(await options(database, token)))
    assert refusal
    assert refusal.code == "passkey_known"


async def test_an_account_has_so_many_passkeys_and_no_more(database: Database) -> None:
    staff = await an_account(database)
    token = await session(database, staff)
    for number in range(20):
        assert await begin(database, token, staff) is None
        made = Authenticator().make(await options(database, token))
        assert await add(database, token, made, f"Key {number}") is None
    refusal = await begin(database, token, staff)
    assert refusal
    assert refusal.code == "passkeys_many"


async def test_a_passkey_is_removed_for_the_password(database: Database) -> None:
    staff, _ = await with_passkey(database)
    async with database.transaction() as tx:
        (one,) = await parties.passkeys_of(tx, staff.id)
        refusal = await parties.remove_passkey(tx, staff, one.id, "wrong", "here")
        assert refusal
        assert len(await parties.passkeys_of(tx, staff.id)) == 1
        assert await parties.remove_passkey(tx, staff, one.id, PASSWORD, "here") is None
        assert await parties.remove_passkey(tx, staff, one.id, PASSWORD, "here") is None
    assert isinstance(await log_in(database, staff.email), LoggedIn)
    assert (await kinds(database, staff)).count("staff.passkey_removed") == 1


async def test_nobody_removes_the_passkey_of_somebody_else(database: Database) -> None:
    (staff, _), other = await with_passkey(database), await an_account(database)
    async with database.transaction() as tx:
        (one,) = await parties.passkeys_of(tx, staff.id)
        assert await parties.remove_passkey(tx, other, one.id, PASSWORD, "here") is None
        assert await parties.passkeys_of(tx, staff.id) == [one]


async def test_who_has_a_passkey_cannot_log_in_by_adding_one(database: Database) -> None:
    staff, _ = await with_passkey(database)
    token = await half_way(database, staff)
    made = Authenticator().make(await options(database, token))
    async with database.transaction() as tx:
        given = await parties.add_first_passkey(tx, token, made, "Mine", PLACE)
        assert isinstance(given, Refusal)
        assert await parties.add_passkey(tx, token, made, "Mine", PLACE)
