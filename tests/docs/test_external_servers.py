"""The page about servers of one's own, done as a reader does it: mosquitto, and a desk in parts."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.docs.pages import blocks, pages, titled
from tests.docs.reader import Reader, reading

from thingdesk_machine import Identity

PAGE = "docs/how-to/external-servers.md"
TOOLS = ("mosquitto", "mosquitto_passwd", "mosquitto_sub", "mosquitto_pub", "openssl")
PATH = f"{os.environ['PATH']}:/usr/sbin"
MISSING = [one for one in TOOLS if shutil.which(one, path=PATH) is None]
AS_PRESS_1 = "--cafile ca.crt --cert press-1.crt --key press-1.key -h localhost -p 8883 -V 5"

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that the broker's account may enter, which those of pytest are not."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def start_broker(reader: Reader) -> None:
    await reader.run(titled(PAGE, "certificates"))
    reader.write(PAGE, "mosquitto.conf", "machines.acl", "desk.acl")
    await reader.run(titled(PAGE, "modes"))
    as_root = titled(PAGE, "as root")
    reader.done.add(as_root)
    if os.geteuid() == 0:
        await reader.run(as_root)
    broker = await reader.start(titled(PAGE, "broker"))
    await broker.says("running")


async def register(reader: Reader) -> None:
    identity = Identity.create("press-1")
    identity.save(reader.folder / "press-1.json")
    line = {"id": "press-1", "kind": "press", "model": "press", "key": identity.public_jwk}
    (reader.folder / "presses.jsonl").write_text(json.dumps(line))
    assert "1 new" in await reader.run("thingdesk machines presses.jsonl")


async def test_servers_of_ones_own(folder: Path, database_url: str) -> None:
    plain = [
        one.text
        for one in blocks(PAGE, pages()[PAGE])
        if one.language == "sh" and not one.title and not one.reason
    ]
    migrate, doctor = plain
    async with reading(folder, PATH=PATH, THINGDESK_DATABASE_URL=database_url) as reader:
        reader.env["THINGDESK_BROKER_URL"] = reader.text("mqtt://desk:secret@localhost:1883")
        reader.env["THINGDESK_PUBLIC_URL"] = reader.text("http://localhost:8080")
        await start_broker(reader)
        assert "schema is that of this release" in await reader.run(migrate)
        roles = [titled(PAGE, one) for one in ("web", "ingest", "ingest", "work")]
        for one in [await reader.start(role) for role in roles]:
            await one.says("Ready")
        assert "BAD" not in await reader.run(doctor)
        assert not (folder / "var" / "postgres").exists()
        await register(reader)
        reader.write(PAGE, "press.py")
        assert "case " in await reader.run(titled(PAGE, "machine"))
        await hears_nothing_of_others(reader)
        assert not reader.left(PAGE)


async def hears_nothing_of_others(reader: Reader) -> None:
    """press-1 says nothing as press-2, and hears nothing of it, whatever it asks for."""
    refused = f"mosquitto_pub {AS_PRESS_1} -q 1 -t td/press-2/signals -m '{{}}' 2>&1"
    assert "Not authorized" in await reader.run(refused)
    listening = await reader.start(f"mosquitto_sub {AS_PRESS_1} -v -t 'td/#' -d 2>&1")
    await listening.says("Subscribed")
    desk = "mosquitto_pub -h localhost -p 1883 -u desk -P secret -q 1"
    await reader.run(f"{desk} -t td/press-2/receipts -m unheard")
    await reader.run(f"{desk} -t td/press-1/receipts -m heard")
    await listening.says("^td/press-1/receipts heard")
    assert not [line for line in listening.said if "unheard" in line or "press-2" in line]
