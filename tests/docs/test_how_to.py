"""The how-to pages, done as a reader does them."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests import databases
from tests.docs.pages import pages, titled
from tests.docs.reader import reading

from thingdesk.parties import RIGHTS, Right, Role, provider_file
from thingdesk.parties.fleet_file import COLUMNS

ROLES = (Role.AGENT, Role.LEADER, Role.ADMIN)
pytestmark = pytest.mark.timeout(300)


async def test_replay_a_recording(tmp_path: Path) -> None:
    page = "docs/how-to/replay-a-recording.md"
    start = datetime(2026, 11, 1, tzinfo=UTC)
    rows = [f"{start + n * timedelta(minutes=5):%Y-%m-%d %H:%M:%S},{80 + n % 3}" for n in range(50)]
    recording = tmp_path / "machine_temperature.csv"
    recording.write_text("\n".join(["timestamp,value", *rows, "never,80"]) + "\n")
    async with reading(tmp_path) as reader:
        desk = await reader.start(titled(page, "desk"))
        await desk.says("Ready", within=90)
        said = await reader.run(titled(page, "replay"))
        assert "line 52" in said
        assert not reader.left(page)


async def test_register_a_fleet(tmp_path: Path, database_url: str) -> None:
    page = "docs/how-to/register-a-fleet.md"
    async with reading(tmp_path, THINGDESK_DATABASE_URL=database_url) as reader:
        reader.write(page, "fleet.csv", "providers.jsonl")
        said = await reader.run(titled(page, "machines"), status=1)
        assert set(titled(page, "said").splitlines()) <= set(said.splitlines()), said
        said = await reader.run(titled(page, "providers"))
        assert re.search(r"^Centre North  [0-9a-f-]{36}$", said, re.MULTILINE)
        assert re.search(r"^Machinery  [0-9a-f-]{36}  secret \S+$", said, re.MULTILINE)
        assert not reader.left(page)


async def test_the_columns_are_those_of_the_reader() -> None:
    rows = re.findall(r"^\| (`.*?) \|", pages()["docs/how-to/register-a-fleet.md"], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([\w.]+)`", row)}
    assert named >= COLUMNS
    assert named >= set(provider_file._Line.model_fields)


async def test_who_may_do_what_is_what_the_code_says() -> None:
    page = pages()["docs/how-to/act-in-the-console.md"]
    rows = re.findall(r"^\| ([a-z ]+) \|(.*)\|(.*)\|(.*)\|$", page, re.MULTILINE)
    assert {words for words, *_ in rows} == {"to", *(right.value for right in Right)}
    for words, *marks in rows[1:]:
        may = [role for role, mark in zip(ROLES, marks, strict=True) if mark.strip() == "yes"]
        assert RIGHTS[Right(words)] == set(may), words


async def test_describe_trouble_codes(tmp_path: Path) -> None:
    page = "docs/how-to/describe-trouble-codes.md"
    async with reading(tmp_path) as reader:
        reader.write(page, "codes.csv")
        desk = await reader.start(titled(page, "desk"))
        for line in titled(page, "said").splitlines():
            await desk.says(re.escape(line), within=90)
        assert not reader.left(page)


async def test_owners_page(tmp_path: Path, database_url: str) -> None:
    page = "docs/how-to/owners-page.md"
    async with reading(tmp_path, THINGDESK_DATABASE_URL=database_url) as reader:
        said = await reader.run(titled(page, "settings"))
        assert "owners reach a person: help@example.org" in said
        said = await reader.run("thingdesk doctor")
        assert "Set THINGDESK_CONTACT" in said
        assert not reader.left(page)


async def test_back_up_and_restore(tmp_path: Path, postgres: str) -> None:
    page = "docs/how-to/back-up.md"
    async with reading(tmp_path) as reader, databases.empty(postgres) as new:
        reader.env["NEW"] = new
        desk = await reader.start("thingdesk up")
        await desk.says("Ready", within=90)
        (tmp_path / "fleet.csv").write_text("id,kind\npress-1,press\n")
        await reader.run("thingdesk machines fleet.csv")
        await reader.run(titled(page, "dump"))
        said = await reader.run(titled(page, "load"))
        assert "all hash chains hold" in said
        again = f"THINGDESK_DATABASE_URL='{new}' thingdesk machines fleet.csv"
        assert "1 as they were" in await reader.run(again)
        await reader.run(titled(page, "keep"))
        said = await reader.run(titled(page, "compare"))
        assert "what was kept is one of them" in said
        assert "verified" in await reader.run(titled(page, "backup"))
        await desk.stop()
        shutil.rmtree(tmp_path / "var")
        desk = await reader.start(titled(page, "restore"))
        await desk.says("Ready", within=90)
        assert "1 as they were" in await reader.run("thingdesk machines fleet.csv")
        assert not reader.left(page)
