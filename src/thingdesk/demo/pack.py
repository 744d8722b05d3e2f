"""The services of the ready packs in versions for a minute: minutes of proof become seconds."""

from dataclasses import replace
from datetime import timedelta

from thingdesk.packs import equipment, vehicle
from thingdesk.packs.equipment import Inspected, Temperature
from thingdesk.packs.vehicle import Helped, Repaired, VehicleFault
from thingdesk.sdk import Journey, Threshold

_VERSION = "demo"
_HOLD = timedelta(seconds=5)
_SAMPLES = 4
_ANSWER_WITHIN = timedelta(seconds=6)


async def _repair(journey: Journey, fault: VehicleFault) -> Repaired:
    return await vehicle.mend(journey, fault, samples=_SAMPLES, hold=_HOLD)


async def _breakdown(journey: Journey, fault: VehicleFault) -> Helped:
    return await vehicle.rescue(
        journey, fault, answer_within=_ANSWER_WITHIN, samples=_SAMPLES, hold=_HOLD
    )


async def _inspect(journey: Journey, fault: Temperature) -> Inspected:
    return await equipment.look_after(journey, fault, answer_within=_ANSWER_WITHIN, hold=_HOLD)


SERVICES = (
    replace(vehicle.repair, version=_VERSION, function=_repair),
    replace(vehicle.breakdown, version=_VERSION, function=_breakdown),
    replace(equipment.inspect, version=_VERSION, function=_inspect),
)
RULES = tuple(
    replace(rule, hold=timedelta(seconds=3), replaces=True)
    for rule in vehicle.RULES
    if isinstance(rule, Threshold)
)
"""An engine is too hot after three seconds; all other rules are those of the packs."""
