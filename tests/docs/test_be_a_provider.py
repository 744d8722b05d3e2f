"""The how-to for the systems of providers, done as a reader does it."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from uuid import UUID

import httpx
import pytest
from tests.docs.pages import pages, titled
from tests.docs.reader import reading
from tests.fulfilment.making import make_offer
from tests.parties.making import signing, unique
from tests.saying import Caller, event
from tests.waiting import until

from thingdesk import fulfilment, parties
from thingdesk.calling.status import _STATUS
from thingdesk.channels.http.jobs import Said
from thingdesk.channels.webhook.message import Links, message
from thingdesk.fulfilment import Delivery, DeliveryKind, Job, JobState
from thingdesk.fulfilment.jobs.model import BACKOFF, MOST_ATTEMPTS
from thingdesk.parties import NewMachine, NewOwner, Position
from thingdesk.platform import ids
from thingdesk.platform.database import Database
from thingdesk.platform.outward.post import LIMIT

PAGE = "docs/how-to/be-a-provider.md"


@pytest.mark.timeout(300)
async def test_the_provider_of_the_page_does_a_job(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = {
        "THINGDESK_DATABASE_URL": database_url,
        "THINGDESK_WEBHOOK_NETWORKS": "127.0.0.0/8",
    }
    async with reading(tmp_path, **settings) as reader:
        reader.write(PAGE, "providers.jsonl", "provider.py")
        desk = await reader.start("thingdesk up")
        await desk.says("Ready", within=90)
        said = await reader.run(titled(PAGE, "register"))
        secret = re.search(r"secret (whsec_\S+)", said)
        assert secret, said
        begin = titled(PAGE, "provider")
        reader.done.add(begin)
        provider = await reader.start(begin.replace("whsec_…", secret[1]))
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{reader.ports['8080']}", timeout=30
        ) as http:
            await _is_up(int(reader.ports["8090"]))
            case_id = await _breaks_down(database, http)
        await provider.says(r"^tow car\S+: Tow car")
        await provider.says(r"^the job is done$")
        async with database.transaction() as tx:
            (job,) = await fulfilment.jobs_of(tx, case_id)
        assert job.evidence
        assert (job.evidence.words, job.evidence.data) == (
            "Towed to the centre.",
            {"kilometres": 12},
        )
        assert set(job.reached) >= {JobState.UNDER_WAY, JobState.ARRIVED}
        assert not reader.left(PAGE)


async def _is_up(port: int) -> None:
    """What nobody signed is refused, once the provider listens."""

    async def look() -> int:
        async with httpx.AsyncClient(timeout=30) as http:
            try:
                answer = await http.post(f"http://127.0.0.1:{port}/jobs", content=b"{}")
            except httpx.ConnectError:
                return 0
        return answer.status_code

    assert await until(look) == httpx.codes.UNAUTHORIZED


async def _breaks_down(database: Database, http: httpx.AsyncClient) -> UUID:
    made = signing(unique("car"))
    owner, here = NewOwner(f"{made.machine}@example.org", "An Owner"), Position(52.52, 13.4)
    new = NewMachine(made.machine, "car", "car", key=made.x, owner=owner, position=here)
    async with database.transaction() as tx:
        await parties.register(tx, [new])
    given = {"service": "vehicle.breakdown", "input": {"code": "P0217"}}
    return UUID(await Caller(made, http).case_of(event(made.machine, "report", given)))


def _rows(title: str) -> list[str]:
    """The first cells of the table below a heading."""
    part = re.split(r"^## ", pages()[PAGE], flags=re.MULTILINE)
    (found,) = [one for one in part if one.startswith(title)]
    rows = re.findall(r"^\| (.*?) \|", found, re.MULTILINE)
    return [one for one in rows[1:] if not one.startswith("---")]


def test_the_page_names_every_field_of_an_offer() -> None:
    offer = make_offer(ids.new())
    job = Job(offer, JobState.OFFERED, {})
    delivery = Delivery(ids.new(), DeliveryKind.OFFERED, 1, job, "", "")
    told = json.loads(message(delivery, datetime.now(UTC), Links("", "")))
    named = {name for row in _rows("What comes") for name in re.findall(r"`(\w+)`", row)}
    assert named == set(told["data"])
    assert set(told) == {"type", "timestamp", "data"}


def test_the_page_names_every_action_and_what_goes_with_it() -> None:
    said = [
        Said.model_validate_json(row.strip("`").replace("{…}", "{}")) for row in _rows("How to")[:5]
    ]
    assert {one.action for one in said} == set(get_args(Said.model_fields["action"].annotation))
    used = {name for one in said for name in one.model_fields_set}
    assert used == set(Said.model_fields)


def test_the_page_gives_the_real_limits() -> None:
    text = " ".join(pages()[PAGE].split())
    assert f"within {LIMIT:.0f} seconds" in text
    assert f"{MOST_ATTEMPTS} attempts in all, after {BACKOFF.first.seconds} seconds" in text
    assert f"{BACKOFF.longest.seconds // 60} minutes apart" in text
    assert all(f"`{one.value}`" in text for one in JobState)
    codes = re.findall(r"409 ([^|]+) \|", pages()[PAGE])
    assert {_STATUS[code] for row in codes for code in re.findall(r"`(\w+)`", row)} == {409}
