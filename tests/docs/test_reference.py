"""docs/reference/ is what the code says of itself, and everything says something."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import click
import pytest
from pydantic import Field
from scripts.make_reference import FOLDER, PAGES
from scripts.reference import codes, commands, events, refusals, sdk, settings, words

from thingdesk.fulfilment import CommandState
from thingdesk.platform.settings import Settings
from thingdesk.timeline import Event

TWO_WAYS = """
refuse("machine_unknown", "there is no such machine")
refuse("machine_unknown", "there is no such machine", Recovery.CONTACT_US)
refuse("owner_unknown", "there is no such owner")
"""
MENDED = "run `make reference` and commit what it changes"


def several_recoveries(found: Iterable[codes.Code]) -> list[str]:
    """A machine knows by the code what to do next, wherever it meets it."""
    ways: dict[str, set[str]] = {}
    for one in found:
        ways.setdefault(one.code, set()).add(one.kind)
    return [f"{code}: {', '.join(sorted(of))}" for code, of in ways.items() if len(of) > 1]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    assert PAGES[name]() == (FOLDER / name).read_text(encoding="utf-8"), MENDED


def test_there_is_no_other_page() -> None:
    assert sorted(one.name for one in FOLDER.iterdir()) == sorted(PAGES), MENDED


def test_all_that_a_command_can_come_to_is_in_it() -> None:
    said = (FOLDER / "refusals.md").read_text(encoding="utf-8")
    ends = set(CommandState) - {CommandState.WAITING, CommandState.DONE}
    assert not [one for one in ends if f"| `command_{one}` | `refused` |" not in said]


def test_a_code_has_one_recovery() -> None:
    assert not several_recoveries(refusals.spelled(codes.collect("refusals")))


def test_a_code_with_two_recoveries_is_found() -> None:
    found = list(codes.read(TWO_WAYS, "thingdesk.parties", "refusals"))
    assert several_recoveries(found) == ["machine_unknown: contact_us, fix_input"]


def test_a_setting_without_a_meaning_is_found() -> None:
    class More(Settings):
        colour: str = Field(default="red")

    with pytest.raises(words.Undocumented, match="colour"):
        settings.rows(More)


def test_a_command_or_an_option_without_help_is_found() -> None:
    silent = click.Command("paint")
    with pytest.raises(words.Undocumented, match="`thingdesk paint`"):
        commands.sections(click.Group(commands={"paint": silent}), "thingdesk")
    silent = click.Command("paint", help="Paint.", params=[click.Option(["--colour"])])
    with pytest.raises(words.Undocumented, match="--colour"):
        commands.sections(click.Group(commands={"paint": silent}), "thingdesk")


def test_an_event_without_a_docstring_is_found() -> None:
    @dataclass(frozen=True)
    class Painted(Event):
        kind: ClassVar[str] = "machine.painted"
        colour: str

    with pytest.raises(words.Undocumented, match="Painted"):
        events.section(Painted)


def test_the_kind_of_an_event_is_its_own() -> None:
    kinds = [one.kind for one in events.kinds()]
    assert len(kinds) == len(set(kinds))


def test_a_name_of_the_sdk_without_words_is_found() -> None:
    with pytest.raises(words.Undocumented, match="LATEST"):
        sdk.constant("LATEST")


def test_what_only_the_engine_calls_is_no_part_of_the_sdk() -> None:
    page = sdk.make()
    shown = set(re.findall(r"^### (.+)$", page, re.MULTILINE))
    assert {"Journey.look", "Journey.verify", "Instant.keep", "Money.written"} <= shown
    inside = {"Journey.undoable_at", "Journey.wait", "Slot.meets", "Service.is_for", "Service.code"}
    assert not shown & {*inside, "Journey.called", "Instant.called"}
    assert "`code`" in page, "a field of that name is another thing"


CODES = {
    "a plain one": ("refuse('a', 'no', Recovery.RETRY)", [("a", "retry", "no")]),
    "a value": (
        "X = Refusal('b', 'no', Recovery.CONTACT_US)",
        [("b", "contact_us", "no")],
    ),
    "something in its words": ("refuse('c', f'no {x}')", [("c", "fix_input", "no …")]),
    "a name": ("def f():\n  code = 'd'\n  refuse(code, 'no')", [("d", "fix_input", "no")]),
    "a name of two": (
        "def f():\n if x:\n  a, b = 'e', 'one'\n else:\n  a, b = 'f', 'two'\n refuse(a, b)",
        [("e", "fix_input", "one"), ("f", "fix_input", "two")],
    ),
    "a form": ("refuse(f'g_{x}', 'no')", [("g_{}", "fix_input", "no")]),
    "one of bounds": ("bounds.check('h', some())", [("h", "fix_input", "")]),
}


@pytest.mark.parametrize(("text", "found"), CODES.values(), ids=CODES.keys())
def test_a_code_is_found(text: str, found: list[tuple[str, str, str]]) -> None:
    read = codes.read(text, "thingdesk.cases", "refusals")
    assert [(one.code, one.kind, one.words) for one in read] == found


def test_a_code_that_cannot_be_followed_is_told() -> None:
    with pytest.raises(codes.Unreadable, match="make"):
        list(codes.read("refuse(make(), 'no')", "thingdesk.cases", "refusals"))
