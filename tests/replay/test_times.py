"""Moving a recording to the present changes no interval and no order."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from thingdesk.replay import Recorded, ending_at, in_sending_order

START = datetime(2014, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 10_000_000)).map(
        lambda drawn: (drawn[0], START + timedelta(seconds=drawn[1]))
    )
).map(
    lambda drawn: [
        Recorded(machine, at, f"f:{line}") for line, (machine, at) in enumerate(drawn, 2)
    ]
)


@given(ROWS)
def test_each_machine_ends_now_and_keeps_its_intervals(rows: list[Recorded]) -> None:
    moved = ending_at(rows, NOW)
    assert [row.event_id for row in moved] == [row.event_id for row in rows]
    for machine in {row.machine for row in rows}:
        before = [row.at for row in rows if row.machine == machine]
        after = [row.at for row in moved if row.machine == machine]
        assert max(after) == NOW
        assert {b - a for a, b in zip(before, after, strict=True)} == {after[0] - before[0]}


@given(ROWS)
def test_machines_are_merged_by_time_and_each_keeps_its_order(rows: list[Recorded]) -> None:
    due = in_sending_order(rows)
    assert [one.at for one in due] == sorted(one.at for one in due)
    for machine in "abc":
        sent = [one.recorded for one in due if one.recorded.machine == machine]
        assert sent == [row for row in rows if row.machine == machine]
    assert all(one.at >= one.recorded.at for one in due)


def test_a_row_that_came_late_is_sent_right_after_its_predecessor() -> None:
    rows = [
        Recorded("a", START + timedelta(minutes=10), "f:2"),
        Recorded("a", START, "f:3"),
        Recorded("b", START + timedelta(minutes=5), "f:4"),
    ]
    due = in_sending_order(rows)
    assert [one.recorded.event_id for one in due] == ["f:4", "f:2", "f:3"]
    assert due[2].at == START + timedelta(minutes=10)
    assert due[2].recorded.at == START
