"""One plain rule on 79 days of a real machine that failed four times."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from tests.recordings import recording

from thingdesk.diagnosis import Finding, Observation, Opened, Threshold, restored, run
from thingdesk.replay import Recorded, read

NAME = "machine_temperature_system_failure.csv"


def asks(finding: Finding) -> dict[str, float]:
    return {"temperature": finding.evidence.value}


# In normal work the machine is at 80 to 105, and cools below that for some hours when it is idle:
# half a day in a row below 68 is no pause any more.
COLD = Threshold(
    name="equipment.cold",
    model="*",
    service="equipment.inspection",
    asks=asks,
    metric="temperature",
    below=68.0,
    hold=timedelta(hours=12),
    clear_at=75.0,
    clear_hold=timedelta(hours=1),
    max_gap=timedelta(hours=1),
)


def observed() -> list[Observation]:
    rows = read(recording(f"industrial/{NAME}"))
    return [Observation(r.machine, r.at, r.values) for r in rows if isinstance(r, Recorded)]


def windows() -> list[tuple[datetime, datetime]]:
    labelled = json.loads(recording("industrial/failure_windows.json").read_text())[NAME]
    return [
        (
            datetime.fromisoformat(begin).replace(tzinfo=UTC),
            datetime.fromisoformat(end).replace(tzinfo=UTC),
        )
        for begin, end in labelled
    ]


def test_a_finding_opens_in_each_window_and_nowhere_else() -> None:
    _, transitions = run(COLD, None, observed())
    opened = [t.at for t in transitions if isinstance(t, Opened)]
    inside = [sum(begin <= at <= end for at in opened) for begin, end in windows()]
    assert inside == [1, 1, 1, 1]
    assert len(opened) == 4
    assert len(transitions) == 8


def test_the_rule_is_not_fitted_to_its_last_digit() -> None:
    observations = observed()
    for below in (66.0, 67.0, 69.0, 70.0):
        for hours in (12, 13, 14):
            rule = Threshold(
                name="near",
                model="*",
                service="equipment.inspection",
                asks=asks,
                metric="temperature",
                below=below,
                hold=timedelta(hours=hours),
                clear_at=75.0,
                clear_hold=timedelta(hours=1),
            )
            opened = [t.at for t in run(rule, None, observations)[1] if isinstance(t, Opened)]
            inside = [any(begin <= at <= end for at in opened) for begin, end in windows()]
            assert inside == [True] * 4, (below, hours)
            assert len(opened) == 4, (below, hours)


def test_restarts_on_the_way_change_nothing() -> None:
    observations = observed()
    whole = run(COLD, None, observations)
    state, transitions = None, []
    for start, end in pairwise([*range(0, len(observations), 97), len(observations)]):
        stored = json.dumps(state)
        state, new = run(COLD, restored(COLD, json.loads(stored)), observations[start:end])
        transitions += new
    assert (state, transitions) == whole
