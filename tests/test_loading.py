"""What authors of packs get wrong is said at once: where, what, and how to mend it."""

import abc
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.commands.command_line import thingdesk
from thingdesk import loading
from thingdesk.loading.load import READY
from thingdesk.platform.settings import READY_PACKS

PACK = """
from thingdesk.sdk import *


class Fault(Data):
    code: str = Field(max_length=5)
    level: float = Field(default=0, le=10)


class Done(Outcome):
    by: str = ""


def make(name, **more):
    given = {"title": "x", "promise": Promise(), "identity": ("code",)} | more

    @service(name, **given)
    async def act(journey: Journey, fault: Fault) -> Done:
        return await journey.verify(in_range("m", low=10), within=days(1)) or Done(words="x")

    return act


def rule(name, **more):
    asked = {"asks": lambda finding: Fault(code="x", level=finding.evidence.value)}
    given = {"model": "a*", "service": "a.well", "metric": "m", "below": 10} | asked | more
    return Threshold(name=name, **given)


async def instantly(instant: Instant, fault: Fault) -> Done: return Done(words="x")
async def wordless(journey: Journey, fault: Fault) -> Fault: return fault


WELL = make("a.well")
"""

NOWHERE = "nor in a folder of PYTHONPATH, nor is it installed"
FOUND = tomllib.loads((ROOT / "tests" / "pack_mistakes.toml").read_text(encoding="utf-8"))
MISTAKES = [
    *((f"SERVICES = (WELL, {text})", said) for text, said in FOUND["services"].items()),
    *((f"SERVICES = (WELL,)\nRULES = ({text},)", said) for text, said in FOUND["rules"].items()),
    *FOUND["broken"].items(),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT / "src"))  # which puts the path back in the end
    return tmp_path


def write(folder: Path, name: str, end: str) -> str:
    (folder / f"{name}.py").write_text(PACK + end + "\n")
    return name


def problems(*names: str) -> tuple[str, ...]:
    with pytest.raises(loading.PackError) as caught:
        loading.load(names)
    return caught.value.problems


@pytest.mark.parametrize(("number", "end", "said"), [(n, *one) for n, one in enumerate(MISTAKES)])
def test_a_mistake_is_said_with_its_place_and_how_to_mend_it(
    folder: Path, number: int, end: str, said: str
) -> None:
    name = write(folder, f"pack_{number}", end)
    (found,) = problems(name)
    assert found.replace(name, "PACK").startswith(f"PACK, {said}")


def test_a_criterion_whose_limits_only_its_journey_knows_is_left_to_it(folder: Path) -> None:
    calls = [
        'in_range("m", low=fault.level)',
        'in_range("m", **limits)',
        "codes_absent(*codes)",
        'in_range("m", high=HIGH, gap=minutes(5))',
        'theirs.in_range("m")',
    ]
    end = "HIGH = 7\ndef checks(fault, limits, codes, theirs):\n    return " + ", ".join(calls)
    assert loading.load([write(folder, "pack_of_criteria", f"SERVICES = (WELL,)\n{end}")])


def test_what_a_journey_makes_of_what_it_knows_is_left_to_it(folder: Path) -> None:
    calls = [
        "Money(price, CURRENCY)",
        'Money(minor=price, currency="EUR")',
        "Money(*prices)",
        "OwnerPicks(hours(price))",
        'OwnerPicks(within=hours(48), words=f"{price}")',
        'OwnerPicks(**{"within": hours(48)})',
    ]
    end = 'CURRENCY = "EUR"\ndef prices(price, prices):\n    return ' + ", ".join(calls)
    assert loading.load([write(folder, "pack_of_prices", f"SERVICES = (WELL,)\n{end}")])


@pytest.mark.parametrize("ends", ["failing", "ending(endless)"])
def test_a_function_that_may_never_come_to_its_end_is_left_to_its_journey(
    folder: Path, ends: str
) -> None:
    end = f"""
import functools


def ending(function):
    @functools.wraps(function)
    async def ended(journey, fault):
        await function(journey, fault)
        return Done(words="x")

    return ended


async def endless(journey: Journey, fault: Fault) -> Done:
    await journey.tell_owner("x")


async def failing(journey: Journey, fault: Fault) -> Done:
    if fault.level:
        raise Failed("x", "y")
    else:
        raise Failed("x", "z")


SERVICES = (service("a.b", title="x", promise=Promise())({ends}),)
"""
    name = "pack_" + ends.partition("(")[0]
    assert loading.load([write(folder, name, end)])


ENDS = {
    "if fault.level:\n        return DONE": True,
    "if fault.level:\n        return DONE\n    else:\n        raise Failed('x', 'y')": False,
    "if fault.level:\n        return DONE\n    await journey.tell_owner('x')": True,
    "try:\n        return DONE\n    except Denied:\n        await journey.tell_owner('x')": True,
    "try:\n        await journey.now()\n    finally:\n        return DONE": False,
    "while True:\n        return DONE": False,
    "for _ in range(2):\n        return DONE": False,
    "return DONE": False,
}


@pytest.mark.parametrize(
    ("number", "body", "falls"), [(n, *one) for n, one in enumerate(ENDS.items())]
)
def test_a_function_that_may_come_to_its_end_is_a_hint(
    folder: Path, number: int, body: str, falls: bool
) -> None:
    head = '@service("a.b", title="x", promise=Promise())\nasync def act'
    end = f"{head}(journey: Journey, fault: Fault) -> Done:\n    {body}\nSERVICES = (act,)"
    end = end.replace("DONE", "Done(words='x')")
    hints = loading.load([write(folder, f"pack_end_{number}", end)]).hints
    said = [one for one in hints if "act may come to its end here, and returns none then" in one]
    assert len(said) == falls


