"""What is executed within a savepoint stays or goes as one."""

from contextlib import suppress

import asyncpg

from thingdesk.platform.database import Database


async def test_what_fails_within_a_savepoint_may_be_caught_outside_it(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("create table was_made (n int)")
        with suppress(asyncpg.DivisionByZeroError):
            async with tx.savepoint():
                await tx.execute("select 1 / 0")
    async with database.transaction() as tx:
        assert await tx.fetchval("select to_regclass('was_made')")


async def test_a_savepoint_within_which_nothing_is_executed_costs_no_statement(
    database: Database,
) -> None:
    said: list[str] = []
    async with database.transaction() as tx:
        tx._connection.add_query_logger(lambda record: said.append(record.query))
        async with tx.savepoint():
            pass
        with suppress(ZeroDivisionError):
            async with tx.savepoint():
                raise ZeroDivisionError
        assert said == []
        async with tx.savepoint(), tx.savepoint():
            await tx.execute("select 1")
    kinds = [one.split()[0].lower() for one in said]
    assert kinds == ["savepoint", "savepoint", "select", "release", "release", "commit;"]


async def test_what_was_executed_goes_with_the_savepoint_that_it_was_in(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("create table kept_of (n int)")
        async with tx.savepoint():
            with suppress(ZeroDivisionError):
                async with tx.savepoint():
                    await tx.execute("insert into kept_of values (1)")
                    raise ZeroDivisionError
            await tx.execute("insert into kept_of values (2)")
            with suppress(ZeroDivisionError):
                async with tx.savepoint():
                    raise ZeroDivisionError
    async with database.transaction() as tx:
        assert [row["n"] for row in await tx.fetch("select n from kept_of")] == [2]
