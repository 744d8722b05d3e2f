"""What was done, in the owner's words."""

from typing import Any

import pytest

from thingdesk.fulfilment import Command, CommandState, SentCommand
from thingdesk.journeys import Entry
from thingdesk.platform import clock, ids
from thingdesk.platform.money import Money
from thingdesk.web.owner.deeds import deeds, standings

NOW = clock.now()
CENTRE = {"name": "Centre Near", "provider": str(ids.new())}


def entry(name: str, details: dict[str, Any], **changes: Any) -> Entry:
    values: dict[str, Any] = {
        "id": ids.new(),
        "journey_id": ids.new(),
        "step": 1,
        "case_id": ids.new(),
        "name": name,
        "details": details,
        "minor": 18900,
        "currency": "EUR",
        "answer": "allow",
        "code": "mandated",
        "reason": "",
        "payer": "owner",
        "state": "done",
        "result": None,
        "epoch": 1,
        "at": NOW,
    }
    return Entry(**(values | changes))


@pytest.mark.parametrize(
    ("name", "details", "words"),
    [
        ("reserve_part", {"part": "ignition_coil", **CENTRE}, "Ignition coil at Centre Near"),
        ("dispatch", {"task": "tow", "start": None, **CENTRE}, "Tow by Centre Near"),
        (
            "book",
            {"task": "repair", "start": "2026-11-24T22:30:00+00:00", **CENTRE},
            "Repair at Centre Near, Tue 24 Nov, 23:30",
        ),
        ("command", {"command": "self_test"}, "The machine was told to self test"),
        ("something.else", {}, "Something else"),
    ],
)
def test_each_effect_has_words(name: str, details: dict[str, Any], words: str) -> None:
    (deed,) = deeds([entry(name, details)], {}, "Europe/Berlin")
    assert deed.words.replace(" 2026", "") == words
    assert (deed.amount, deed.payer, deed.why) == (
        Money(18900, "EUR"),
        "you pay",
        "by your mandate",
    )


@pytest.mark.parametrize(
    ("changes", "amount", "standing"),
    [
        ({"state": "undone"}, None, "taken back"),
        ({"state": "failed"}, None, "could not be done"),
        ({"state": "denied", "code": "policy_denied"}, None, "not permitted"),
        ({"state": "asked", "code": "no_mandate"}, Money(18900, "EUR"), "needs your yes"),
    ],
)
def test_what_does_not_stay_costs_nothing(
    changes: dict[str, Any], amount: Money | None, standing: str
) -> None:
    one = entry("reserve_part", {"part": "pump", **CENTRE}, **changes)
    (deed,) = deeds([one], {one.id: ("set aside", True)}, "UTC")
    assert (deed.stays, deed.runs, deed.why) == (False, False, "")
    assert (deed.amount, deed.standing) == (amount, standing)


@pytest.mark.parametrize(
    ("state", "runs"), [(CommandState.WAITING, True), (CommandState.EXPIRED, False)]
)
def test_a_command_goes_on_until_the_machine_has_answered(state: CommandState, runs: bool) -> None:
    one = entry("command", {"command": "restart"}, minor=None, currency=None, payer="nobody")
    sent = Command(one.id, one.journey_id, one.case_id, "press-1", "restart", NOW)
    known = standings([], [SentCommand(sent, state, 1, NOW)], [])
    (deed,) = deeds([one], known, "UTC")
    assert (deed.runs, deed.amount) == (runs, None)


@pytest.mark.parametrize(
    ("payer", "words"),
    [("organisation", "we pay"), ("maker", "the maker pays"), ("insurer", "the insurer pays")],
)
def test_who_pays_is_said(payer: str, words: str) -> None:
    (deed,) = deeds([entry("command", {"command": "restart"}, payer=payer)], {}, "UTC")
    assert deed.payer == words
