import uuid

import pytest
from asyncpg import DivisionByZeroError

from thingdesk.platform.database import Database
from thingdesk.platform.export import Export
from thingdesk.platform.metrics import Counter, Gauge, Histogram, Metric


def name() -> str:
    return f"test.m{uuid.uuid4().hex}"


def shown(metric: Metric, text: str) -> list[str]:
    start = metric.name.replace(".", "_")
    return [line.removeprefix(start) for line in text.splitlines() if line.startswith(start)]


def test_what_is_counted_is_shown() -> None:
    counter = Counter(name(), "Things.", "code")
    plain = Counter(name(), "Other things.")
    gauge = Gauge(name(), "How many.", "state", unit="s")
    histogram = Histogram(name(), "How long.", "kind", unit="s", bounds=(0.1, 1.0))
    counter.add(2, "a")
    with Export() as export:
        counter.add(1, "b")
        counter.add(1, "b")
        gauge.set({"open": 3, "late": 1.5})
        histogram.record(0.5, "reports")
        histogram.record(5, "reports")
        text = export.scrape().decode()
        assert shown(counter, text) == ['_total{code="a"} 2.0', '_total{code="b"} 2.0']
        assert shown(plain, text) == ["_total 0.0"]
        assert shown(gauge, text) == ['_seconds{state="open"} 3.0', '_seconds{state="late"} 1.5']
        assert shown(histogram, text) == [
            '_seconds_bucket{kind="reports",le="0.1"} 0.0',
            '_seconds_bucket{kind="reports",le="1.0"} 1.0',
            '_seconds_bucket{kind="reports",le="+Inf"} 2.0',
            '_seconds_count{kind="reports"} 2.0',
            '_seconds_sum{kind="reports"} 5.5',
        ]
        gauge.set({"open": 4})
        assert shown(gauge, export.scrape().decode()) == ['_seconds{state="open"} 4.0']
    assert histogram.recorders == []


def test_a_metric_has_one_place() -> None:
    one = Counter(name(), "Things.")
    with pytest.raises(ValueError, match="twice"):
        Gauge(one.name, "The same.")


async def test_what_did_not_commit_is_not_counted(database: Database) -> None:
    counter = Counter(name(), "Things.", "kind")
    async with database.transaction() as tx:
        tx.count(counter, 2, "a")
        assert counter.totals == {}
    assert counter.totals == {"a": 2}

    async def fail() -> None:
        async with database.transaction() as tx:
            tx.count(counter, 1, "a")
            await tx.execute("select 1 / 0")

    with pytest.raises(DivisionByZeroError):
        await fail()
    assert counter.totals == {"a": 2}
