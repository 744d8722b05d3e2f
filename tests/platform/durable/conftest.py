import pytest

from thingdesk.platform.database import Database


@pytest.fixture
async def ledger(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute("create table if not exists happened (run uuid, name text)")
        await tx.execute("truncate happened, durable_run, durable_message")
    return database
