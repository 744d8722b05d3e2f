"""The rule of the pack on 79 days of a real machine that failed four times."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from tests.recordings import recording

from thingdesk.diagnosis import Observation, Opened, restored, run
from thingdesk.packs.equipment import TOO_COLD
from thingdesk.replay import Recorded, read

NAME = "machine_temperature_system_failure.csv"


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
    _, transitions = run(TOO_COLD, None, observed())
    opened = [t.at for t in transitions if isinstance(t, Opened)]
    inside = [sum(begin <= at <= end for at in opened) for begin, end in windows()]
    assert inside == [1, 1, 1, 1]
    assert len(opened) == 4
    assert len(transitions) == 8


def test_the_rule_is_not_fitted_to_its_last_digit() -> None:
    """Each window has its finding also with other limits, and at most two are found beside them."""
    observations, failures = observed(), windows()
    for below in (66.0, 70.0):
        for held in (10, 11, 12, 13, 14):
            rule = replace(TOO_COLD, below=below, hold=timedelta(hours=held))
            opened = [t.at for t in run(rule, None, observations)[1] if isinstance(t, Opened)]
            inside = [sum(begin <= at <= end for at in opened) for begin, end in failures]
            assert inside == [1] * 4, (below, held)
            assert len(opened) <= 4 + 2, (below, held)


def test_restarts_on_the_way_change_nothing() -> None:
    observations = observed()
    whole = run(TOO_COLD, None, observations)
    state, transitions = None, []
    for start, end in pairwise([*range(0, len(observations), 97), len(observations)]):
        stored = json.dumps(state)
        state, new = run(TOO_COLD, restored(TOO_COLD, json.loads(stored)), observations[start:end])
        transitions += new
    assert (state, transitions) == whole
