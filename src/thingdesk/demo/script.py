"""The demo's plan. Everything that makes service hard happens once."""

from thingdesk.demo.plan import Fault, Machine, Owner, Plan, Provider

_SKILLS = ("engine", "cooling", "electrical", "high_voltage", "diagnostics", "brakes")
_REPAIR = "vehicle.repair"


def _coded(at: float, code: str, words: str, **more: str) -> Fault:
    return Fault(at, "code", f"{words} ({code})", code, **more)


_MISFIRE = "the engine misfires"
_CARS = (
    Machine("car-01", "car", 1, (1, 2), _coded(2, "P0301", _MISFIRE)),
    Machine("car-02", "car", 2, (3, -4), _coded(4, "P0302", _MISFIRE)),
    Machine("car-03", "car", 3, (-2, 1), _coded(6, "P0420", "the catalyst is weak")),
    Machine("car-04", "car", 4, (-5, -3), _coded(3, "P0562", "the voltage is low")),
    Machine("car-05", "car", 5, (6, 5), Fault(5, "hot", "overheats on the road", "P0217")),
    Machine("car-06", "car", 6, (7, 4), _coded(7, "P0A80", "the drive battery fails on the road")),
    Machine("car-07", "car", 7, (0, -6), _coded(8, "P0171", "lean mixture; no mandate, a yes")),
    Machine(
        "car-08",
        "car",
        8,
        (2, 7),
        _coded(2, "P0304", "misfires; no mandate, a no", outcome="refused"),
    ),
    Machine(
        "car-09",
        "car",
        9,
        (4, 1),
        _coded(5, "P0303", "misfires, and it is reported ten times"),
        reports=tuple((5 + n * 0.3, None, _REPAIR, {"code": "P0303"}, None) for n in range(5)),
    ),
    Machine(
        "car-10",
        "car",
        10,
        (-3, -1),
        _coded(5, "P0306", "misfires where there is no network"),
        network=((3, "off"), (13, "on")),
    ),
    Machine(
        "car-11",
        "car",
        11,
        (-1, 4),
        Fault(6, "told", "reports P0305, and its receipt is lost", "P0305"),
        network=((5.5, "deaf"), (8, "off"), (8.5, "on")),
    ),
    Machine("car-12", "car", 12, (5, -2)),
)
_COLD = "was offline, and has been cold for 13 hours"
_PRESSES = (
    Machine("press-1", "press", None, (8, 8), Fault(3, "cold", _COLD)),
    Machine("press-2", "press", None, (-8, -8), Fault(5, "cold", _COLD)),
    Machine("press-3", "press", None, (-7, -8)),
)
_METERS = tuple(
    Machine(
        f"meter-{number}",
        "meter",
        number,
        (number, -number),
        reports=(
            ((9, "bad-reading", "meter.reading", {"register": "1.8.0", "kwh": 1}, None),)
            if number == 4  # noqa: PLR2004 - the last of four
            else ()
        ),
    )
    for number in range(1, 5)
)
_ASSISTANTS = (
    Machine(
        "assistant-1",
        "assistant",
        9,
        reports=tuple(
            (5.1 + n * 0.3, None, _REPAIR, {"code": "P0303"}, "car-09") for n in range(5)
        ),
    ),
    Machine(
        "assistant-2",
        "assistant",
        3,
        reports=(
            (4, "bad-code", _REPAIR, {"code": "P03"}, "car-03"),
            (6, "bad-subject", _REPAIR, {"code": "P0301"}, "car-01"),
        ),
        over_http=True,
    ),
)
_OWNERS = (
    *(Owner(number) for number in (1, 2, 3, 5, 6, 9, 10, 11, 12)),
    Owner(4, "asks before booking"),
    Owner(7, "none"),
    Owner(8, "none", "no"),
)
_PROVIDERS = (
    Provider("Centre North", "repair_centre", (4, 0), _SKILLS),
    Provider("Centre South", "repair_centre", (-4, 0), _SKILLS),
    Provider("Tow East", "tow_truck", (6, 6), manner="decline"),
    Provider("Tow West", "tow_truck", (0, -9)),
    Provider("Works North", "technician", (8, 7), ("machinery",), manner="silent"),
    Provider("Works South", "technician", (-8, -7), ("machinery",)),
)

PLAN = Plan(
    groups={
        "cars-1": _CARS[:3],
        "cars-2": _CARS[3:6],
        "cars-3": _CARS[6:9],
        "cars-4": _CARS[9:],
        "presses": _PRESSES,
        "meters": _METERS,
        "assistant-1": _ASSISTANTS[:1],
        "assistant-2": _ASSISTANTS[1:],
    },
    owners=_OWNERS,
    providers=_PROVIDERS,
    refused=frozenset({"bad-code", "bad-subject", "bad-reading"}),
)
