"""What platforms say is stored once, for machines that are registered, and as theirs."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.routing import Router
from tests.channels.platforms.conftest import stored
from tests.channels.platforms.maps import said
from tests.parties.making import registered

from thingdesk import parties
from thingdesk.channels import platforms
from thingdesk.channels.platforms import Taking
from thingdesk.channels.platforms.model import Heard, Source
from thingdesk.platform import clock
from thingdesk.platform.database import Database

SECRET = "a secret of the platform"


async def post(taking: Taking, platform: str, body: Any, **more: Any) -> httpx.Response:
    app = Router()
    platforms.install(app, taking, SECRET)
    transport = httpx.ASGITransport(app)
    more = more or {"headers": {"Authorization": f"Bearer {SECRET}"}}
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as http:
        return await http.post(f"/platforms/{platform}", **content, **more)


@pytest.mark.parametrize("shown", [{}, {"Authorization": "Bearer a secret of the platfor"}])
@pytest.mark.parametrize("platform", ["thingsboard", "home-assistant"])
async def test_who_does_not_show_the_secret_is_not_heard(
    taking: Taking, platform: str, shown: dict[str, str], known: Database
) -> None:
    before = await stored(known, "press-4"), await stored(known, "washer-1")
    for body in ("thingsboard_alarm", "home_assistant_event"):
        answer = await post(taking, platform, said(body), headers=shown)
        assert answer.status_code == httpx.codes.UNAUTHORIZED
        assert answer.headers["content-type"] == "application/problem+json"
        said_of_it = "is not the right one" if shown else "is missing"
        assert said_of_it in answer.json()["detail"]
    assert before == (await stored(known, "press-4"), await stored(known, "washer-1"))


async def test_an_alarm_opens_one_case_however_often_it_is_posted(
    taking: Taking, known: Database
) -> None:
    for _ in range(5):
        answer = await post(taking, "thingsboard", said("thingsboard_alarm"))
        assert answer.status_code == httpx.codes.OK
        assert answer.json() == {"taken": 2, "refused": []}
    assert await stored(known, "press-4", "report") == 1
    assert await stored(known, "press-4", "signal_event") == 1
    async with known.transaction() as tx:
        cases = await tx.fetch("select service from desk_case where subject = 'press-4'")
    assert [one["service"] for one in cases] == ["equipment.inspect"]


async def test_an_event_is_stored_once_with_its_own_time(taking: Taking, known: Database) -> None:
    event = said("home_assistant_event")
    event["time_fired"] = event["data"]["new_state"]["last_updated"] = clock.now().isoformat()
    for _ in range(3):
        answer = await post(taking, "home-assistant", [event, event])
        assert answer.json() == {"taken": 2, "refused": []}
    assert await stored(known, "washer-1") == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"[1]", b"[" + b"{}," * 100 + b"{}]"])
async def test_what_is_none_of_theirs_is_refused(taking: Taking, body: bytes) -> None:
    for platform in ("thingsboard", "home-assistant"):
        answer = await post(taking, platform, body)
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert answer.json()["refused"][0]["code"] == "platform_unfit"


def heard(topic: str, body: Any) -> Heard:
    return Heard(Source.MQTT, {}, body, topic)


async def strangers(database: Database) -> list[str]:
    async with database.transaction() as tx:
        rows = await tx.fetch("select words from notice where kind = 'platform.strangers'")
    return [one["words"] for one in rows]


async def test_strangers_are_told_to_staff_once_an_hour_and_never_made(
    taking: Taking, known: Database, turnable: clock.Turnable
) -> None:
    names = [f"stranger-{n}" for n in range(150)] + ["no id\nat all"]
    for name in names * 2:
        said, refused = await taking.take(heard(f"zigbee/{name}/power", 3))
        assert said == 1
        assert [one.refusal.code for one in refused] == ["machine_not_recognised"]
        assert [one.machine for one in refused] == [name]
    await taking.tell_strangers()
    await taking.take(heard("zigbee/stranger-0/power", 3))
    await taking.tell_strangers()
    (words,) = await strangers(known)
    assert "stranger-0" in words
    assert " and 90 more" in words
    turnable.turn(timedelta(hours=2))
    await taking.take(heard("zigbee/stranger-0/power", 3))
    await taking.tell_strangers()
    assert len(await strangers(known)) == 2
    async with known.transaction() as tx:
        assert not await parties.get_machines(tx, names)


async def test_a_machine_whose_keys_are_revoked_is_not_heard_through_a_platform(
    taking: Taking, known: Database
) -> None:
    own = await registered(known)
    topic = f"zigbee/{own.machine}/power"
    assert await taking.take(heard(topic, 3)) == (1, [])
    async with known.transaction() as tx:
        await parties.revoke_key(tx, own.kid, "stolen")
    (refused,) = (await taking.take(heard(topic, 3)))[1]
    assert refused.refusal.code == "machine_not_recognised"
    assert await stored(known, own.machine) == 1
