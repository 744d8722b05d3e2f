"""What the code of services says to their journeys is read, and what cannot work is said."""

import inspect
import re
import tomllib
from itertools import count
from pathlib import Path

import pytest
from tests.architecture.source import ROOT
from tests.commands.command_line import thingdesk
from tests.docs.pages import blocks, pages

from thingdesk import journeys, loading
from thingdesk.journeys import Journey

PACK = """
from thingdesk.sdk import *


class Fault(Data):
    code: str = Field(max_length=5)
    level: float = 0


class Done(Outcome):
    by: str = ""


async def helper(journey, when=None):
    await journey.book(when, when, task="a", words="b")
    await helper(journey)


class Helpers:
    @staticmethod
    async def helper(number, it):
        await it.command("restart")


async def tell(journey):
    await journey.tell_owner("x")


async def check(journey):
    await journey.donne(1)


async def take(act): ...


def fetch():
    import urllib.request
    return urllib.request.urlopen("http://stock.example")


@service("a.b", title="x", promise=Promise(), effects=("dispatch",))
async def act(journey: Journey, fault: Fault) -> Done:
    {body}
    return Done(words="x")


@service("a.c", title="x", promise=Promise(), instant=True)
async def at_once(instant: Instant, fault: Fault) -> Done:
    {instant}
    return Done(words="x")


SERVICES = (act, at_once)
"""

FOUND = tomllib.loads((ROOT / "tests" / "code_mistakes.toml").read_text(encoding="utf-8"))
MISTAKES = [(kind, *one) for kind, found in FOUND.items() for one in found.items()]
NUMBER = count()
# the page on mistakes
WRONG = "docs/how-to/check-a-service.md"

# what looks like a mistake and may be none, or is nothing that reading could tell
MAY_WORK = [
    "job = journey.dispatch('a', task='b', words='c')\n    job = await job",
    "coming = journey.now()\n    print(await take(coming))",
    "await take([journey.now()])",
    "found = await (journey.now() if fault.level else journey.owner_time(fault.level))",
    "found = await journey.look('x', lambda: take(journey))",
    "given = {'task': 'b', 'words': 'c'}\n    await journey.dispatch('a', **given)",
    "given = ('a.b', 'c')\n    await journey.tell_machine(*given)",
    "await getattr(journey, 'command')('restart')",
    "journey = journey or fault\n    await journey.command('restart')",
    "for journey in []:\n        await journey.dispach()",
    "await (lambda journey: journey.dispach())(fault)",
    "print(journey.run, journey.facts, journey.service.name, journey.undoable)",
    "await journey.tell_owner('x', anything='goes', other=1)",
    "await journey.ask_owner(choose('Now?', a='Yes'), within=hours(2), default='a')",
    "await journey.ask_owner(choose('Now?', a='Yes'), within=hours(2), default=None)",
    "it = {'a': 'Y'}\n    await journey.ask_owner(choose('x', **it), within=hours(2), default='b')",
    "choose = take\n    await journey.ask_owner(choose('x'), within=hours(2), default='b')",
    "await journey.verify(fault.code, within=hours(2))",
    "import asyncio\n    await journey.look('x', lambda: asyncio.to_thread(fetch))",
    "import asyncio, time\n    await journey.look('x', lambda: asyncio.to_thread(time.sleep, 1))",
    "import time\n    def rest(): time.sleep(1)\n    await journey.look('x', lambda: take(rest))",
    "import httpx\n    async with httpx.AsyncClient() as web: await take(web.get('x'))",
    "import asyncio\n    asyncio.sleep",
    "given = {'words': 'x'}\n    print(Done(**given), fault.model_dump(), fault.code)",
    "fault = take\n    print(fault.anything)",
    "await journey.verify(in_range('m', low=1), hold=hours(1), within=hours(fault.level))",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT / "src"))  # which puts the path back in the end
    return tmp_path


def write(folder: Path, body: str, instant: str = "...") -> str:
    name = f"code_{next(NUMBER)}"
    (folder / f"{name}.py").write_text(PACK.format(body=body, instant=instant))
    return name


@pytest.mark.parametrize(("kind", "body", "said"), MISTAKES)
def test_a_mistake_is_said_with_its_line(folder: Path, kind: str, body: str, said: str) -> None:
    given = ("...", body) if kind.startswith("instant") else (body, "...")
    name = write(folder, *given)
    with pytest.raises(loading.PackError) as caught:
        loading.load([name])
    (found,) = caught.value.problems
    of = ", service a.b" if kind in {"undeclared", "input"} else ""
    assert re.sub(rf"{name}\.py:\d+", "LINE", found).startswith(f"{name}{of}, LINE: {said}")