def test_all_mistakes_of_all_packs_are_said_at_once(folder: Path) -> None:
    one = write(folder, "pack_one", 'SERVICES = (make("a.b", effects=("x",), identity=("y",)),)')
    two = write(folder, "pack_two", 'SERVICES = (WELL,)\nRULES = (rule("r", service="b.c"),)')
    assert [
        said.replace(str(folder), "HERE").split(":")[0].split(", nor")[0]
        for said in problems(one, two, "pack_nowhere")
    ] == [
        "pack_nowhere, there is no such module in HERE",
        "pack_one, service a.b, identity",
        "pack_one, service a.b, effects",
        "pack_two, rule r, service",
    ]


def test_a_pack_is_found_in_the_folder_where_the_command_runs(folder: Path) -> None:
    end = 'SERVICES = (WELL,)\nRULES = (rule("r"), rule("vehicle.overheated", replaces=True))'
    brought = loading.load([write(folder, "pack_of_mine", end)])
    assert "a.well" in {one.name for one in brought.services}
    (hot,) = [one for one in brought.rules if one.name == "vehicle.overheated"]
    assert hot.service == "a.well"


def test_only_the_ready_packs_that_are_wanted_are_offered() -> None:
    for ready, begins in ((("meter",), {"meter"}), ((), set[str]())):
        brought = loading.load([], ready)
        assert {one.name.partition(".")[0] for one in brought.services} == begins
        assert brought.rules == ()
    assert set(READY_PACKS) == set(READY)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("pack_of_fans.py", "it is a file; name its module: pack_of_fans"),
        ("./pack_of_fans.py", "it is a file; name its module: pack_of_fans"),
        ("inner/pack_of_fans.py", "it is a file; name its module: inner.pack_of_fans"),
        ("inner/pack_of_fans", "it is a file; name its module: inner.pack_of_fans"),
        (
            "my-inner/pack_of_fans.py",
            "it is a file; go to its folder, HERE/my-inner, and name its module: pack_of_fans",
        ),
        (
            "pack-of-fans.py",
            "a module's name has letters, digits and _ alone; rename it, and leave out .py",
        ),
        (
            "pack_of_fan.py",
            "there is no such file, and a pack is named as a module; did you mean pack_of_fans?",
        ),
        (
            "pack_of_fan",
            f"there is no such module in HERE, {NOWHERE}; did you mean pack_of_fans?",
        ),
        (
            "inner.pack_of_fan",
            f"there is no such module in HERE, {NOWHERE}; did you mean pack_of_fans?",
        ),
        ("abc", "it is ABC, and not the abc.py of this folder; give yours another name"),
    ],
)
def test_who_names_no_module_is_told_its_name(folder: Path, given: str, said: str) -> None:
    for one in ("inner", "my-inner"):
        (folder / one).mkdir()
        write(folder / one, "pack_of_fans", "SERVICES = (WELL,)")
    for name in ("pack_of_fans", "pack-of-fans", "abc"):
        write(folder, name, "SERVICES = (WELL,)")
    words = said.replace("HERE", str(folder)).replace("ABC", str(abc.__file__))
    assert problems(given) == (f"{given}, {words}",)


def test_a_path_is_an_error_of_the_command(folder: Path) -> None:
    write(folder, "pack_path", "SERVICES = (WELL,)")
    checked = thingdesk(folder, "check", "pack_path.py")
    said = "pack_path.py, it is a file; name its module: pack_path\n"
    assert (checked.returncode, checked.stdout, checked.stderr) == (1, said, "")


def test_a_service_that_is_left_out_is_a_hint(folder: Path) -> None:
    first = 'FIRST = make("a.b")\nSECOND = make("a.b", version="2")\nLEFT = make("a.c")'
    name = write(folder, "pack_left", f"{first}\nSERVICES = (WELL, FIRST, SECOND)")
    other = write(folder, "pack_right", "from pack_left import LEFT\nSERVICES = ()\nWELL = None")
    said = f"{name}, SERVICES: without LEFT, a.c is not offered; add it"
    assert loading.load([name, other]).hints == (said,)


def test_the_command_and_the_desk_say_the_same_and_start_nothing(folder: Path) -> None:
    name = write(folder, "pack_wrong", 'SERVICES = (make("a.b", effects=("despatch",)),)')
    said = "pack_wrong, service a.b, effects: 'despatch' is no effect; did you mean dispatch?\n"
    checked = thingdesk(folder, "check", name)
    assert (checked.returncode, checked.stdout, checked.stderr) == (1, said, "")
    refused = thingdesk(folder, "up", PACKS=name)
    assert refused.returncode == 1
    assert refused.stderr.endswith(f"Error: These packs cannot be used:\n  {said}")
    assert not (folder / "var").exists()


def test_a_good_pack_is_called_good(folder: Path) -> None:
    name = write(folder, "pack_good", 'SERVICES = (WELL,)\nRULES = (rule("r"),)')
    checked = thingdesk(folder, "check", name)
    assert checked.returncode == 0
    assert checked.stdout == "Nothing is wrong with pack_good.\n"


def test_a_rule_whose_service_asks_for_no_proof_is_a_hint(folder: Path) -> None:
    blind = "async def blind(journey: Journey, fault: Fault) -> Done: return Done(words='x')"
    end = """
@service("a.blind", title="x", promise=Promise())
{blind}
SERVICES, RULES = (WELL, blind), (rule("r", service="a.blind"), rule("s"))
"""
    name = write(folder, "pack_blind", end.format(blind=blind))
    (hint,) = loading.load([name]).hints
    assert hint.startswith(f"{name}, rule r, service: a.blind asks for no proof")
