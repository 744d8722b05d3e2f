"""Every kind of event has words, and they read all of its fields right."""

import dataclasses
import pkgutil
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest

import thingdesk
from thingdesk.timeline import Entry, Event
from thingdesk.web.words import KINDS, ON_THE_WALL, Names, fold, say

AT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
# what cannot be made from a field's name and type alone
SAMPLES: dict[str, Any] = {
    "criterion": {"metric": None, "codes": ["P0301"]},
    "progress": {"samples": 6},
    "currency": "EUR",
    "minor": 18900,
    "amount": 18900,
    "confidence": 0.9,
    "questions": 3,
    "quantity": 2,
    "by": "owner:01a1ff11-225f-7ddd-be93-275d69417f94",
    "outcome": "verified",
    "found": {"name": "Centre Near"},
    "roles": ["admin"],
    "fields": ["name"],
}
TIMES = {
    "at",
    "arrival",
    "start",
    "end",
    "ends",
    "begins",
    "due",
    "deadline",
    "since",
    "expires",
    "signs_from",
}


def events() -> list[type[Event]]:
    for module in pkgutil.walk_packages(thingdesk.__path__, "thingdesk."):
        if module.name.endswith(".events"):
            import_module(module.name)
    # a dataclass with slots is made anew, and its first form may still be there
    found = {
        one.kind: one
        for one in Event.__subclasses__()
        if "__slots__" in vars(one) and one.__module__.startswith("thingdesk.")
    }
    return [found[kind] for kind in sorted(found)]


def sample(kind: type[Event]) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    return {
        name: AT.isoformat() if name in TIMES else SAMPLES.get(name, f"some {name}")
        for name in names
    }


def test_there_are_words_for_every_kind_and_for_no_other() -> None:
    assert {one.kind for one in events()} == set(KINDS)
    assert set(KINDS) >= ON_THE_WALL


@pytest.mark.parametrize("kind", events(), ids=lambda one: str(one.kind))
def test_the_words_fit_the_event(kind: type[Event]) -> None:
    line = say(Entry("case:1", 1, AT, kind.kind, sample(kind)), Names())
    assert line.words
    assert "None" not in line.words
    assert "{" not in line.words


@pytest.mark.parametrize("kind", events(), ids=lambda one: str(one.kind))
def test_an_event_whose_content_was_erased_is_still_told(kind: type[Event]) -> None:
    assert say(Entry("case:1", 1, AT, kind.kind, None), Names()).words.endswith("(erased)")


def test_a_kind_of_a_later_release_does_not_break_the_page() -> None:
    assert "no words" in say(Entry("case:1", 1, AT, "case.teleported", {}), Names()).words


def test_a_mail_that_left_is_called_so_with_a_mail_server_and_without_one() -> None:
    taken = Entry("case:1", 1, AT, "notice.taken", {"notice": "n", "attempts": 1})
    assert say(taken, Names()).words == "The notice left as a mail"


def entry(kind: str, **value: Any) -> Entry:
    (event,) = [one for one in events() if one.kind == kind]
    return Entry("case:1", 1, AT, kind, sample(event) | value)


def told(*entries: Entry) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.kind, one.more) for one in fold(entries, Names())]


def test_what_became_of_a_notice_stands_with_it_and_that_of_a_question_with_the_question() -> None:
    asked = entry("decision.asked", words="When?")
    of_it = entry("notice.told", notice="n1", to_kind="machine", to="car-1", words="When?\nMore")
    other = entry("notice.told", notice="n2", words="Another")
    heard = [entry("notice.acknowledged", notice="n1"), entry("notice.taken", notice="n2")]
    assert told(asked, of_it, other, *heard) == [
        ("decision.asked", ("told car-1", "acknowledged 14:05:00")),
        ("notice.told", ("taken 14:05:00",)),
    ]
    assert told(heard[0]) == [("notice.acknowledged", ())], "its notice is on an earlier part"
    failed = entry("notice.given_up", notice="n2")
    assert told(other, failed)[1] == ("notice.given_up", ()), "what is wrong is a line of its own"


def test_an_effect_that_an_entry_tells_is_not_told_twice() -> None:
    paid = {"minor": 100, "currency": "EUR", "payer": "owner"}
    kinds = ("effect.intended", "part.reserved", "effect.done")
    money = entry("money.reserved", **paid)
    folded = told(money, entry(kinds[0], **paid), entry(kinds[1]), entry(kinds[2]))
    assert [kind for kind, _ in folded] == ["effect.intended", "part.reserved"]
    bare = told(money, entry(kinds[0], **paid | {"minor": 7}), entry(kinds[2]))
    assert [kind for kind, _ in bare] == ["money.reserved", "effect.intended", "effect.done"]


def test_an_answer_is_in_its_line_and_services_have_their_titles() -> None:
    names = Names({}, {"vehicle.repair": "Repair a fault"})
    answered = entry("decision.answered", words="Monday at ten")
    assert say(answered, names).words.endswith("answered: Monday at ten")
    opened = entry("case.opened", service="vehicle.repair", origin="finding")
    assert say(opened, names).words == "A case opened: Repair a fault, found in its own signals"
    again = entry("case.joined", origin="finding")
    assert say(again, names).words == "It was found in its signals again"
