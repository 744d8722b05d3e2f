"""A desk with a day behind it: cases in every state, for pages that have much to show."""

import math
from collections.abc import Awaitable, Callable
from datetime import timedelta

from tests.web.site import MISFIRE, Site

from thingdesk import fulfilment, journeys, parties, signals
from thingdesk.mandates import Terms
from thingdesk.platform import clock, ids
from thingdesk.platform.money import Money

MINUTE = timedelta(minutes=1)
LOW = Terms(("vehicle.*",), per_case=Money(5000, "EUR"))
EVIL = "<script>alert(1)</script>"


def _wave(around: float, count: int) -> list[float]:
    return [
        round(around + 1.4 * math.sin(n / 3) + 0.6 * math.sin(n * 1.7), 2) for n in range(count)
    ]


async def press(site: Site, name: str, turnable: clock.Turnable, *, proven: bool) -> None:
    """A press that cools down, is inspected, and proves by its temperature that it is well."""
    hand = site.hand
    every = 10 * MINUTE
    await hand.machine(name, "press", expected_interval=every, attributes={"hall": "North 2"})
    start = clock.now() - timedelta(hours=30)
    down = [*_wave(84, 60), *[84 - n * 1.5 for n in range(14)], *_wave(61, 92)]
    await hand.say(name, "temperature", down, start=start, every=every)
    case = await hand.case_of(name)
    job = await hand.accept(case.id)
    async with hand.database.transaction() as tx:
        arrival = clock.now() + 25 * MINUTE
        await fulfilment.under_way(tx, job.id, job.offer.provider, arrival)
    await hand.finish(job, "Heater relay was burnt; replaced and tested.")
    turnable.turn(timedelta(hours=2))
    count = 12 if proven else 4
    begin = clock.now() - every * count
    values = [*(_wave(82, count) if proven else [64, 71, 78, 81])]
    await hand.say(name, "temperature", values, start=begin, every=every)


async def cars(site: Site) -> None:
    """Cars that wait for owners, for centres, for tow trucks, and ones that ended."""
    hand = site.hand
    for n in range(1, 5):
        await site.asked(f"car-{n}")
    await site.asked("car-5", LOW)
    for n in range(6, 10):
        await site.offered(f"car-{n}")
    case_id, _ = await site.asked("car-10", LOW)
    await hand.answer(case_id, "no")
    case_id, _ = await site.asked("car-11")
    async with hand.database.transaction() as tx:
        await journeys.withdraw(tx, case_id, "The owner said stop.", "not wanted")
    await hand.work()
    await breakdown(site, "car-12")


async def proven_cars(site: Site, turnable: clock.Turnable) -> None:
    hand = site.hand
    done = []
    for n in range(20, 26):
        await site.car(f"car-{n}")
        case_id = await hand.opened(f"car-{n}", "vehicle.repair", MISFIRE)
        await hand.answer(case_id, "slot1")
        await hand.finish(await hand.accept(case_id), "Coil fitted, 40 minutes.")
        done.append(f"car-{n}")
    turnable.turn(timedelta(hours=1))
    for name in done:
        start = clock.now() - 30 * MINUTE
        await hand.say(name, "speed", [50] * 15, start=start, codes=())


async def breakdown(site: Site, name: str) -> None:
    """A car by the road, its tow truck under way."""
    hand = site.hand
    await site.car(name)
    coolant, start = "engine_coolant_temperature", clock.now() - MINUTE
    await hand.say(name, coolant, [101, 112, 118, 119, 121], start=start, every=MINUTE / 4)
    case = await hand.case_of(name)
    truck = await hand.accept(case.id)
    async with hand.database.transaction() as tx:
        arrival = clock.now() + 20 * MINUTE
        await fulfilment.under_way(tx, truck.id, truck.offer.provider, arrival)
    await hand.work()


async def late_proof(site: Site, name: str) -> None:
    """A repair that its car has not proven yet."""
    hand = site.hand
    case_id, _ = await site.asked(name)
    await hand.answer(case_id, "slot0")
    await hand.finish(await hand.accept(case_id), "Coil fitted.")


async def hostile(site: Site) -> None:
    """A machine that calls itself what it is not, and an answer of the same kind."""
    hand = site.hand
    await hand.machine("evil-1", "car", attributes={"note": EVIL})
    await hand.say("evil-1", EVIL, [1.0, 2.0], start=clock.now() - MINUTE, codes=(EVIL,))
    case_id, _ = await site.offered("car-30")
    await hand.finish(await hand.accept(case_id), EVIL)


async def seed(site: Site) -> None:
    """Fill the desk; what was done last was done just now."""
    await _at(site, timedelta(days=5) - 41 * MINUTE, late_proof, "car-31")
    turnable = clock.Turnable()
    turnable.turn(-timedelta(hours=5))
    with clock.reading(turnable):
        await press(site, "press-1", turnable, proven=True)
        await proven_cars(site, turnable)
    turnable = clock.Turnable()
    turnable.turn(-timedelta(hours=2, minutes=4))
    with clock.reading(turnable):
        await press(site, "press-2", turnable, proven=False)
    await hostile(site)
    await cars(site)
    async with site.hand.database.transaction() as tx:
        await parties.add_key(tx, "car-1", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        await signals.beat(tx, ids.new())


async def _at(
    site: Site, before: timedelta, act: Callable[[Site, str], Awaitable[None]], name: str
) -> None:
    turnable = clock.Turnable()
    turnable.turn(-before)
    with clock.reading(turnable):
        await act(site, name)
