"""Cars, centres and tow trucks, or presses and technicians, in the test's hand."""

from datetime import timedelta
from uuid import UUID

from tests.hand import Hand, open_hand

from thingdesk import fulfilment, mandates, parties
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.fulfilment import StockLine
from thingdesk.mandates import Policy, Terms
from thingdesk.packs import equipment, vehicle
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money

MINUTE = timedelta(minutes=1)
MISFIRE = {"code": "P0301"}
COIL = "ignition_coil"
BOUNDLESS = Terms(("*",), per_case=Money(90000, "EUR"), per_period=Money(9000000, "EUR"))
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


async def owned(hand: Hand, name: str) -> UUID:
    """A car whose owner permits everything, and money for hundreds of cases."""
    return await car(hand, name, BOUNDLESS)


async def open_workshop(database: Database) -> Hand:
    """Technicians for presses that nobody owns, and for which the desk acts all the same."""
    one = await open_hand(database, Flow(Catalog(equipment.SERVICES), equipment.RULES))
    for n in range(8):
        await one.provider(f"Machinery {n}", "technician", "machinery", km=n)
    async with database.transaction() as tx:
        await mandates.set_policy(tx, Policy(acts_for_unowned=True))
    return one


async def stock(hand: Hand, name: str, part: str = COIL) -> int:
    async with hand.database.transaction() as tx:
        centres = (await parties.providers_of_kinds(tx, ["repair_centre"]))["repair_centre"]
        (centre,) = [one for one in centres if one.name == name]
        lines = await fulfilment.stock_of(tx, centre.id)
    return next(line.quantity for line in lines if line.part == part)
