"""The page about mails that come in: the desk that it starts tells staff what an owner wrote."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.docs.pages import titled
from tests.docs.reader import reading
from tests.parties.making import an_owner

from thingdesk import parties
from thingdesk.parties import Role
from thingdesk.platform.database import Database

PAGE = "docs/how-to/take-mail.md"


@pytest.mark.timeout(300)
async def test_what_an_owner_writes_reaches_staff(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with reading(tmp_path, THINGDESK_DATABASE_URL=database_url) as reader:
        desk = await reader.start(titled(PAGE, "desk"))
        await desk.says("Ready", within=90)
        async with database.transaction() as tx:
            await parties.add_owner(tx, replace(an_owner(), email="ada@example.org"))
            staff = await parties.add_staff(tx, "desk@example.org", "Desk", {Role.AGENT})
        assert await reader.run(titled(PAGE, "try")) == "taken\n"
        async with database.transaction() as tx:
            told = await tx.fetch(
                "select words from notice where to_id = $1 and kind = 'owner.wrote'", str(staff.id)
            )
        assert ["Please call me." in row["words"] for row in told] == [True]
        assert not reader.left(PAGE)
