"""Two groups of reports at once lock what instant services remember in one order."""

import json

from tests.parties.making import an_owner, signing, unique
from tests.saying import event

from thingdesk import parties
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.intake import Intake, Kind
from thingdesk.parties import NewMachine, register
from thingdesk.platform.database import Database
from thingdesk.sdk import Data, Instant, Outcome, Promise, service

SERVED: list[str] = []


class Given(Data):
    pass


@service("lab.first", title="Remember first", promise=Promise(), instant=True)
async def first(instant: Instant, _: Given) -> Outcome:
    await instant.recall("x")
    SERVED.append("first")
    return Outcome(words="Done.")


@service("lab.second", title="Remember second", promise=Promise(), instant=True)
async def second(instant: Instant, _: Given) -> Outcome:
    await instant.recall("x")
    SERVED.append("second")
    return Outcome(words="Done.")


async def test_instant_services_of_a_group_are_served_in_the_order_of_all_groups(
    database: Database,
) -> None:
    made = signing(unique("car"))
    async with database.transaction() as tx:
        key = await parties.desk_key(tx)
        new = NewMachine(made.machine, "car", "car", key=made.x, owner=an_owner())
        await register(tx, [new])
    said = [
        event(made.machine, "report", {"service": name, "input": {}})
        for name in ("lab.second", "lab.first")
    ]
    async with Intake(database, Flow(Catalog([first, second]), ()), key) as intake:
        became = await intake.take(made.machine, Kind.REPORTS, json.dumps(said).encode())
    assert len(became.entries) == len(said)
    assert SERVED == ["first", "second"]
