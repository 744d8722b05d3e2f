from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from tests.decisions import asking

from thingdesk.decisions.model import Decision, Option, Question, State
from thingdesk.decisions.words import in_words
from thingdesk.notices import Recipient, To
from thingdesk.platform import ids

DEADLINE = datetime(2026, 11, 25, 11, tzinfo=UTC)
SLOTS = (Option("mon", "Monday, 9:00", {"slot": 1}), Option("tue", "Tuesday, 14:00"))
YES_NO = (Option("yes", "Yes"), Option("no", "No"))


question = partial(asking.question, ids.new(), options=SLOTS, deadline=DEADLINE)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"to": To.MACHINE}, "to an owner"),
        ({"owner_id": None}, "who is named"),
        ({"options": ()}, "needs options"),
        ({"options": (SLOTS[0], SLOTS[0])}, "different ids"),
        ({"default": "wed"}, "none of the options"),
        ({"approval_of": "a" * 64}, "yes and no"),
        ({"approval_of": "a" * 64, "options": (*YES_NO, SLOTS[0]), "default": "no"}, "yes and no"),
        ({"approval_of": "a" * 64, "options": YES_NO, "default": "yes"}, "its default is no"),
        ({"approval_of": "a" * 64, "options": YES_NO, "default": None}, "its default is no"),
    ],
)
def test_a_question_that_cannot_be_is_an_error(wrong: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        question(**wrong)


def test_an_approval_is_yes_or_no_and_no_without_an_answer() -> None:
    one = Question.approval(
        approval_of="a" * 64,
        id=ids.new(),
        case_id=ids.new(),
        run_id=ids.new(),
        key="k",
        owner_id=ids.new(),
        words="May we order the part for 80 EUR?",
        deadline=DEADLINE,
    )
    assert (one.default, one.option("yes"), one.option("no")) == ("no", *YES_NO)


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
        "approval_of": None,
        "by": f"owner:{one.owner_id}",
    }
    nothing = Decision(question(default=None), State.EXPIRED, DEADLINE)
    assert (nothing.message()["option"], nothing.message()["by"]) == (None, None)


def test_the_owner_reads_the_options_and_the_deadline_in_local_time() -> None:
    words = in_words(question(), "Europe/Berlin")
    assert words.startswith("Which day?\n")
    assert "- Tuesday, 14:00\n" in words
    assert words.endswith(
        "Without an answer by Wednesday, 25 November 2026, 12:00 (Europe/Berlin)"
        " we take: Monday, 9:00"
    )
    assert "we go on without one" in in_words(question(default=None), "UTC")


def test_the_owner_reads_that_no_answer_to_an_approval_is_a_no() -> None:
    one = question(options=YES_NO, default="no", approval_of="a" * 64)
    assert in_words(one, "UTC").endswith("nothing is done: no answer is a no.")
