"""Two processes of each role, on a PostgreSQL and an MQTT 5 broker outside, as one desk."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import httpx
import pytest
from tests.desk import DeskProcess, all_running
from tests.journeys.outside import HERE, settle_in
from tests.journeys.site import Site
from tests.machine.brokers import MOSQUITTO, mosquitto
from tests.parties.making import Signing, signing, unique
from tests.ports import free_port
from tests.saying import event, signal
from tests.waiting import until

from thingdesk import cases, diagnosis, fulfilment, parties, timeline
from thingdesk.parties import NewMachine, Role
from thingdesk.platform.database import Database
from thingdesk_machine import Ledger, Machine

pytestmark = [
    pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed"),
    pytest.mark.timeout(300),
]
OVER_MQTT, OVER_HTTP = 8, 4
SIGNALS, REPORTS = 120, 4
MANY, OPEN_CASES = 24, 20
DIAGNOSED = "thingdesk_diagnosis_signals_total"
RUNS = 'thingdesk_group_items_sum{kind="runs"}'
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
async def site(
    tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str
) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    await settle_in(database)
    operations: dict[DeskProcess, int] = {}
    async with mosquitto(folder) as url, AsyncExitStack() as stack:
        for role in ("web", "ingest", "work"):
            for n in (1, 2):
                port = free_port()
                given: dict[str, Any] = {"database_url": database_url, "broker_url": url}
                given |= {"operations_port": port, "lease": 2}
                operations[DeskProcess(folder / f"{role}-{n}", roles=role, **given)] = port
        desks = list(operations)
        web, ingest, work = desks[:2], desks[2:4], desks[4:]
        # role by role: six that start at once hold each other up on a small machine
        for pair in (web, ingest, work):
            await stack.enter_async_context(all_running(*pair))
        yield Site(web, ingest, work, operations, url, database, folder)


async def ride(machine: Machine) -> None:
    """Signals and reports, until the desk's receipt for each of them is here."""

    async def report() -> None:
        for n in range(REPORTS):
            given = {"metric": f"metric {n}", "value": 50.0, "limit": 68.0}
            await machine.report("equipment.inspect", given)

    async with machine, asyncio.TaskGroup() as group:
        group.create_task(report())
        for n in range(SIGNALS):
            await machine.signal({"temperature": 90 + n / 1000})
        await machine.drained()


async def journeys_of(site: Site, name: str) -> list[tuple[int, int]]:
    """Of each case of this machine: how many journeys have begun, and jobs are offered."""
    async with site.database.transaction() as tx:
        found = await cases.search(tx, cases.CaseFilter(subject=name, most=100))
        told = []
        for case in found:
            kinds = Counter(one.kind for one in await timeline.read(tx, f"case:{case.id}"))
            jobs = await fulfilment.jobs_of(tx, case.id)
            told.append((kinds["journey.started"], len(jobs)))
        return told


async def stored_once_in_order(site: Site, names: list[str]) -> None:
    """All that they queued has a receipt, and is there once, in the order of its time."""
    found = await site.stored(names)
    queued: list[tuple[str, str]] = []
    for name in names:
        with Ledger(site.queue(name)) as ledger:
            events = list(ledger.events())
        assert {one.ending for one in events} == {"receipt"}
        queued += [(name, one.id) for one in events if one.topic == "signals"]
    assert Counter((name, event) for name, event, _ in found) == Counter(queued), "once each"
    assert len(queued) == len(names) * SIGNALS
    sent = [90 + n / 1000 for n in range(SIGNALS)]
    for name in names:
        assert [value for who, _, value in found if who == name] == sent


