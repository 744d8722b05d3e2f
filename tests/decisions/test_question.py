from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from tests.decisions import asking

from thingdesk.cases import Case
from thingdesk.cases import State as CaseState
from thingdesk.decisions.model import Cost, Decision, Option, Proposal, State, yes_or_no
from thingdesk.decisions.words import About, cost_words, gathered, in_words
from thingdesk.mandates import Payer
from thingdesk.notices import Recipient, To
from thingdesk.parties import Machine
from thingdesk.platform import ids
from thingdesk.platform.money import Money

DEADLINE = datetime(2026, 11, 25, 11, tzinfo=UTC)
SLOTS = (Option("mon", "Monday, 9:00", {"slot": 1}), Option("tue", "Tuesday, 14:00"))
YES_NO = yes_or_no("a" * 64)
TIMES = (
    Option("t0", "", {"start": "2026-11-26T08:00:00+00:00", "at": "Steam & Co."}, "a" * 64),
    Option("t1", "", {"start": "2026-11-27T08:00:00+00:00", "at": "Steam & Co."}, "b" * 64),
)
AGREED = Cost(Money(8000, "EUR"), Payer.OWNER, agreed=True)
WITHOUT = (
    "Without an answer by Wednesday, 25 November 2026, 12:00 (Europe/Berlin)"
    " nothing is done: no answer is a no."
)
ABOUT = About(
    Case(
        id=ids.new(),
        subject="oven-1",
        key="",
        owner_id=None,
        service="oven.descale",
        version="1",
        title="Descale an oven",
        input={"part": "boiler"},
        origin="report",
        reporter="oven-1",
        safety=False,
        state=CaseState.OPEN,
        outcome=None,
        outcome_data=None,
        outcome_words=None,
        evidence=None,
        reports=1,
        reopened=0,
        opened_at=DEADLINE,
        began_at=None,
        ended_at=None,
        relapse_until=None,
    ),
    Machine("oven-1", "oven", "Steamer 9", None, {}, None, None, None, None, None, DEADLINE),
)
question = partial(asking.question, ids.new(), options=SLOTS, deadline=DEADLINE)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"to": To.MACHINE}, "to an owner"),
        ({"owner_id": None}, "who is named"),
        ({"options": ()}, "needs options"),
        ({"options": (SLOTS[0], SLOTS[0])}, "different ids"),
        ({"default": "wed"}, "none of the options"),
        ({"options": YES_NO, "default": "yes"}, "the default is no"),
        ({"options": TIMES, "default": "t0"}, "the default is no"),
        ({"options": (Option("no", "No", approves="a"),), "default": None}, "approves nothing"),
    ],
)
def test_a_question_that_cannot_be_is_an_error(wrong: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        question(**wrong)


def test_an_owners_question_is_this_owners_and_staffs_is_any_staffs() -> None:
    mine = question()
    assert mine.owner_id
    assert mine.may_be_answered_by(Recipient.owner(mine.owner_id))
    assert not mine.may_be_answered_by(Recipient.owner(ids.new()))
    assert not mine.may_be_answered_by(Recipient.staff(mine.owner_id))
    staffs = question(to=To.STAFF)
    assert staffs.may_be_answered_by(Recipient.staff(ids.new()))
    assert not staffs.may_be_answered_by(Recipient.owner(ids.new()))


def test_the_message_hands_over_the_choice_with_its_data() -> None:
    one = question()
    assert one.owner_id
    by = Recipient.owner(one.owner_id)
    answered = Decision(one, State.ANSWERED, DEADLINE, None, "mon", by, DEADLINE)
    assert answered.message() == {
        "decision": str(one.id),
        "state": "answered",
        "option": "mon",
        "data": {"slot": 1},
        "approves": None,
        "by": f"owner:{one.owner_id}",
    }
    picked = Decision(
        question(options=TIMES, default=None), State.ANSWERED, DEADLINE, None, "t1", by, DEADLINE
    )
    assert picked.message()["approves"] == "b" * 64, "of the answer, and of no other"
    nothing = Decision(question(default=None), State.EXPIRED, DEADLINE)
    assert (nothing.message()["option"], nothing.message()["by"]) == (None, None)


def test_the_owner_reads_the_options_and_the_deadline_in_local_time() -> None:
    words = in_words(question(), About(), "Europe/Berlin")
    assert words.startswith("Which day?\n")
    assert "- Tuesday, 14:00\n" in words
    assert words.endswith(
        "Without an answer by Wednesday, 25 November 2026, 12:00 (Europe/Berlin)"
        " we take: Monday, 9:00"
    )
    assert "we go on without one" in in_words(question(default=None), About(), "UTC")


def test_the_owner_reads_all_that_the_answer_rests_on() -> None:
    proposal = Proposal(
        words="Descale the boiler.",
        who="Steam & Co.",
        at_once=True,
        costs=(Cost(Money(8900, "EUR"), Payer.OWNER),),
        why="You have given us no mandate for such things.",
    )
    one = question(
        words="May we send Steam & Co. to oven-1?", options=YES_NO, default="no", proposal=proposal
    )
    about = replace(ABOUT, identity="part boiler")
    assert in_words(one, about, "Europe/Berlin").split("\n") == [
        "oven-1, part boiler: May we send Steam & Co. to oven-1?",
        "",
        "Your machine: oven-1 (oven, Steamer 9)",
        "What happened: It asked for help: Descale an oven (part boiler).",
        "What would be done: Descale the boiler.",
        "By whom: Steam & Co.",
        "When: at once",
        "What it costs you: 89.00 EUR",
        "Why we ask: You have given us no mandate for such things.",
        "",
        "You can answer:",
        "- Yes",
        "- No",
        "",
        WITHOUT,
    ]


def test_times_to_choose_from_are_the_owners_and_choosing_is_the_approval() -> None:
    one = question(options=TIMES, default=None)
    words = in_words(one, About(), "Europe/Berlin")
    assert "- Thursday 26 November, 09:00, Steam & Co.\n" in words
    assert "Your choice permits exactly this, and nothing else." in words
    assert words.endswith("nothing is done: no answer is a no.")


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ((), "nothing"),
        ((Cost(Money(0, "EUR"), Payer.OWNER),), "nothing"),
        ((Cost(Money(8900, "EUR"), Payer.MAKER),), "nothing: the maker pays 89.00 EUR"),
        ((Cost(Money(8900, "EUR"), Payer.ORGANISATION),), "nothing: we pay 89.00 EUR"),
        (
            (Cost(Money(100, "EUR"), Payer.OWNER), Cost(Money(200, "EUR"), Payer.INSURER)),
            "1.00 EUR; the insurer pays 2.00 EUR",
        ),
        ((AGREED,), "nothing more than the 80.00 EUR that you said yes to"),
        (
            (AGREED, Cost(Money(14000, "EUR"), Payer.OWNER)),
            "140.00 EUR, and the 80.00 EUR that you said yes to: 220.00 EUR in all",
        ),
        (
            (Cost(Money(8000, "EUR"), Payer.OWNER), Cost(Money(14000, "EUR"), Payer.OWNER)),
            "80.00 EUR and 140.00 EUR: 220.00 EUR in all",
        ),
        (
            (AGREED, Cost(Money(14000, "USD"), Payer.OWNER)),
            "140.00 USD, and the 80.00 EUR that you said yes to",
        ),
    ],
)
def test_the_owner_reads_what_it_costs_them_and_who_pays_else(
    costs: tuple[Cost, ...], words: str
) -> None:
    assert cost_words(costs) == words


def test_questions_of_one_mail_are_told_apart_by_their_matter() -> None:
    one = question(words="May we order the part?", options=YES_NO, default="no")
    parts = [replace(ABOUT, identity=f"part {name}") for name in ("boiler", "door")]
    lines = gathered([(one, about) for about in parts], "Europe/Berlin").split("\n")
    assert [line.partition(" (until")[0] for line in lines[2:4]] == [
        f"- oven-1 (oven, Steamer 9), part {name}: May we order the part?"
        for name in ("boiler", "door")
    ]
