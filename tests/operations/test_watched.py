"""One desk as those who run it see it: its metrics, traces and log."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from scripts.reference.metrics import rows
from tests.desk import DeskProcess, running
from tests.line import line
from tests.operations.collector import Collector, collecting, facts
from tests.ports import free_port
from tests.saying import Caller, a_caller, a_centre, event, report, signal
from tests.waiting import until

from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as one, pytest.MonkeyPatch.context() as environment:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", one.url)
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        environment.setenv("OTEL_METRIC_EXPORT_INTERVAL", "300")
        yield one


@dataclass
class Site:
    desk: DeskProcess
    port: int
    http: httpx.AsyncClient
    database: Database

    async def metrics(self) -> dict[str, float]:
        async with httpx.AsyncClient(timeout=20) as http:
            answer = await http.get(f"http://127.0.0.1:{self.port}/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
        lines = [one for one in answer.text.splitlines() if not one.startswith("#")]
        return {name: float(value) for name, value in (one.rsplit(" ", 1) for one in lines)}

    async def metric(self, name: str) -> float:
        return (await self.metrics()).get(name, 0.0)

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.desk.log().splitlines()]


@pytest.fixture(scope="module")
async def site(
    tmp_path_factory: pytest.TempPathFactory,
    database: Database,
    database_url: str,
    collector: Collector,
) -> AsyncIterator[Site]:
    await a_centre(database)
    port = free_port()
    settings = {
        "database_url": database_url,
        "packs": "tests.operations.broken_pack",
        "operations_port": port,
        "log": "json",
    }
    async with (
        running(tmp_path_factory.mktemp("desk") / "desk", **settings) as desk,
        httpx.AsyncClient(base_url=desk.http, timeout=20) as http,
    ):
        assert collector.url
        yield Site(desk, port, http, database)


@pytest.fixture(scope="module")
async def car(site: Site) -> Caller:
    return await a_caller(site.database, site.http)


async def test_what_machines_send_is_counted(site: Site, car: Caller) -> None:
    before = await site.metrics()
    await car.receipts("reports", report(car.id, "P0300"), report(car.id, "P0301"))
    await car.receipts("signals", signal(car.id))
    refused = await car.say("reports", event(car.id, "report", {"service": "no.such"}))
    code = refused.json()["code"]
    after = await site.metrics()

    def more(name: str) -> float:
        return after[name] - before.get(name, 0.0)

    assert more('thingdesk_events_total{kind="reports"}') == 2
    assert more('thingdesk_events_total{kind="signals"}') == 1
    assert more("thingdesk_receipts_total") == 2
    assert more(f'thingdesk_refusals_total{{code="{code}"}}') == 1
    assert more('thingdesk_group_items_sum{kind="reports"}') == 2
    assert more('thingdesk_timeline_events_total{kind="case.opened"}') == 2


async def test_telemetry_at_quality_0_is_stored_and_nothing_is_signed_for_it(
    site: Site, car: Caller
) -> None:
    before = await site.metrics()
    stored, receipts = 'thingdesk_events_total{kind="signals"}', "thingdesk_receipts_total"
    async with line(car.signing, site.desk.mqtt_port) as wire:
        wire.publish(f"td/{car.id}/signals", json.dumps(signal(car.id)).encode(), qos=0)

        async def arrived() -> bool:
            return await site.metric(stored) == before.get(stored, 0.0) + 1

        await until(arrived)
    assert await site.metric(receipts) == before.get(receipts, 0.0)


async def test_how_the_desk_is_can_be_read(site: Site, car: Caller) -> None:
    await car.receipts("reports", report(car.id, "P0302"))

    async def settled() -> bool:
        found = await site.metrics()
        unended = found['thingdesk_cases_open{state="open"}']
        waiting = found['thingdesk_runs{state="waiting"}']
        return 0 < waiting == unended and found['thingdesk_runs{state="due"}'] == 0

    await until(settled, within=30)
    found = await site.metrics()
    assert found['thingdesk_promises_running{state="late"}'] == 0
    assert found['thingdesk_notices_late_seconds{channel="machine"}'] < 60
    assert sum(n for name, n in found.items() if name.startswith("thingdesk_notices_open")) >= 1
    assert found['thingdesk_database_connections{state="used"}'] >= 1
    assert found["thingdesk_loop_lag_seconds_count"] >= 1
    assert found["thingdesk_measured_age_seconds"] < 60
    assert "thingdesk_diagnosis_lag_seconds" in found
    assert "process_resident_memory_bytes" in found


async def test_the_reference_names_every_metric_and_no_other(site: Site, car: Caller) -> None:
    await car.receipts("signals", signal(car.id))
    await car.receipts("reports", report(car.id, "P0304"))
    told = {re.sub(r"\{.*", "", name) for name in await site.metrics()}
    shown = {re.sub(r"_(bucket|count|sum)$", "", one) for one in told if "thingdesk_" in one}
    listed = {name.strip("`") for name, *_ in rows()}
    assert shown <= listed
    # what has not happened yet is not there
    rare = {"refusals_total", "run_failures_total", "tokens_total", "letters_total"}
    rare |= {"holds_over_total", "holds_taken_total", "holds_waited_seconds"}
    assert listed - shown <= {f"thingdesk_{name}" for name in rare}


async def test_no_label_is_an_id(site: Site, car: Caller) -> None:
    await car.receipts("reports", report(car.id, "P0303"))
    values = re.findall(r'="([^"]*)"', " ".join(await site.metrics()))
    assert values
    assert not [one for one in values if len(one) > 40 or car.id in one]


async def test_metrics_are_not_told_at_the_public_door(site: Site) -> None:
    assert (await site.http.get("/metrics")).status_code == httpx.codes.NOT_FOUND
    assert (await site.http.get("/health")).json() == {"status": "ok"}
    assert (await site.http.get("/ready")).json() == {"status": "ready"}


async def test_a_message_is_followed_to_its_case(car: Caller, collector: Collector) -> None:
    case = await car.case_of(report(car.id, "P0304"))

    async def followed() -> bool:
        return any(facts(one.attributes)["thingdesk.case"] == case for one in drives())

    def drives() -> list[Any]:
        return collector.named("drive")

    await until(followed, within=30)
    (message,) = [
        one
        for one in collector.named("intake")
        if facts(one.attributes).get("thingdesk.cases") == [case]
    ]
    assert facts(message.attributes)["thingdesk.machine"] == car.id
    linked = [
        one
        for one in collector.named("group reports")
        if any(link.span_id == message.span_id for link in one.links)
    ]
    assert len(linked) == 1
    assert message.start_time_unix_nano <= linked[0].start_time_unix_nano
    assert linked[0].end_time_unix_nano <= message.end_time_unix_nano


async def test_a_collector_is_sent_the_metrics(site: Site, collector: Collector) -> None:
    assert site.desk.runs

    async def came() -> bool:
        return {"thingdesk.receipts", "thingdesk.cases.open"} <= collector.metrics

    await until(came, within=30)


async def test_a_line_of_a_journey_names_its_case(site: Site, car: Caller) -> None:
    case = await car.case_of(event(car.id, "report", {"service": "broken.mend", "input": {}}))

    async def failed() -> bool:
        return any("failed" in line["words"] and line.get("case") == case for line in site.log())

    await until(failed, within=30)
    about = [line for line in site.log() if line.get("case") == case]
    words = {line["words"] for line in about}
    assert "about to fail" in words
    assert {line["machine"] for line in about} == {car.id}
    assert len({line["run"] for line in about}) == 1
    (error,) = {line["error"].splitlines()[-1] for line in about if "error" in line}
    assert error == f"RuntimeError: no way to mend {car.id}"

    async def counted() -> bool:
        code = 'thingdesk_run_failures_total{code="broken.mend@1"}'
        return await site.metric(code) >= 1

    await until(counted)
