"""What was done, in the owner's words."""

from typing import Any
from uuid import UUID

import pytest

from thingdesk.fulfilment import (
    Command,
    CommandState,
    Job,
    JobOffer,
    JobState,
    Reservation,
    ReservationState,
    SentCommand,
)
from thingdesk.journeys import Entry
from thingdesk.platform import clock, ids
from thingdesk.platform.money import Money
from thingdesk.web.owner.effects import Standing, effects, standings

NOW = clock.now()
CENTRE = {"name": "Centre Near", "provider": str(ids.new())}
GO_ON = {
    CommandState.WAITING,
    JobState.OFFERED,
    JobState.ACCEPTED,
    JobState.UNDER_WAY,
    JobState.ARRIVED,
    ReservationState.RESERVED,
}


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
    (effect,) = effects([entry(name, details)], {}, "Europe/Berlin")
    assert effect.words.replace(" 2026", "") == words
    assert (effect.amount, effect.payer, effect.why) == (
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
    (effect,) = effects([one], {one.id: ("set aside", True)}, "UTC")
    assert (effect.stays, effect.runs, effect.why) == (False, False, "")
    assert (effect.amount, effect.standing) == (amount, standing)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("asked", "Tell the machine to restart"),
        ("denied", "Tell the machine to restart"),
        ("failed", "Tell the machine to restart"),
        ("undone", "The machine was told to restart"),
    ],
)
def test_a_command_is_told_as_done_only_after_it_was_sent(state: str, words: str) -> None:
    one = entry("command", {"command": "restart"}, state=state)
    (effect,) = effects([one], {}, "UTC")
    assert effect.words == words


def test_what_waits_for_a_yes_does_so_until_its_case_ends() -> None:
    one = entry("command", {"command": "restart"}, state="asked", code="no_mandate")
    (waits,) = effects([one], {}, "UTC")
    (over,) = effects([one], {}, "UTC", ended=True)
    assert (waits.asked, waits.standing, waits.amount) == (
        True,
        "needs your yes",
        Money(18900, "EUR"),
    )
    assert (over.asked, over.standing, over.amount) == (False, "not begun", None)


@pytest.mark.parametrize("state", [JobState.DECLINED, JobState.EXPIRED, JobState.CANCELLED])
def test_a_job_that_was_passed_on_says_what_the_provider_did(state: JobState) -> None:
    ((one, known),) = known_of(state).items()
    (effect,) = effects(
        [entry("dispatch", {"task": "tow", **CENTRE}, id=one, state="undone")], {one: known}, "UTC"
    )
    assert (
        effect.standing
        == {
            JobState.DECLINED: "declined",
            JobState.EXPIRED: "no answer in time",
            JobState.CANCELLED: "taken back",
        }[state]
    )
    assert (effect.stays, effect.runs, effect.amount) == (False, False, None)


def known_of(state: CommandState | JobState | ReservationState) -> dict[UUID, Standing]:
    """The standing of an effect that has come to `state`."""
    one, run, case = ids.new(), ids.new(), ids.new()
    match state:
        case CommandState():
            sent = Command(one, run, case, "press-1", "restart", NOW)
            return standings([], [SentCommand(sent, state, 1, NOW)], [], "UTC")
        case JobState():
            offer = JobOffer(one, run, case, "car-1", ids.new(), "repair", "A coil.", NOW)
            return standings([Job(offer, state, {})], [], [], "UTC")
        case _:
            return standings([], [], [Reservation(one, case, ids.new(), "coil", 1, state)], "UTC")


@pytest.mark.parametrize(
    "state",
    [*CommandState, *JobState, *ReservationState],
    ids=lambda one: f"{type(one).__name__}-{one}",
)
def test_each_state_has_words_and_goes_on_or_not(
    state: CommandState | JobState | ReservationState,
) -> None:
    ((one, (words, runs)),) = known_of(state).items()
    given = entry("command", {"command": "restart"}, id=one, minor=None, currency=None)
    (told,) = effects([given], {one: (words, runs)}, "UTC")
    assert (told.standing, told.runs, told.amount) == (words, state in GO_ON, None)
    assert words


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (CommandState.EXPIRED, "it came too late, and the machine did not begin"),
        (CommandState.RECALLED, "taken back before the machine began"),
        (CommandState.UNDELIVERED, "the machine was never told"),
        (CommandState.UNANSWERED, "no answer in time: the machine may have done it"),
    ],
)
def test_whether_the_machine_has_acted_is_said(state: CommandState, words: str) -> None:
    assert [said for said, _ in known_of(state).values()] == [words]


@pytest.mark.parametrize(
    ("payer", "words"),
    [("organisation", "we pay"), ("maker", "the maker pays"), ("insurer", "the insurer pays")],
)
def test_who_pays_is_said(payer: str, words: str) -> None:
    (effect,) = effects([entry("command", {"command": "restart"}, payer=payer)], {}, "UTC")
    assert effect.payer == words
