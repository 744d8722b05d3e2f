from collections.abc import Sequence

import pytest

from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Refused, refuse

calls: list[list[int]] = []


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


async def square(tx: Transaction, items: Sequence[int]) -> list[int | Refused]:
    calls.append(list(items))
    rows = await tx.fetch("select n * n as it from unnest($1::integer[]) as t (n)", list(items))
    return [row["it"] if row["it"] < 100 else refuse("too_much", "much") for row in rows]


async def test_what_many_ask_is_one_call_and_each_gets_its_own_answer(database: Database) -> None:
    said: list[tuple[int, int, int]] = []

    async def act(tx: Transaction, n: int) -> None:
        first = await tx.share(square, n)
        # a statement of one's own, between two that are shared
        more = await tx.fetchval("select $1::integer + 1", n)
        said.append((n, first, await tx.share(square, more)))

    async with database.transaction() as tx:
        await tx.together(act(tx, n) for n in (3, 1, 2))
    assert calls == [[3, 1, 2], [4, 2, 3]]
    assert said == [(3, 9, 16), (1, 1, 4), (2, 4, 9)]


async def test_one_is_alone_between_two_questions(database: Database) -> None:
    order: list[str] = []

    async def act(tx: Transaction, name: str) -> None:
        order.append(f"{name} begins")
        await tx.fetchval("select pg_sleep(0.001)")
        order.append(f"{name} asks")
        await tx.share(square, 1)
        order.append(f"{name} goes on")
        await tx.fetchval("select pg_sleep(0.001)")
        order.append(f"{name} ends")

    async with database.transaction() as tx:
        await tx.together(act(tx, name) for name in "ab")
    assert order == [
        *("a begins", "a asks", "b begins", "b asks"),
        *("a goes on", "a ends", "b goes on", "b ends"),
    ]


async def test_what_is_asked_last_waits_for_all_others(database: Database) -> None:
    free = [5]

    async def find(_: Transaction, items: Sequence[str]) -> list[int]:
        return [free[0] for _ in items]

    seen: list[int] = []

    async def takes(tx: Transaction) -> None:
        for _ in range(3):
            await tx.share(square, 1)
        free[0] -= 1

    async def looks(tx: Transaction) -> None:
        seen.append(await tx.share(find, "", last=True))

    async with database.transaction() as tx:
        await tx.together(act(tx) for act in (looks, takes))
    assert seen == [4]


async def test_who_is_alone_is_answered_at_once(database: Database) -> None:
    async def together(tx: Transaction) -> None:
        await tx.share(square, 1)

    async def alone(tx: Transaction) -> None:
        with tx.alone():
            await tx.share(square, 2)
            await tx.share(square, 3)
        await tx.share(square, 4)

    async with database.transaction() as tx:
        await tx.together(act(tx) for act in (together, alone))
        assert calls == [[2], [3], [1, 4]]
        await tx.share(square, 5)
    assert calls[-1] == [5]


async def test_a_savepoint_is_its_own_alone(database: Database) -> None:
    async def act(tx: Transaction, n: int) -> None:
        async with tx.savepoint():
            await tx.share(square, n)

    async with database.transaction() as tx:
        await tx.together(act(tx, n) for n in (1, 2))
    assert calls == [[1], [2]]


async def test_a_refusal_is_for_the_one_that_it_is_about(database: Database) -> None:
    said: list[object] = []

    async def act(tx: Transaction, n: int) -> None:
        try:
            said.append(await tx.share(square, n))
        except Refused as refused:
            said.append(refused.refusal.code)

    async with database.transaction() as tx:
        await tx.together(act(tx, n) for n in (2, 50, 3))
        with pytest.raises(Refused):
            await tx.share(square, 10)
    assert said == [4, "too_much", 9]


async def test_what_one_raises_ends_the_others_where_they_are(database: Database) -> None:
    ended: list[str] = []

    async def waits(tx: Transaction, name: str) -> None:
        try:
            await tx.share(square, 1)
            ended.append(f"{name} went on")
        finally:
            ended.append(name)

    async def fails(tx: Transaction) -> None:
        await tx.share(square, 2)
        raise ValueError("no")

    async with database.transaction() as tx:
        with pytest.raises(ValueError, match="no") as raised:
            await tx.together(act for act in (waits(tx, "first"), fails(tx), waits(tx, "second")))
        # while the error, and so all that led to it, is still at hand
        assert raised.value
        assert ended == ["first went on", "first", "second"]
        # the transaction is as usable as it was
        assert await tx.share(square, 3) == 9


async def test_what_a_statement_raises_is_raised_where_it_was_asked(database: Database) -> None:
    caught: list[str] = []

    async def act(tx: Transaction) -> None:
        try:
            async with tx.savepoint():
                await tx.fetchval("select 1 / 0")
        except ArithmeticError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever asyncpg calls it
            caught.append(type(error).__name__)
        await tx.share(square, 1)

    async with database.transaction() as tx:
        await tx.together(act(tx) for _ in range(2))
    assert caught == ["DivisionByZeroError"] * 2
    assert calls == [[1, 1]]


async def test_what_is_gathered_last_is_written_last(database: Database) -> None:
    order: list[str] = []

    async def late(_: Transaction, items: list[str]) -> None:
        order.extend(items)

    async def early(tx: Transaction, items: list[str]) -> None:
        order.extend(items)
        tx.gather(late, "late, by early", last=True)

    async with database.transaction() as tx:
        tx.gather(late, "late", last=True)
        tx.gather(early, "early")
    assert order == ["early", "late", "late, by early"]
