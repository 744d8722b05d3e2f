"""The how-to for pairing, done as a reader does it; the owner answers as their page does."""

from pathlib import Path

import pytest
from tests.access.making import FLOW, new_owner
from tests.docs.reader import reading

from thingdesk import access, parties
from thingdesk.platform.database import Database
from thingdesk_machine import Identity

PAGE = "docs/how-to/pair-a-machine.md"


@pytest.mark.timeout(300)
async def test_the_machine_of_the_page_is_paired(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with reading(tmp_path, THINGDESK_DATABASE_URL=database_url) as reader:
        identity = Identity.create("car-1")
        identity.save(reader.folder / "car-1.json")
        key = identity.public_jwk["x"]
        async with database.transaction() as tx:
            await parties.register(tx, [parties.NewMachine("car-1", "car", "C1", key=key)])
            owner = await new_owner(tx)
        reader.write(PAGE, "pair.py")
        desk = await reader.start("thingdesk up")
        await desk.says("Ready", within=90)
        machine = await reader.start("python pair.py")
        shown = await machine.says(r"^Show your owner: \S+/pair (\S+)$")
        async with database.transaction() as tx:
            waiting = await access.pending(tx, shown[1])
            assert waiting is not None
            await access.confirm(tx, FLOW, waiting.id, owner, waiting.asks)
        await machine.says(r'^May do: .*"services": \["vehicle\.\*"\]')
        passed = await machine.says(r"^Passed on: (.*)$")
        assert '"services": ["vehicle.repair"]' in passed[1]
        assert "depth" not in passed[1]