async def test_load_is_shared_and_what_dies_in_the_middle_loses_and_doubles_nothing(
    site: Site,
) -> None:
    ways = [site.broker] * OVER_MQTT + [one.http for one in site.web] * (OVER_HTTP // 2)
    machines = [await site.machine(way) for way in ways]
    names = sorted(one.identity.machine for one in machines)
    taken: list[float] = []

    async def a_third() -> bool:
        return len(await site.stored(names)) > len(names) * SIGNALS / 3

    async def kill() -> None:
        await until(a_third, within=60)
        taken.extend([await site.metric(one, "thingdesk_events_total") for one in site.ingest])
        site.ingest[0].kill()
        site.work[0].kill()
        assert len(await site.stored(names)) < len(names) * SIGNALS, "it was in the middle"

    async with asyncio.timeout(120), asyncio.TaskGroup() as group:
        group.create_task(kill())
        for machine in machines:
            group.create_task(ride(machine))

    assert min(taken) > sum(taken) / 4, "both took their share while both were there"
    await stored_once_in_order(site, names)

    async def begun() -> bool:
        return [await journeys_of(site, name) for name in names] == [
            [(1, 1)] * REPORTS for _ in names
        ]

    await until(begun, within=60)
    for dead in (site.ingest[0], site.work[0]):
        await dead.start()


async def say(desk: DeskProcess, caller: Signing) -> None:
    """As many reports as a machine may have open, and some signals, to this process."""
    given = [{"metric": f"metric {n}", "value": 50.0, "limit": 68.0} for n in range(OPEN_CASES)]
    reports = [
        event(caller.machine, "report", {"service": "equipment.inspect", "input": one})
        for one in given
    ]
    signals = [signal(caller.machine, {"temperature": 80.0}) for _ in range(SIGNALS)]
    bearer = {"Authorization": f"Bearer {caller.token()}"}
    async with httpx.AsyncClient(base_url=desk.http, headers=bearer, timeout=60) as http:
        for path, events in (("reports", reports), ("signals", signals)):
            answer = await http.post(f"/v1/{path}", json=events)
            assert answer.status_code == httpx.codes.OK
            assert answer.json()["refused"] == []


async def test_each_web_process_and_each_worker_does_its_part(site: Site) -> None:
    callers = [signing(unique("press")) for _ in range(MANY)]
    async with site.database.transaction() as tx:
        new = [
            NewMachine(one.machine, "press", "press 7", key=one.x, position=HERE) for one in callers
        ]
        await parties.register(tx, new)
    names = [one.machine for one in callers]

    async def done(web: DeskProcess, worker: DeskProcess) -> list[float]:
        counted = (web, "thingdesk_events_total"), (worker, RUNS), (worker, DIAGNOSED)
        return [await site.metric(*one) for one in counted]

    async def more(web: DeskProcess, worker: DeskProcess, before: list[float]) -> bool:
        now = await done(web, worker)
        return all(b > a for a, b in zip(before, now, strict=True))

    async def nothing_left() -> bool:
        async with site.database.transaction() as tx:
            return not await diagnosis.is_behind(tx, names)

    # how they share is for the scheduler to say, so each has to do without the other
    for n, (web, worker) in enumerate(zip(site.web, site.work, strict=True)):
        before = await done(web, worker)
        site.work[1 - n].pause()
        try:
            async with asyncio.TaskGroup() as group:
                for one in callers[n::2]:
                    group.create_task(say(web, one))

            await until(partial(more, web, worker, before), within=60)
        finally:
            site.work[1 - n].wake()
        await until(nothing_left, within=60)


async def an_admin(site: Site) -> str:
    email = f"{unique('admin')}@example.org"
    async with site.database.transaction() as tx:
        person = await parties.add_staff(tx, email, "Ada", [Role.ADMIN])
        await parties.set_up(tx, await parties.set_up_link(tx, person.id), PASSWORD)
    return email


async def form(browser: httpx.AsyncClient, desk: DeskProcess, path: str, **sent: str) -> Any:
    """Send a form from a page of this process."""
    return await browser.post(f"{desk.http}{path}", data=sent, headers={"Origin": desk.http})


async def test_a_session_is_one_on_all_web_processes(site: Site) -> None:
    one, two = site.web
    async with httpx.AsyncClient(timeout=20) as browser:
        answer = await form(browser, one, "/log-in", email=await an_admin(site), password=PASSWORD)
        assert answer.status_code == httpx.codes.SEE_OTHER
        for desk in (one, two, one):
            assert (await browser.get(f"{desk.http}/")).status_code == httpx.codes.OK
        kept = {"Cookie": f"thingdesk={browser.cookies['thingdesk']}"}
        assert (await form(browser, two, "/log-out")).status_code == httpx.codes.SEE_OTHER
    async with httpx.AsyncClient(timeout=20, headers=kept) as browser:
        for desk in (one, two):
            answer = await browser.get(f"{desk.http}/")
            assert answer.headers["location"].startswith("/log-in"), "the session itself is over"


async def test_an_open_page_hears_of_what_came_in_elsewhere(site: Site) -> None:
    one, two = site.web
    machine = await site.machine(two.http)
    async with machine, httpx.AsyncClient(timeout=20) as browser:
        await form(browser, one, "/log-in", email=await an_admin(site), password=PASSWORD)
        async with browser.stream("GET", f"{one.http}/live") as news, asyncio.timeout(60):
            lines = news.aiter_lines()
            assert "event" in await anext(lines)
            receipt = await machine.report(
                "equipment.inspect", {"metric": "elsewhere", "value": 50.0, "limit": 68.0}
            )
            assert receipt.case
            async for line in lines:
                if receipt.case in line:
                    break


async def test_a_revoked_key_is_refused_by_every_process(site: Site) -> None:
    one, two = site.web
    machine, caller = await site.machine(site.broker), signing(unique("press"))
    async with site.database.transaction() as tx:
        await parties.register(tx, [NewMachine(caller.machine, "press", "press 7", key=caller.x)])

    async def say(desk: DeskProcess) -> int:
        bearer = {"Authorization": f"Bearer {caller.token()}"}
        answer = await browser.post(
            f"{desk.http}/v1/signals", json=signal(caller.machine), headers=bearer
        )
        return answer.status_code

    async def refusals() -> list[float]:
        return [await site.metric(desk, "thingdesk_refusals_total") for desk in site.ingest]

    async with machine, httpx.AsyncClient(timeout=20) as browser:
        for _ in range(10):
            await machine.signal({"temperature": 80}, wait=True)
        assert [await say(desk) for desk in site.web] == [httpx.codes.OK] * 2
        await form(browser, one, "/log-in", email=await an_admin(site), password=PASSWORD)
        for name in (machine.identity.machine, caller.machine):
            async with site.database.transaction() as tx:
                (key,) = await parties.keys_of(tx, name)
            sent = {"kid": key.kid, "reason": "stolen"}
            answer = await form(browser, two, f"/machines/{name}/revoke", **sent)
            assert answer.headers["location"].endswith("said=revoked")
        before = await refusals()

        async def refused_by_both() -> bool:
            await machine.signal({"temperature": 80})
            return all(now > then for now, then in zip(await refusals(), before, strict=True))

        await until(refused_by_both)
        assert [await say(desk) for desk in site.web] == [httpx.codes.UNAUTHORIZED] * 2
    assert len(await site.stored([machine.identity.machine])) == 10
