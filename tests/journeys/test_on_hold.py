"""On hold, by plain HTTP with a desk that is a real process: an assistant asks for a person, goes
away, and hands over to its owner when somebody is ready; another books a call back. The desk is
killed in between, and nobody loses their place.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.desk import DeskProcess, running
from tests.parties.making import an_owner, signing, unique
from tests.saying import Caller, event
from tests.waiting import until

from thingdesk import parties
from thingdesk.parties import NewMachine, NewOwner, Role
from thingdesk.platform.database import Database

PASSWORD = "correct horse battery staple"
NUMBER = "+49 30 1234567"
pytestmark = pytest.mark.timeout(300)


@dataclass
class Assistant(Caller):
    """An outside machine: a key, and HTTP. It asks again whenever it likes."""

    async def ask(self, service: str, **given: Any) -> dict[str, Any]:
        """The outcome, out of a receipt that is verified."""
        one = event(self.id, "report", {"service": service, "input": given})
        outcome: dict[str, Any] = (await self.receipts("reports", one))[one["id"]]["outcome"]
        return outcome

    async def refused(self, service: str, **given: Any) -> str:
        one = event(self.id, "report", {"service": service, "input": given})
        code: str = (await self.say("reports", one)).json()["code"]
        return code

    async def told(self, kind: str) -> dict[str, Any]:
        """What it is told by a notice of this kind, which it acknowledges."""

        async def heard() -> dict[str, Any] | None:
            found = (await self.get("/v1/notices"))["notices"]
            return next((one["data"] for one in found if one["data"]["kind"] == kind), None)

        found = await until(heard)
        assert found
        await self.receipts("acks", event(self.id, "ack", {"notice": found["notice"]}))
        return found


@pytest.fixture(scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Any:
    folder = tmp_path_factory.mktemp("on-hold") / "desk"
    hours = {"staff_hours": "00:00-23:59", "call_backs": 1}
    async with running(folder, database_url=database_url, **hours) as one:
        yield one


async def register(database: Database, name: str, owner: NewOwner, base: str) -> Assistant:
    """An assistant that is registered for this owner."""
    key = signing(unique(name))
    async with database.transaction() as tx:
        new = NewMachine(key.machine, "assistant", key=key.x, owner=owner)
        await parties.register(tx, [new])
    return Assistant(key, httpx.AsyncClient(base_url=base, timeout=20))


@asynccontextmanager
async def staff(database: Database, desk: DeskProcess) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of one of the staff, who has logged in."""
    email = f"{unique('staff')}@example.org"
    async with database.transaction() as tx:
        person = await parties.add_staff(tx, email, "Mia", [Role.AGENT])
        await parties.set_up(tx, await parties.set_up_link(tx, person.id), PASSWORD)
    headers = {"Origin": desk.http}
    async with httpx.AsyncClient(base_url=desk.http, headers=headers, timeout=20) as browser:
        answer = await browser.post("/log-in", data={"email": email, "password": PASSWORD})
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
        yield browser


async def test_an_assistant_waits_hands_over_and_hears_what_came_of_it(
    desk: DeskProcess, database: Database
) -> None:
    waiting = await register(database, "waiting", an_owner(), desk.http)
    first = await register(database, "first", an_owner(), desk.http)
    await first.ask("person.ask", about="Something else", reach=NUMBER)
    asked = await waiting.ask("person.ask", about="The bill of October", reach=NUMBER)
    assert (asked["state"], asked["place"], asked["wait_seconds"]) == ("waiting", 2, None)
    assert len(asked["call_back_times"]) == 6
    hold = asked["hold"]
    assert await waiting.refused("person.here", hold=hold) == "hold_not_ready"
    assert await first.refused("person.hold", hold=hold) == "hold_unknown"

    desk.kill()
    await desk.start()
    seen = await waiting.ask("person.hold", hold=hold)
    assert (seen["hold"], seen["place"]) == (hold, 2), "a killed desk loses nobody's place"

    async with staff(database, desk) as mia, staff(database, desk) as jonas:
        assert (await mia.post("/waiting/next")).status_code == httpx.codes.SEE_OTHER
        page = (await jonas.post("/waiting/next")).headers["location"]
        assert page == f"/waiting/{hold}"
        assert "tel:+49301234567" in (await jonas.get(page)).text
        ready = await waiting.told("hold.ready")
        assert (ready["data"]["hold"], ready["data"]["state"]) == (hold, "ready")
        here = await waiting.ask("person.here", hold=hold)
        assert here["state"] == "talking"
        answer = await jonas.post(f"{page}/end", data={"words": "Explained it."})
        assert answer.headers["location"] == "/waiting?said=ended"
    ended = await waiting.told("hold.ended")
    assert ended["data"]["hold"] == hold
    over = await waiting.ask("person.hold", hold=hold)
    assert (over["state"], over["words"]) == ("ended", "Explained it.")
    for one in (waiting, first):
        await one.http.aclose()


async def test_another_books_a_call_back_and_what_is_given_away_is_not_offered(
    desk: DeskProcess, database: Database
) -> None:
    one = await register(database, "back", an_owner(), desk.http)
    two = await register(database, "back", an_owner(), desk.http)
    asked = await one.ask("person.ask", about="A contract", reach="https://meet.example.org/1")
    at = asked["call_back_times"][0]
    booked = await one.ask("person.call_back", hold=asked["hold"], at=at)
    assert (booked["state"], booked["call_back"], booked["place"]) == ("booked", at, None)
    other = await two.ask("person.ask", about="A contract", reach=NUMBER)
    assert at not in other["call_back_times"]
    assert await two.refused("person.call_back", hold=other["hold"], at=at) == "call_back_not_free"
    left = await one.ask("person.leave", hold=asked["hold"])
    assert left["state"] == "withdrawn"
    assert at in (await two.ask("person.hold", hold=other["hold"]))["call_back_times"]
    async with staff(database, desk) as mia:
        shown = (await mia.get("/waiting")).text
        assert "A contract" in shown
        assert "meet.example.org" not in shown
    for assistant in (one, two):
        await assistant.http.aclose()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"about": "", "reach": NUMBER}, "unfit_input"),
        ({"about": "\u202e\u200b", "reach": NUMBER}, "invalid_input"),
        ({"about": "x" * 501, "reach": NUMBER}, "unfit_input"),
        ({"about": "A bill", "reach": "javascript:alert(1)"}, "unfit_reach"),
        ({"about": "A bill", "reach": NUMBER, "language": "en; drop table hold"}, "unfit_input"),
        ({"about": "A bill", "reach": NUMBER, "case": "x"}, "unfit_input"),
        ({"about": "A bill", "reach": NUMBER, "safety": True}, "unfit_input"),
        (
            {"about": "A bill", "reach": NUMBER, "case": "01890000-0000-7000-8000-000000000000"},
            "case_unknown",
        ),
    ],
)
async def test_what_does_not_fit_is_refused(
    desk: DeskProcess, database: Database, given: dict[str, Any], code: str
) -> None:
    one = await register(database, "unfit", an_owner(), desk.http)
    assert await one.refused("person.ask", **given) == code
    await one.http.aclose()


async def test_a_machine_without_an_owner_has_nobody_to_hand_over_to(
    desk: DeskProcess, database: Database
) -> None:
    key = signing(unique("alone"))
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine(key.machine, "assistant", key=key.x)])
    async with httpx.AsyncClient(base_url=desk.http, timeout=20) as http:
        one = Assistant(key, http)
        code = await one.refused("person.ask", about="A bill", reach=NUMBER)
    assert code == "hold_without_owner"
