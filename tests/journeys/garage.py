"""Cars, two centres and two tow trucks, in the test's hand."""

from datetime import timedelta
from uuid import UUID

from tests.hand import Hand, open_hand

from thingdesk import fulfilment, mandates, parties
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.fulfilment import StockLine
from thingdesk.mandates import Terms
from thingdesk.packs import vehicle
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money

MINUTE = timedelta(minutes=1)
MISFIRE = {"code": "P0301"}
COIL = "ignition_coil"
GENEROUS = Terms(("vehicle.*",), per_case=Money(50000, "EUR"), per_period=Money(200000, "EUR"))


async def open_garage(database: Database) -> Hand:
    one = await open_hand(database, Flow(Catalog(vehicle.SERVICES), vehicle.RULES))
    centres = [
        await one.provider("Centre Near", "repair_centre", "engine", "cooling", km=2),
        await one.provider("Centre Far", "repair_centre", "engine", "cooling", km=30),
    ]
    await one.provider("Truck One", "tow_truck", km=4)
    await one.provider("Truck Two", "tow_truck", km=8)
    async with database.transaction() as tx:
        lines = [StockLine(centre.id, COIL, 50) for centre in centres]
        lines += [StockLine(centre.id, "water_pump", 50) for centre in centres]
        await fulfilment.set_stock(tx, lines)
    return one


async def car(hand: Hand, name: str, terms: Terms | None = GENEROUS) -> UUID:
    owner = await hand.machine(name, "car", owner=f"owner-{name}")
    assert owner
    if terms is not None:
        async with hand.database.transaction() as tx:
            await mandates.grant(tx, owner, terms)
    return owner


async def stock(hand: Hand, name: str, part: str = COIL) -> int:
    async with hand.database.transaction() as tx:
        centres = (await parties.providers_of_kinds(tx, ["repair_centre"]))["repair_centre"]
        (centre,) = [one for one in centres if one.name == name]
        lines = await fulfilment.stock_of(tx, centre.id)
    return next(line.quantity for line in lines if line.part == part)
