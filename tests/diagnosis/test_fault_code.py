"""Trouble codes that are set, left out, and set again."""

from datetime import UTC, datetime, timedelta

import pytest

from thingdesk.diagnosis.detect import State, run
from thingdesk.diagnosis.fault_code import observe
from thingdesk.diagnosis.model import Cleared, FaultCode, Finding, Observation, Opened, Transition

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def asks(finding: Finding) -> dict[str, str]:
    return {"code": finding.about}


def misfire(*, clear_samples: int = 3, clear_hold: timedelta = 10 * MINUTE) -> FaultCode:
    return FaultCode(
        name="misfire",
        model="car-*",
        service="vehicle.repair",
        asks=asks,
        codes=("P03*", "P1234"),
        clear_samples=clear_samples,
        clear_hold=clear_hold,
        max_gap=30 * MINUTE,
        confidence=0.8,
    )


def said(minute: float, *codes: str) -> Observation:
    return Observation("car-1", START + minute * MINUTE, codes=codes)


def follow(
    *observations: Observation, rule: FaultCode | None = None, state: State | None = None
) -> tuple[State | None, list[Transition]]:
    return run(rule or misfire(), state, observations)


def kinds(transitions: list[Transition]) -> list[tuple[type[Transition], str]]:
    return [(type(t), t.about) for t in transitions]


def test_each_code_that_fits_is_a_finding_of_its_own_once() -> None:
    _, transitions = follow(
        said(0), said(1, "P0301", "P0420"), said(2, "P0301", "P0304", "P0304"), said(3, "P1234")
    )
    assert kinds(transitions) == [(Opened, "P0301"), (Opened, "P0304"), (Opened, "P1234")]
    opened = transitions[0]
    assert isinstance(opened, Opened)
    assert opened.at == START + MINUTE
    assert opened.confidence == 0.8
    assert opened.evidence.since == opened.at
    assert misfire().asks(opened.finding) == {"code": "P0301"}


def test_a_code_that_cannot_be_read_clears_no_other() -> None:
    _, transitions = follow(said(0, "P0301"), *[said(n, "0301") for n in range(1, 30)])
    assert kinds(transitions) == [(Opened, "P0301")]


def test_it_clears_when_left_out_often_enough_for_long_enough() -> None:
    state, transitions = follow(said(0, "P0301"), said(1), said(2), said(3), said(10.9))
    assert kinds(transitions) == [(Opened, "P0301")]
    _, transitions = follow(said(11), state=state)
    (cleared,) = transitions
    assert isinstance(cleared, Cleared)
    assert cleared.about == "P0301"
    assert cleared.opened_at == START
    assert cleared.evidence.samples == 5
    assert cleared.evidence.since == START + MINUTE


def test_few_answers_do_not_clear_it_however_long_it_lasts() -> None:
    _, transitions = follow(said(0, "P0301"), said(1), said(29))
    assert kinds(transitions) == [(Opened, "P0301")]


def test_silence_about_codes_does_not_clear_it() -> None:
    silent = [Observation("car-1", START + m * MINUTE, {"speed": 1.0}) for m in range(1, 60)]
    state, transitions = follow(said(0, "P0301"), *silent)
    assert kinds(transitions) == [(Opened, "P0301")]
    assert state == follow(said(0, "P0301"))[0]


def test_a_code_that_comes_and_goes_is_one_finding() -> None:
    flapping = [said(m, *(["P0301"] if m % 3 == 0 else [])) for m in range(120)]
    _, transitions = follow(*flapping, rule=misfire(clear_samples=2, clear_hold=3 * MINUTE))
    assert kinds(transitions) == [(Opened, "P0301")]


def test_a_gap_restarts_the_absence() -> None:
    _, transitions = follow(said(0, "P0301"), said(1), said(2), said(32.1), said(33), said(42))
    assert kinds(transitions) == [(Opened, "P0301")]
    _, transitions = follow(said(0, "P0301"), said(1), said(2), said(32))
    assert kinds(transitions) == [(Opened, "P0301"), (Cleared, "P0301")]


def test_a_code_set_again_after_it_cleared_is_a_new_finding() -> None:
    _, transitions = follow(
        said(0, "P0301"), said(1), said(2), said(11), said(12, "P0301"), said(13, "P0301")
    )
    assert kinds(transitions) == [(Opened, "P0301"), (Cleared, "P0301"), (Opened, "P0301")]


def test_a_code_said_again_was_opened_when_it_was_first_said() -> None:
    _, transitions = follow(said(0, "P0301"), said(1, "P0301"), said(2), said(3), said(12))
    (_, cleared) = transitions
    assert isinstance(cleared, Cleared)
    assert cleared.opened_at == START


def test_codes_that_clear_together_do_so_in_one_order_whatever_a_database_keeps() -> None:
    state, _ = follow(said(0, "P0302", "P0301"), said(1), said(2))
    assert state is not None
    codes = state["codes"]  # type: ignore[typeddict-item]
    for order in (sorted(codes), sorted(codes, reverse=True)):
        kept: State = {"last": state["last"], "codes": {code: codes[code] for code in order}}
        _, transitions = follow(said(11), state=kept)
        assert [t.about for t in transitions] == ["P0301", "P0302"]


def test_what_comes_late_changes_nothing() -> None:
    state, _ = follow(said(5, "P0301"))
    assert observe(misfire(), state, said(4.9, "P0302"))[0] is state  # type: ignore[arg-type]
    _, transitions = follow(said(5, "P0302"), state=state)
    assert kinds(transitions) == [(Opened, "P0302")]


def test_a_machine_that_claims_every_code_fills_no_memory() -> None:
    flood = [f"P03{number:02X}" for number in range(64)] + ["P03" + "9" * 62]
    state, transitions = follow(said(0, *flood), said(1, *flood))
    assert len(transitions) == FaultCode.most == 32
    assert state is not None
    assert len(state["codes"]) == 32  # type: ignore[typeddict-item]
    _, transitions = follow(said(0, flood[-1]), rule=misfire())
    assert transitions == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"codes": ()}, "at least one code"),
        ({"clear_samples": 0}, "clear_samples"),
        ({"clear_hold": -MINUTE}, "clear_hold"),
        ({"max_gap": timedelta(0)}, "max_gap"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_when_it_is_declared(
    changes: dict[str, object], reason: str
) -> None:
    declared: dict[str, object] = {
        "name": "misfire",
        "model": "*",
        "service": "s",
        "asks": asks,
        "codes": ("P0301",),
    }
    with pytest.raises(ValueError, match=reason):
        FaultCode(**(declared | changes))  # type: ignore[arg-type]
