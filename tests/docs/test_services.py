"""The how-to pages for authors of services, with their services on a real desk."""

import re
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from tests.commands.command_line import thingdesk
from tests.docs.pages import titled
from tests.hand import Hand, open_hand

from thingdesk import journeys, loading
from thingdesk.cases import Answer
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.platform import durable
from thingdesk.platform.clock import Turnable
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal

AT_ONCE = "docs/how-to/answer-at-once.md"
CHANGE = "docs/how-to/change-a-service.md"
ASK = "docs/how-to/ask-the-owner.md"
CHECK = "docs/how-to/check-a-service.md"


def pack(folder: Path, page: str, name: str) -> ModuleType:
    """The module that a reader writes; it is checked as `thingdesk check` does."""
    (folder / f"{name}.py").write_text(titled(page, f"{name}.py"))
    loading.load([name])
    return sys.modules[name]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


async def served(database: Database, module: ModuleType) -> Hand:
    return await open_hand(database, Flow(Catalog(module.SERVICES), ()))


async def test_answer_at_once(database: Database, folder: Path, turnable: Turnable) -> None:
    hand = await served(database, pack(folder, AT_ONCE, "tanks"))
    await hand.machine("tank-1", "tank")
    first = await hand.report("tank-1", "tank.level", {"litres": 900})
    turnable.turn(timedelta(hours=2))
    second = await hand.report("tank-1", "tank.level", {"litres": 850})
    refused = await hand.report("tank-1", "tank.level", {"litres": 2000})
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert first.outcome == {"words": "The first level.", "used": None, "hours": None}
    assert second.outcome
    assert (second.case_id, second.outcome["used"]) == (None, 50)
    assert second.outcome["hours"] == pytest.approx(2, rel=0.01)
    assert isinstance(refused, Refusal)
    assert refused.code == "implausible_level"


async def test_change_a_service(database: Database, folder: Path) -> None:
    before = await served(database, pack(folder, CHANGE, "taps"))
    for name in ("home-1", "home-2"):
        await before.machine(name, "home", owner=f"owner-{name}")
    old = await before.opened("home-1", "tap.leak", {"tap": "bath"})
    after = await served(database, pack(folder, CHANGE, "taps_later"))
    new = await after.opened("home-2", "tap.leak", {"tap": "bath"})
    for case_id in (old, new):
        await after.answer(case_id, "no")
    assert (await after.case(old)).outcome_words == "The answer was no."
    assert (await after.case(new)).outcome_words == "Now the answer was no."


async def test_what_was_changed_in_place_goes_on_with_its_old_code(
    database: Database, folder: Path
) -> None:
    hand = await served(database, pack(folder, CHANGE, "taps"))
    await hand.machine("home-3", "home", owner="owner-home-3")
    case_id = await hand.opened("home-3", "tap.leak", {"tap": "bath"})
    mended = pack(folder, CHANGE, "taps_later")
    in_place = replace(mended.SERVICES[1], version="1")
    spoiled = await open_hand(database, Flow(Catalog((in_place,)), ()))
    await spoiled.answer(case_id, "no")
    async with database.transaction() as tx:
        (stuck,) = await durable.stuck(tx)
    said = re.escape(titled(CHANGE, "stuck").strip()).replace("…", ".*")
    assert re.search(said, stuck.problem or ""), stuck.problem
    after = await served(database, mended)
    async with database.transaction() as tx:
        assert await journeys.retry(tx, [case_id], "a reader") == 1
    await after.work()
    assert (await after.case(case_id)).outcome_words == "The answer was no."


def test_check_a_service(folder: Path) -> None:
    (folder / "fans.py").write_text(titled(CHECK, "fans.py"))
    checked = thingdesk(folder, "check", "fans")
    assert (checked.returncode, checked.stdout) == (1, titled(CHECK, "said"))


def test_what_waits_without_await(folder: Path) -> None:
    stock = titled(CHECK, "stock.py") + "\n\nSERVICES = ()\n"
    (folder / "stock.py").write_text(stock)
    assert loading.load(["stock"])
    at_once = 'await journey.look("the stock", lambda: asyncio.to_thread(ask, part))'
    assert at_once in stock
    (folder / "stock_at_once.py").write_text(stock.replace(at_once, "ask(part)"))
    with pytest.raises(loading.PackError, match="holds up the whole desk; write"):
        loading.load(["stock_at_once"])


async def test_ask_the_owner(database: Database, folder: Path) -> None:
    hand = await served(database, pack(folder, ASK, "panes"))
    await hand.provider("Shine", "cleaner")
    for name in ("roof-1", "roof-2"):
        await hand.machine(name, "roof", owner=f"owner-{name}")
    case_id = await hand.opened("roof-1", "panel.clean", {"panel": "left"})
    options = (await hand.question(case_id)).question.options
    assert [one.words for one in options] == titled(ASK, "options").splitlines()
    await hand.answer(case_id, "today")
    await hand.finish(await hand.accept(case_id))
    assert (await hand.case(case_id)).outcome_words == "Shine cleaned it."
    other = await hand.opened("roof-2", "panel.clean", {"panel": "left"})
    await hand.answer(other, "never")
    assert (await hand.case(other)).outcome_words == "It stays as it is."
