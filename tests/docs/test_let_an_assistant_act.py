"""The how-to for owners who let an assistant act, done at a real desk, page by page."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from tests.desk import running
from tests.docs.owner import Owner, a_browser
from tests.journeys.outside import HERE
from tests.outside.issued import Asks
from tests.parties.making import Signing, signing, unique
from tests.saying import a_centre
from tests.waiting import until

from thingdesk import parties
from thingdesk.access import Surface
from thingdesk.mandates import Terms
from thingdesk.parties import NewMachine, NewOwner
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money

ASKS = Terms(
    services=("vehicle.*",),
    per_case=Money(5000, "EUR"),
    per_period=Money(9000, "EUR"),
    depth=1,
)
LESS = {
    "services": "vehicle.repair",
    "machines": "*",
    "per_case": "1",
    "per_period": "1",
    "passes": "true",
}


async def a_household(database: Database) -> tuple[Signing, Signing, str]:
    """A car and an assistant of one owner, and where their mail goes."""
    car, assistant = signing(unique("car")), signing(unique("assistant"))
    address = f"{car.machine}@example.org"
    owner = NewOwner(address, "An Owner")
    machines = [
        NewMachine(car.machine, "car", "car", key=car.x, owner=owner, position=HERE),
        NewMachine(assistant.machine, "assistant", "assistant", key=assistant.x, owner=owner),
    ]
    async with database.transaction() as tx:
        await parties.register(tx, machines)
    return car, assistant, address


@dataclass
class Desk:
    """A real desk, the owner before its pages, their car, and the assistant that asks."""

    url: str
    owner: Owner
    car: Signing
    asks: Asks

    async def says_yes(self) -> str:
        """What the assistant gets once its owner has said yes, to less than it asked for."""
        browser, shown = self.owner.browser, await self.asks.begin(Surface.HTTP, ASKS)
        code = {"user_code": shown["user_code"]}
        consent = (await self.owner.types(code)).text
        assert "act for you?" in consent
        assert "up to 50.00 EUR for one case, and 90.00 EUR in a calendar month" in consent
        assert "Permit less" in consent
        assert (await self.asks.collect(shown))["error"] == "authorization_pending"
        more = await browser.post("/pair", data={**LESS, **code, "per_case": "51", "said": "yes"})
        assert "Nothing was allowed yet." in more.text
        look = await browser.post("/pair", data={**LESS, **code, "said": "yes"})
        assert "up to 1.00 EUR for one case, and 1.00 EUR in a calendar month" in look.text
        given = await browser.post("/pair", data={**LESS, **code, "said": "sure"})
        assert "It may act for you." in given.text
        self.owner.home = given.url.path
        assert await self.owner.reads("(Repair a fault)")

        async def collect() -> str:
            said = await self.asks.collect(shown)
            return said.get("access_token", "")

        return await until(collect, within=60)

    async def ask(self, token: str, service: str, **given: str) -> dict[str, Any]:
        """What is answered to the assistant that asks for its owner's car."""
        headers = {**bearer(token), "idempotency-key": f'"{unique("key")}"'}
        where = f"{self.url}/v1/services/{service}?subject={self.car.machine}"
        async with httpx.AsyncClient(timeout=30) as http:
            said: dict[str, Any] = (await http.post(where, json=given, headers=headers)).json()
        return said

    async def can_do(self, token: str) -> None:
        """What is beyond is refused; what costs is asked of the owner, who alone answers, once."""
        beyond = await self.ask(token, "vehicle.breakdown", code="C0040")
        assert beyond["recovery"] == "ask_owner"
        asked = await self.ask(token, "vehicle.repair", code="P0301")
        case, browser = asked["case"]["case"], self.owner.browser

        async def questions() -> list[dict[str, Any]]:
            seen = await browser.get(f"/v1/cases/{case}", headers=bearer(token))
            found: list[dict[str, Any]] = seen.json()["questions"]
            return found

        (question,) = await until(questions)
        async with a_browser(self.url) as other:
            yes = {"option": "yes"}
            refused = await other.post(question["page"], data=yes, headers=bearer(token))
        assert refused.url.path == "/enter", "a token answers nothing"
        assert await questions() == [question]
        again = await self.ask(token, "vehicle.repair", code="P0301")
        assert again["case"]["case"] == case
        said = await browser.post(question["page"], data={"option": "no"})
        assert said.status_code == httpx.codes.OK
        assert not await questions()
        again = await self.ask(token, "vehicle.repair", code="P0301")
        assert again["case"]["case"] == case, "its answer stands"
        assert not await questions()

    async def given(self) -> str:
        """Where the owner sees what they gave to the assistant."""
        home = (await self.owner.browser.get(self.owner.home)).text
        pages: set[str] = set(re.findall(rf'href="({self.owner.home}/acting/[0-9a-f-]+)"', home))
        read = {one: (await self.owner.browser.get(one)).text for one in pages}
        (mine,) = [one for one, text in read.items() if "You gave this" in text]
        return mine


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_an_owner_lets_an_assistant_act_and_stops_it(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    car, assistant, address = await a_household(database)
    await a_centre(database)
    async with (
        running(tmp_path / "desk", database_url=database_url) as started,
        a_browser(started.http) as browser,
    ):
        owner = Owner(browser, address, started.folder / "mail")
        desk = Desk(started.http, owner, car, Asks(assistant, started.http))
        token = await desk.says_yes()
        await desk.can_do(token)
        narrow = replace(
            ASKS, services=("vehicle.repair",), per_case=None, per_period=None, depth=0
        )
        passed = (await desk.asks.pass_on(token, narrow, Surface.HTTP))["access_token"]
        wider = await desk.asks.pass_on(token, ASKS, Surface.HTTP)
        assert wider["error"] == "invalid_authorization_details"

        mine = await desk.given()
        keys = KeySet.import_key_set((await browser.get("/v1/desk")).json())
        signed = (await browser.get(f"{mine}/signed")).text
        kept = jws.deserialize_compact(signed, keys, algorithms=["EdDSA", "Ed25519"])
        assert kept.headers()["typ"] == "thingdesk-mandate+jwt"
        assert assistant.machine in kept.payload.decode()

        assert (await desk.ask(passed, "vehicle.repair", code="P0301"))["case"]
        await browser.post(mine)
        for one in (token, passed):
            answer = await desk.ask(one, "vehicle.repair", code="P0302")
            assert answer["code"] == "token_ended"
