"""The closing table comes from the ledgers; what is wrong in one of them makes the demo fail."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from thingdesk.demo.later import Later
from thingdesk.demo.picture import Lines
from thingdesk.demo.plan import Fault, Machine, Plan
from thingdesk.demo.tally import Records, Tally, tally, times
from thingdesk_machine import EventRecord, NoticeRecord, Refusal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CAR = Machine("car-1", "car", fault=Fault(0, "code", "misfires", "P0301"))
METER = Machine("meter-1", "meter")
SPARE = Machine("car-2", "car")
PLAN = Plan({"all": (CAR, METER)}, (), (), frozenset({"bad"}))


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def event(name: str, seconds: float, topic: Any = "signals", **more: Any) -> EventRecord:
    known: dict[str, Any] = {
        "attempts": 1,
        "ending": "receipt",
        "case": None,
        "outcome": None,
        "refusal": None,
        **more,
    }
    queued = at(seconds)
    ended = None if known["ending"] is None else queued + timedelta(seconds=0.1)
    return EventRecord(
        id=name,
        topic=topic,
        hash="",
        queued_at=queued,
        sent_first=queued,
        ended_at=ended,
        **known,
    )


def notice(name: str, kind: str, seconds: float, case: str = "c1", **data: Any) -> NoticeRecord:
    return NoticeRecord(name, kind, case, data, at(seconds), 0, at(seconds))


def note(who: str, what: str, seconds: float, **facts: Any) -> dict[str, Any]:
    return {"who": who, "what": what, "at": at(seconds), **facts}


JOB = {"case": "c1", "task": "repair", "job": "j1", "machine": "car-1"}
BAD = event("bad", 2, "reports", ending="refused", refusal=Refusal("unfit", "no", "fix_input"))
WELL = Records(
    events={
        "car-1": [event("s1", -1), event("s2", 1), event("r1", 1.2, "reports", case="c1")],
        "meter-1": [event("m1", 1, "reports", attempts=2), BAD],
    },
    notices={
        "car-1": [
            notice("n1", "case.opened", 1.5),
            notice("n2", "case.ended", 9, outcome="verified"),
        ]
    },
    notes=[
        note("car-1", "fault", 0.5),
        note("centre", "offered", 3, **JOB),
        note("centre", "accept", 4, status=200, **JOB),
        note("centre", "done", 5, status=200, **JOB),
        note("owner-1", "asked", 2, kind="choice", case="c1"),
    ],
)


def counted(
    events: Sequence[EventRecord] = (),
    notices: Sequence[NoticeRecord] = (),
    notes: Sequence[dict[str, Any]] = (),
) -> Tally:
    """What is counted with a few more entries in the ledgers."""
    return tally(
        PLAN,
        Records(
            {**WELL.events, "car-1": [*WELL.events["car-1"], *events]},
            {"car-1": [*WELL.notices["car-1"], *notices]},
            [*WELL.notes, *notes],
        ),
    )


def test_all_is_well() -> None:
    found = tally(PLAN, WELL)
    assert found.wrong == ()
    assert (found.signals, found.reports, found.refused, found.cases) == (2, 3, 1, 1)
    assert (len(found.verified), found.zero_touch, found.untouched) == (1, 1, 0)
    assert (found.questions, found.approvals, found.sent_again) == (1, 0, 1)
    assert (found.answered, found.about, found.reported) == (1, 1, 1)
    (story,) = found.stories
    assert story.after(story.receipt) == pytest.approx(0.6)
    assert story.after(story.told) == pytest.approx(0.8)
    assert story.after(story.dispatch) == pytest.approx(2.5)


def test_a_report_of_a_known_problem_is_a_duplicate_and_an_approval_is_a_touch() -> None:
    again = event("r2", 2, "reports", case="c1")
    approval = note("owner-1", "asked", 3, kind="approval", case="c1")
    found = counted([again], notes=[approval])
    assert (found.about, found.reported, found.approvals) == (2, 1, 1)
    assert (found.zero_touch, found.wrong) == (0, ())


def test_a_job_that_was_called_off_may_be_accepted_by_another() -> None:
    off = {**JOB, "job": "j0"}
    first = [note("far", "accept", 2, status=200, **off), note("far", "cancelled", 3, **off)]
    assert counted(notes=first).wrong == ()


def test_what_breaks_again_is_a_problem_of_its_own() -> None:
    more = {"case": "c2", "task": "repair", "job": "j2", "machine": "car-1"}
    found = counted(
        notices=[
            notice("n3", "case.opened", 21, "c2"),
            notice("n4", "case.ended", 29, "c2", outcome="verified"),
        ],
        notes=[
            note("car-1", "fault", 20, words="breaks again"),
            note("centre", "offered", 22, **more),
            note("centre", "done", 24, status=200, **more),
        ],
    )
    first, second = found.stories
    assert (first.words, first.cases, first.number) == ("misfires", ("c1",), 0)
    assert (second.words, second.cases, second.number) == ("breaks again", ("c2",), 1)
    assert (first.after(first.dispatch), second.after(second.dispatch)) == (2.5, 2.0)
    assert (first.after(first.ended), second.after(second.ended)) == (8.5, 9.0)
    assert (found.cases, found.wrong) == (2, ())


def test_lines_come_in_the_order_in_which_it_happened() -> None:
    lines, plan = Lines(), replace(PLAN, groups={"all": (CAR, METER, SPARE)})
    both = replace(WELL, notes=[*WELL.notes, note("car-2", "fault", 4, words="too")])
    assert lines.new(tally(plan, replace(both, at=at(2.5)))) == [
        "12:00:00  car-1    misfires",
        "12:00:01  car-1    is case c1",
    ], "of the last second not all may be noted"
    said = lines.new(tally(plan, replace(both, at=at(99))))
    assert [line[:15] for line in said] == [
        "12:00:03  car-1",
        "12:00:04  car-2",
        "12:00:05  car-1",
        "12:00:09  car-1",
    ]
    assert lines.new(tally(plan, replace(both, at=at(99)))) == []


def test_one_car_after_another_breaks_once_it_is_well() -> None:
    later = Later((CAR, SPARE))

    def due(seconds: float, records: Records = WELL) -> str | None:
        broken = later.due(tally(PLAN, replace(records, at=at(seconds))))
        return broken and f"{broken[0].id} {broken[1].code}"

    assert due(20) == "car-1 P0113"
    assert due(21) is None, "not so soon"
    assert due(40) == "car-2 P0563"
    assert due(60) is None, "neither is known to be well again"
    again = [*WELL.notes, note("car-1", "fault", 20.5, words="breaks again")]
    assert due(80, replace(WELL, notes=again)) is None
    end = notice("n4", "case.ended", 29, "c2", outcome="verified")
    well = {"car-1": [*WELL.notices["car-1"], end]}
    assert due(100, replace(WELL, notes=again, notices=well)) == "car-1 P0563"


LOST = event("s3", 3, ending=None)
DROPPED = event("s3", 3, ending="dropped")
REFUSED = replace(BAD, id="r9")
OTHER = event("r3", 4, "reports", case="c2")
AGAIN = notice("n3", "case.ended", 10, outcome="verified")
TWICE = note("other", "done", 6, status=200, **JOB)
ACCEPTED = note("other", "accept", 4, status=200, **{**JOB, "job": "j2"})
TOW = {**JOB, "task": "tow"}
STARTED = note("truck", "accept", 3, status=200, **TOW)
WRONG: dict[str, tuple[Tally, str]] = {
    "an event without a receipt": (counted([LOST]), "lost: 1 events of car-1, the first is s3"),
    "an event that made room": (counted([DROPPED]), "lost: 1 events of car-1"),
    "a refusal that nobody wanted": (counted([REFUSED]), "refused: r9 of car-1: no"),
    "a second case": (counted([OTHER]), "doubled: car-1 (misfires) became 2 cases"),
    "a case that ends twice": (counted(notices=[AGAIN]), "doubled: case c1 ended 2 times"),
    "a job that is done twice": (counted(notes=[TWICE]), "doubled: repair was done 2 times"),
    "a job that is accepted twice": (
        counted(notes=[ACCEPTED]),
        "doubled: repair was accepted 2 times for case c1",
    ),
    "a job that is not done": (counted(notes=[STARTED]), "left open: tow was accepted and not"),
    "a webhook of nobody": (counted(notes=[note("c", "unsigned", 1)]), "1 webhooks were not"),
    "wrong input that is taken": (
        counted([event("bad", 5, "reports")]),
        "taken, though it is wrong: bad of car-1",
    ),
    "a case that stays open": (
        tally(PLAN, replace(WELL, notices={"car-1": WELL.notices["car-1"][:1]})),
        "left open: car-1 (misfires), case c1",
    ),
    "another end than planned": (
        tally(
            PLAN,
            replace(WELL, notices={"car-1": [notice("n2", "case.ended", 9, outcome="unverified")]}),
        ),
        "car-1 (misfires) ended unverified, not verified",
    ),
    "a fault that became no case": (
        tally(PLAN, replace(WELL, events={**WELL.events, "car-1": [event("s1", 1)]}, notices={})),
        "lost: car-1 (misfires) became no case",
    ),
    "a case of no fault": (
        tally(
            PLAN,
            replace(
                WELL,
                events={**WELL.events, "meter-1": [event("m1", 1, "reports", case="c9"), BAD]},
            ),
        ),
        "doubled: case c9 is of no fault",
    ),
    "a fault that never came": (
        tally(PLAN, replace(WELL, notes=WELL.notes[1:])),
        "car-1 (misfires) never happened",
    ),
    "a machine that is silent": (
        tally(PLAN, replace(WELL, events={"car-1": WELL.events["car-1"]})),
        "meter-1 has sent nothing",
    ),
}


@pytest.mark.parametrize(("found", "words"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said(found: Tally, words: str) -> None:
    assert any(line.startswith(words) for line in found.wrong), found.wrong


def test_the_99th_percentile_of_few_is_the_last() -> None:
    assert times([]).median is None
    assert times([3.0, None, 1.0]).p99 == 3.0
    assert times(float(n) for n in range(1, 1001)).p99 == 990.0
