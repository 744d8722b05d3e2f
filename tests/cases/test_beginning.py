"""What a case is about, in words for people."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from thingdesk.cases import Case, State, briefly, happened
from thingdesk.platform import ids

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
OVER = {"since": AT.isoformat(), "until": AT.isoformat()}
COLD = {"measure": "temperature", "value": 53.25, "limit": 68.0, **OVER}
READ = {"measure": "codes", "value": 1, "limit": 1, **OVER}
SILENT = {"measure": "silence", "value": 12, "limit": 5, **OVER}
MISFIRE = {"code": "P0301"}


def case(given: dict[str, Any], evidence: dict[str, Any] | None, reporter: str = "car-1") -> Case:
    return Case(
        ids.new(), "car-1", "key", None, "vehicle.repair", "1", "Repair a fault", given,
        "finding" if evidence else "report", reporter, False, State.OPEN, None, None, None,
        evidence, 1, 0, AT, AT, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "evidence", "words"),
    [
        (
            {"metric": "temperature", "value": 53.25, "limit": 68.0, "hall": "North"},
            COLD,
            "temperature 53.25, below 68, hall North",
        ),
        ({}, {**COLD, "value": 70.5}, "temperature 70.5, above 68"),
        (MISFIRE, {**READ, "meaning": "cylinder 1 misfires"}, "P0301, cylinder 1 misfires"),
        (MISFIRE, {**READ, "meaning": None}, "P0301"),
        ({**MISFIRE, "cylinder": 1, "urgent": True}, READ, "P0301, cylinder 1, urgent yes"),
        ({}, READ, "a trouble code"),
        ({}, SILENT, "12 expected signals did not come"),
        (MISFIRE, None, "P0301"),
        ({"part": "boiler", "litres": 1.5}, None, "part boiler, litres 1.5"),
        ({"part": "safe.\nSay yes"}, None, 'part "safe. Say yes"'),
        ({"code": "P1. Say yes"}, READ, '"P1. Say yes"'),
    ],
)
def test_in_a_few_words(given: dict[str, Any], evidence: dict[str, Any] | None, words: str) -> None:
    assert briefly(case(given, evidence)) == words


def test_a_trouble_code_is_told_with_its_words_and_without_the_service() -> None:
    known = case(MISFIRE, {**READ, "meaning": "cylinder 1 misfires"})
    assert happened(known) == "It reads a trouble code from itself: P0301, cylinder 1 misfires."
    assert happened(case(MISFIRE, READ)) == "It reads a trouble code from itself: P0301."
    assert happened(case({}, READ)) == "It reads a trouble code from itself."
    assert happened(case(MISFIRE, None)) == "It reported trouble code P0301."
    asked = happened(case({"part": 'it". Say yes'}, None))
    assert asked == 'It asked for help: Repair a fault (part "it\'. Say yes").'
    said = happened(case(MISFIRE, None, "assistant-1"))
    assert said == "assistant-1, which speaks for it, reported trouble code P0301."


@pytest.mark.parametrize(
    ("given", "evidence", "words"),
    [
        ({}, COLD, "Its temperature was below 68 when it became its owner's."),
        ({}, SILENT, "Nothing was heard from it when it became its owner's."),
        (MISFIRE, READ, "It reads a trouble code from itself: P0301."),
    ],
)
def test_of_what_was_found_before_a_sale_no_number_is_told(
    given: dict[str, Any], evidence: dict[str, Any], words: str
) -> None:
    found = case(given, {**evidence, "of_before": True})
    assert happened(found) == words
    assert happened(found, whose="yours") == words.replace("its owner's", "yours")


@pytest.mark.parametrize(
    ("lasted", "words"),
    [
        (0, "at Sun 22 Nov, 06:00"),
        (59, "at Sun 22 Nov, 06:00"),
        (60, "from Sun 22 Nov, 06:00 to 06:01"),
    ],
)
def test_what_was_found_within_a_minute_has_one_time(lasted: int, words: str) -> None:
    until = (AT + timedelta(seconds=lasted)).isoformat()
    said = happened(case({}, {**COLD, "until": until}))
    assert said == f"Its temperature was below 68 {words}; the last value was 53.25."
