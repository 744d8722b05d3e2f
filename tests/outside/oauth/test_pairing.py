"""openid-client, which nobody here wrote, pairs a machine and exchanges its token for less."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.access.making import FLOW, a_machine
from tests.desk import running
from tests.outside.node import HERE, NODE

from thingdesk import access
from thingdesk.mandates import Terms
from thingdesk.platform import clock
from thingdesk.platform.database import Database

PROGRAM = Path(__file__).with_name("pair.mjs")
GIVEN = Terms(services=("*",), depth=1)


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("algorithm", ["Ed25519", "ES256"])
async def test_a_machine_is_paired_bound_and_narrowed(
    tmp_path: Path, database: Database, database_url: str, algorithm: str
) -> None:
    machine = await a_machine(database)
    jwk = {**machine.key.as_dict(private=True), "kid": machine.kid}
    async with running(tmp_path / "desk", database_url=database_url) as desk:
        process = await asyncio.create_subprocess_exec(
            *(NODE, str(PROGRAM), desk.http, machine.machine, json.dumps(jwk), algorithm),
            cwd=HERE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        async with asyncio.timeout(60):
            line = await process.stdout.readline()
            if not line:
                raise AssertionError((await process.communicate())[1].decode())
            asked = json.loads(line)
            assert asked["page"] == f"{desk.http}/pair"
            async with database.transaction() as tx:
                waiting = await access.pending(tx, asked["code"])
                assert waiting is not None
                assert waiting.asks == GIVEN
                await access.confirm(tx, FLOW, waiting.id, machine.owner, GIVEN)
            said, wrong = await process.communicate(b"go on\n")
        assert process.returncode == 0, wrong.decode()
    told = json.loads(said)
    (narrow,) = told["narrow"]
    ends = datetime.fromisoformat(narrow.pop("ends"))
    assert timedelta(days=29) < ends - clock.now() <= timedelta(days=30)
    assert told == {
        "types": ["dpop", "dpop", "dpop"],
        "narrow": [{"type": "thingdesk_mandate", "services": ["vehicle.*"]}],
        "wider": "invalid_authorization_details",
        "before": True,
        "bound": True,
        "after": False,
    }
