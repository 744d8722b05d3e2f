"""Two processes of a desk hear different answers to one question at the same moment.

Over real HTTP, as providers' systems and owners' browsers send them: exactly one answer settles it,
and each of the others hears what was answered.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.decisions.asking import approval, ask, get, history, messages, new_owner, question
from tests.desk import DeskProcess, all_running
from tests.fulfilment.making import happened, heard, make_offer, make_provider

from thingdesk import decisions, fulfilment, parties
from thingdesk.decisions import Question, State
from thingdesk.fulfilment import JobOffer, JobState, effects
from thingdesk.platform import clock
from thingdesk.platform.database import Database

ROUNDS = 5
MANY = 16


@pytest.fixture(scope="module")
async def doors(
    tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """A client of each process; each process has a broker of its own, which nobody uses."""
    folder = tmp_path_factory.mktemp("two")
    settings: dict[str, Any] = {"roles": "web", "database_url": database_url}
    desks = [DeskProcess(folder / name, **settings) for name in ("one", "two")]
    async with all_running(*desks):
        clients = [httpx.AsyncClient(base_url=one.http, timeout=20) for one in desks]
        yield clients
        await asyncio.gather(*(one.aclose() for one in clients))
        for one in desks:
            assert "Traceback" not in one.log(), one.log()


async def link(database: Database, purpose: str, subject: UUID, owner: UUID | None = None) -> str:
    async with database.transaction() as tx:
        key = await parties.desk_key(tx)
    until = clock.now() + timedelta(hours=1)
    return parties.sign_link(key, purpose, subject, until, owner=owner)


async def offered(database: Database, **changes: Any) -> tuple[JobOffer, str]:
    offer = make_offer((await make_provider(database)).id, **changes)
    async with database.transaction() as tx:
        await effects.offer_job(tx, offer)
    return offer, f"/v1/jobs/{await link(database, 'job', offer.effect_id)}"


def said(answer: httpx.Response) -> str:
    """The state of the job, or the code of the refusal, which must say how to go on."""
    told = answer.json()
    if answer.status_code == httpx.codes.OK:
        return str(told["state"])
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["recovery"] == "contact_us"
    assert told["detail"]
    return f"{answer.status_code} {told['code']}"


async def test_of_accept_and_decline_at_once_one_settles(
    doors: list[httpx.AsyncClient], database: Database
) -> None:
    for _ in range(ROUNDS):
        offer, path = await offered(database)
        pairs = [(door, act) for door in doors for act in ("accept", "decline")] * (MANY // 4)
        posts = [door.post(path, json={"action": act}) for door, act in pairs]
        answers = Counter([said(one) for one in await asyncio.gather(*posts)])
        (settled,) = [one for one in answers if not one.startswith("409")]
        assert answers == {settled: MANY // 2, f"409 job_{settled}": MANY // 2}
        assert await happened(database, offer.case_id) == ["job.offered", f"job.{settled}"]
        (message,) = (await heard(database, offer.run_id)).values()
        assert message["state"] == settled


async def test_an_answer_at_the_deadline_is_taken_or_late_and_never_both(
    doors: list[httpx.AsyncClient], database: Database
) -> None:
    for _ in range(2 * ROUNDS):
        offer, path = await offered(database, answer_by=clock.now() + timedelta(seconds=0.3))
        await look_until(doors[0], path, offer.answer_by)
        posts = [door.post(path, json={"action": "accept"}) for door in doors]
        *answers, _ = await asyncio.gather(*posts, expired(database, offer.answer_by))
        await expired(database, offer.answer_by)
        async with database.transaction() as tx:
            job = await fulfilment.get_job(tx, offer.effect_id)
        assert job
        heard_of = {said(one) for one in answers if isinstance(one, httpx.Response)}
        if job.state is JobState.ACCEPTED:
            assert heard_of <= {"accepted", "409 job_accepted"}
        else:
            assert (job.state, heard_of) == (JobState.EXPIRED, {"409 job_expired"})
        assert await happened(database, offer.case_id) == ["job.offered", f"job.{job.state}"]


async def look_until(door: httpx.AsyncClient, path: str, deadline: datetime) -> None:
    while clock.now() < deadline - timedelta(milliseconds=8):
        await door.get(path)


async def expired(database: Database, deadline: datetime) -> None:
    """The clock's work, as early as it may; what is being answered is left to the next time."""
    while clock.now() <= deadline:
        await asyncio.to_thread(str)
    async with database.transaction() as tx:
        await fulfilment.expire_jobs(tx)
        await decisions.expire(tx)


async def page_of(database: Database, asked: Question) -> str:
    return f"/decision/{await link(database, 'decision', asked.id, asked.owner_id)}"


async def test_of_different_options_at_once_one_binds(
    doors: list[httpx.AsyncClient], database: Database
) -> None:
    for n in range(2 * ROUNDS):
        owner = await new_owner(database)
        asked, options = question(owner), ["mon", "tue"]
        if n % 2:
            asked, options = approval(owner), ["yes", "no"]
        await ask(database, asked)
        page = await page_of(database, asked)
        pairs = [(door, option) for door in doors for option in options] * (MANY // 4)
        posts = [door.post(page, data={"option": option}) for door, option in pairs]
        answers = await asyncio.gather(*posts)
        settled = await get(database, asked)
        assert settled.state is State.ANSWERED
        assert settled.chosen in options
        for (_, option), answer in zip(pairs, answers, strict=True):
            right = option == settled.chosen
            assert answer.status_code == (303 if right else 409), answer.text
        assert (await history(database, asked)).count("decision.answered") == 1
        (message,) = await messages(database, asked)
        assert message["option"] == settled.chosen


async def test_an_approvals_link_answers_once(
    doors: list[httpx.AsyncClient], database: Database
) -> None:
    asked = approval(await new_owner(database))
    await ask(database, asked)
    page = await page_of(database, asked)
    for door in doors:
        assert (await door.get(page)).status_code == 200
    assert (await get(database, asked)).state is State.OPEN
    assert (await doors[0].post(page, data={"option": "no"})).status_code == 303
    for door in doors:
        late = await door.post(page, data={"option": "yes"})
        assert (late.status_code, "decision_answered" in late.text or "No" in late.text) == (
            409,
            True,
        )
    assert (await get(database, asked)).chosen == "no"
    assert (await history(database, asked)).count("decision.answered") == 1


async def test_an_owners_answer_at_the_deadline_counts_or_is_late(
    doors: list[httpx.AsyncClient], database: Database
) -> None:
    for _ in range(2 * ROUNDS):
        asked = approval(await new_owner(database), deadline=clock.now() + timedelta(seconds=0.3))
        await ask(database, asked)
        page = await page_of(database, asked)
        await look_until(doors[0], page, asked.deadline)
        posts = [door.post(page, data={"option": "yes"}) for door in doors]
        *answers, _ = await asyncio.gather(*posts, expired(database, asked.deadline))
        await expired(database, asked.deadline)
        settled = await get(database, asked)
        statuses = {one.status_code for one in answers if isinstance(one, httpx.Response)}
        if settled.state is State.ANSWERED:
            assert (settled.chosen, statuses) == ("yes", {303})
        else:
            assert (settled.state, settled.chosen) == (State.EXPIRED, "no")
            assert statuses == {409}
        (message,) = await messages(database, asked)
        assert message["option"] == settled.chosen
        kinds = await history(database, asked)
        assert kinds.count("decision.answered") + kinds.count("decision.expired") == 1
