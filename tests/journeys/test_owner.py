"""An owner finds their page at the foot of a mail of a running desk, and says stop."""

import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests import whose
from tests.desk import running
from tests.journeys.outside import HERE
from tests.parties.making import signing, unique
from tests.saying import Caller, a_centre, report
from tests.waiting import until

from thingdesk import mandates, parties
from thingdesk.mandates import Terms
from thingdesk.parties import NewMachine, NewOwner
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money

pytestmark = pytest.mark.timeout(300)
CONTACT = "help@example.org"
GENEROUS = Terms(("vehicle.*",), per_case=Money(50000, "EUR"), per_period=Money(200000, "EUR"))


def texts(folder: Path) -> Iterator[str]:
    """The texts of the mails that are there."""
    for path in folder.glob("*.eml"):
        one = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = one.get_body(("plain",))
        yield str(body.get_content()) if body else ""


async def mail(folder: Path, words: str) -> str:
    """The text of the first mail that says this."""

    async def look() -> str:
        return next((one for one in texts(folder) if words in one), "")

    return await until(look)


async def a_car(database: Database, http: httpx.AsyncClient) -> Caller:
    """A car whose owner has given a mandate."""
    made = signing(unique("car"))
    owner = NewOwner(f"{made.machine}@example.org", "An Owner")
    async with database.transaction() as tx:
        new = NewMachine(made.machine, "car", "car", key=made.x, owner=owner, position=HERE)
        await parties.register(tx, [new])
        found = await whose.owner_of(tx, made.machine)
        assert found
        await mandates.grant(tx, found.id, GENEROUS)
    return Caller(made, http)


async def test_after_a_stop_on_the_page_the_next_effect_is_asked(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with (
        running(tmp_path / "desk", database_url=database_url, contact=CONTACT) as desk,
        httpx.AsyncClient(base_url=desk.http, follow_redirects=True, timeout=30) as browser,
    ):
        await a_centre(database)
        car = await a_car(database, browser)
        await car.case_of(report(car.id))
        letters = desk.folder / "mail"
        text = await mail(letters, " see to ")
        assert f"To reach a person: {CONTACT}" in text
        (own,) = re.findall(r"how to stop it: (\S+)", text)
        (question,) = re.findall(r"Open the page: (\S+)", text)
        home = await browser.get(own)
        assert f"mailto:{CONTACT}" in home.text
        assert "Ignition coil at Centre" in home.text
        stopped = await browser.post(own + "/stop")
        assert "<b>Stopped.</b>" in stopped.text
        assert "Thank you" in (await browser.post(question, data={"option": "slot0"})).text
        asked = await mail(letters, "You have revoked your mandate.")
        assert "no answer is a no" in asked
        assert "You said stop" in await mail(letters, "You said stop")
        home = await browser.get(own)
        assert "needs your yes" in home.text
        assert f"mailto:{CONTACT}" in (await browser.get("/owner")).text
        log = desk.log()
        tokens = [one.rpartition("/")[2] for one in (own, question)]
        assert not [one for one in tokens if one in log or one[-40:] in log]
