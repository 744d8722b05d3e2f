"""What strangers try leaves no rows behind once they are told to wait."""

from tests.parties.making import unique

from thingdesk import parties
from thingdesk.platform import ids
from thingdesk.platform.database import Database

FREE = 50


async def ask(database: Database, source: str) -> None:
    """For the code of an address that nobody has, in a browser that nobody knows."""
    async with database.transaction() as tx:
        email = f"{unique('nobody')}@example.org"
        assert await parties.ask_code(tx, email, source, ids.secret()) is None


async def rows(database: Database) -> set[tuple[str, str]]:
    """What is counted, each with the transaction that wrote it last."""
    async with database.transaction() as tx:
        found = await tx.fetch("select subject, xmin::text as by from staff_attempt")
    return {(row["subject"], row["by"]) for row in found}


async def test_who_is_told_to_wait_leaves_no_row_however_often_they_come(
    database: Database,
) -> None:
    source = unique("source")
    for _ in range(FREE + 1):
        await ask(database, source)
    before = await rows(database)
    assert len(before) > FREE
    for _ in range(FREE):
        await ask(database, source)
    assert await rows(database) == before
    await ask(database, unique("source"))
    assert len(await rows(database)) > len(before)