def test_the_line_is_that_of_the_mistake(folder: Path) -> None:
    name = write(folder, "journey.tell_owner('x')")
    lines = (folder / f"{name}.py").read_text().splitlines()
    with pytest.raises(loading.PackError) as caught:
        loading.load([name])
    number = 1 + lines.index("    journey.tell_owner('x')")
    assert f" {name}.py:{number}: " in caught.value.problems[0]


@pytest.mark.parametrize("body", MAY_WORK)
def test_what_may_work_is_not_called_wrong(folder: Path, body: str) -> None:
    assert loading.load([write(folder, body)])


@pytest.mark.parametrize(
    ("body", "hinted"),
    [
        ("...", True),
        ("await tell(journey)", True),
        ("await journey.dispatch('a', task='b', words='c')", False),
        ("await getattr(journey, 'dispatch')('a')", False),
        ("await take(journey)", True),
        ("await take(lambda: journey)", False),
        ("journey = journey or fault\n    await journey.dispatch('a')", False),
    ],
)
def test_an_effect_that_is_not_used_is_a_hint_where_all_was_read(
    folder: Path, body: str, hinted: bool
) -> None:
    name = write(folder, body)
    said = f"{name}, service a.b, effects: dispatch is declared and not used; write effects=()"
    assert loading.load([name]).hints == ((said,) if hinted else ())


def test_the_command_says_hints_and_is_content(folder: Path) -> None:
    name = write(folder, "...")
    checked = thingdesk(folder, "check", name)
    assert checked.returncode == 0
    hint, good = checked.stdout.splitlines()
    assert hint.startswith(f"hint: {name}, service a.b, effects: dispatch is declared")
    assert good == f"Nothing is wrong with {name}."


def test_an_effect_that_is_none_is_not_proposed(folder: Path) -> None:
    name = write(folder, "await journey.book(fault, fault, task='a', words='b')")
    path = folder / f"{name}.py"
    path.write_text(path.read_text().replace('("dispatch",)', '("reserve_part", "boook")'))
    with pytest.raises(loading.PackError) as caught:
        loading.load([name])
    unknown, undeclared = caught.value.problems
    assert unknown.endswith("effects: 'boook' is no effect; did you mean book?")
    assert undeclared.endswith('not declared; write effects=("book", "reserve_part")')


def test_a_helper_in_a_file_of_its_own_is_read_too(folder: Path) -> None:
    (folder / "far_helpers.py").write_text("async def far(it):\n    await it.command('restart')\n")
    name = write(folder, "from far_helpers import far\n    await far(journey)")
    assert loading.load([name])  # a name that is known only when it runs
    path = folder / f"{name}.py"
    other = path.with_stem(f"{name}_b")
    other.write_text(
        "import far_helpers\n" + PACK.format(body="await far_helpers.far(journey)", instant="...")
    )
    with pytest.raises(loading.PackError, match=r"far_helpers\.py:2: command is an effect"):
        loading.load([other.stem])


def test_a_mistake_in_a_helper_of_several_packs_is_told_once(folder: Path) -> None:
    (folder / "shared_helpers.py").write_text("async def far(it):\n    await it.comand('x')\n")
    names = []
    for one in "de":
        body = f"await shared_{one}.far(journey)"
        pack = PACK.format(body=body, instant=body.replace("journey", "instant"))
        pack = f"import shared_helpers as shared_{one}\n" + pack.replace('"a.', f'"{one}.')
        names.append(f"shares_{one}")
        (folder / f"shares_{one}.py").write_text(pack)
    with pytest.raises(loading.PackError) as wrong:
        loading.load(names)
    said = [one for one in wrong.value.problems if "shared_helpers.py:2" in one]
    assert len(said) == 2, said
    assert "a Journey has no comand" in said[0]
    assert "an Instant has no comand" in said[1]


def test_no_example_and_no_ready_pack_alarms(folder: Path) -> None:
    found = [
        one.text
        for page, text in pages().items()
        for one in blocks(page, text)
        if one.language == "python" and "@service(" in one.text and page != WRONG
    ]
    titles = {one.title: one.text for page, text in pages().items() for one in blocks(page, text)}
    (folder / "taps.py").write_text(titles['title="taps.py"'])  # which another one imports
    assert len(found) > 4
    for number, text in enumerate(found):
        (folder / f"example_{number}.py").write_text(text)
        assert loading.load([f"example_{number}"]).hints == ()


def test_effects_are_verbs_of_a_journey() -> None:
    assert {name for name in journeys.EFFECTS if inspect.isfunction(getattr(Journey, name))} == (
        journeys.EFFECTS
    )
