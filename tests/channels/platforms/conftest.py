from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.channels.platforms.maps import made

from thingdesk import parties
from thingdesk.app import make_flow
from thingdesk.channels.platforms import Taking
from thingdesk.parties import NewMachine, Role, register
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings

KNOWN = ("press-4", "washer-1", "north-7", "lamp-1")


@pytest.fixture(scope="module")
async def known(database: Database) -> Database:
    """The database, with machines that have no key of their own, and somebody of staff."""
    async with database.transaction() as tx:
        machines = [NewMachine(one, "press", "press") for one in KNOWN]
        await register(tx, machines)
        await parties.add_staff(tx, "staff@example.org", "Staff", [Role.ADMIN])
    return database


@pytest.fixture
async def taking(known: Database, tmp_path: Path) -> AsyncIterator[Taking]:
    flow = make_flow(Settings(data_dir=tmp_path))
    async with known.transaction() as tx:
        key = await parties.desk_key(tx)
    one = Taking(known, flow, key, made(tmp_path))
    async with one.intake:
        yield one


async def stored(database: Database, machine: str, table: str = "signal") -> int:
    name = "reporter" if table == "report" else "machine"
    async with database.transaction() as tx:
        return int(await tx.fetchval(f"select count(*) from {table} where {name} = $1", machine))
