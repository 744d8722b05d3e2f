import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.docs.reader import reading
from tests.hand import Hand, open_hand

from thingdesk import mandates, parties
from thingdesk.cases import Outcome
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.mandates import Policy
from thingdesk.parties import NewMachine
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk_machine import Identity

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
MINUTE = timedelta(minutes=1)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def pack() -> Any:
    """README's own service, as a module of its reader's."""
    module = ModuleType("my_ovens")
    exec(compile(blocks("python")[0], "README.md", "exec"), module.__dict__)  # noqa: S102 - our README
    return module


async def test_the_service_on_the_first_page_does_what_it_says(
    database: Database, pack: Any
) -> None:
    hand: Hand = await open_hand(database, Flow(Catalog(pack.SERVICES), pack.RULES))
    await hand.provider("Oven Service", "technician")
    await hand.machine("oven-1", "oven")
    async with database.transaction() as tx:
        await mandates.set_policy(tx, Policy(acts_for_unowned=True))
    turnable = clock.Turnable()
    with clock.reading(turnable):
        start = clock.now() - 15 * MINUTE
        await hand.say("oven-1", "steam", [95, *[70] * 14], start=start)
        case = await hand.case_of("oven-1")
        await hand.finish(await hand.accept(case.id))
        turnable.turn(timedelta(hours=1))
        await hand.say("oven-1", "steam", [96] * 20, start=clock.now() - 25 * MINUTE)
    ended = await hand.case(case.id)
    assert ended.outcome is Outcome.VERIFIED
    assert ended.outcome_words == "Oven Service descaled it."


async def test_the_machine_on_the_first_page_is_whole(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    identity = Identity.create("oven-1")
    identity.save(tmp_path / "oven-1.json")
    (tmp_path / "my_ovens.py").write_text(blocks("python")[0])
    (tmp_path / "oven.py").write_text(blocks("python")[1])
    async with database.transaction() as tx:
        key = identity.public_jwk["x"]
        await parties.register(tx, [NewMachine("oven-1", "oven", "oven", key=key)])
    async with reading(tmp_path, THINGDESK_DATABASE_URL=database_url) as reader:
        desk = await reader.start("THINGDESK_PACKS=my_ovens thingdesk up")
        await desk.says("Ready", within=90)
        address = "DESK=mqtt://127.0.0.1:1883 DESK_URL=http://127.0.0.1:8080"
        said = await reader.run(f"{address} python oven.py")
    assert re.search(r"^the desk has signed for it: case [0-9a-f-]{36}$", said, re.MULTILINE), said


def test_every_page_that_the_readme_links_is_there() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    missing = [link for link in links if not (ROOT / link).exists()]
    assert not missing


def test_every_command_that_the_readme_names_is_there() -> None:
    from thingdesk.commands import main  # noqa: PLC0415 - the whole product, for this test alone

    named = set(re.findall(r"^\| `thingdesk ([a-z-]+)", README, re.MULTILINE))
    assert named == set(main.commands)
