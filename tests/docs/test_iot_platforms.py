"""The page about IoT platforms in front, done as a reader does it."""

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.docs.pages import pages, titled
from tests.docs.reader import reading
from tests.machine.brokers import MOSQUITTO, Mosquitto
from tests.waiting import until

from thingdesk.channels.platforms.model import Source
from thingdesk.channels.platforms.read_map import _FIELDS
from thingdesk.channels.platforms.translate import PARTS
from thingdesk.platform.database import Database

PAGE = "docs/how-to/iot-platforms.md"
TOOLS = ("mosquitto_pub", "curl")
MISSING = [one for one in TOOLS if shutil.which(one) is None] + ([] if MOSQUITTO else ["mosquitto"])


def test_fields_and_parts_are_those_of_the_code() -> None:
    text = pages()[PAGE]
    rows = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == _FIELDS
    words = text.partition("Parts are those")[2].partition("A number in a unit")[0]
    parts = set(re.findall(r"`(\w+)`", words)) - {"topic"}
    assert parts == PARTS[Source.THINGSBOARD] | PARTS[Source.HOME_ASSISTANT]


@pytest.mark.timeout(300)
@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
async def test_platforms_in_front(tmp_path: Path, database_url: str, database: Database) -> None:
    broker = Mosquitto(tmp_path)
    await broker.start()
    async with reading(tmp_path, THINGDESK_DATABASE_URL=database_url) as reader:
        reader.ports["1884"] = str(broker.port)
        (tmp_path / "map.toml").write_text(titled(PAGE, "map.toml"), encoding="utf-8")
        desk = await reader.start(titled(PAGE, "desk"))
        await desk.says("Ready", within=90)
        for one in json.loads(await reader.run(titled(PAGE, "alarm")))["refused"]:
            assert {**one, "reason": "…"} == json.loads(titled(PAGE, "refused"))
        reader.write(PAGE, "presses.csv")
        await reader.run(titled(PAGE, "register"))
        assert "platforms: 5 rules in the map" in await reader.run(titled(PAGE, "doctor"))
        assert await reader.run(titled(PAGE, "alarm")) == titled(PAGE, "taken").strip()
        publish = titled(PAGE, "publish")

        async def heard() -> object:
            await reader.run(publish)
            async with database.transaction() as tx:
                return await tx.fetchval("select 1 from signal where machine = 'north-7'")

        await until(heard)
        (tmp_path / "map.toml").write_text("[[rules]]\nfrom = 'mqtt'\n")
        said = await reader.run("THINGDESK_PLATFORMS=map.toml thingdesk doctor", status=1)
        assert "BAD  platforms: map.toml: rule 1: topic is missing" in said
        assert "rule 1: says nothing" in said
        assert not reader.left(PAGE)
    await broker.stop()
