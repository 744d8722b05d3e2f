from typing import Any

from thingdesk.platform.cloudevents import Envelope
from thingdesk.platform.errors import FieldError, Refused, refuse
from thingdesk.signals.codes import one_form
from thingdesk.signals.model import Signal

_MOST_VALUES = 256
_MOST_CODES = 64
_LONGEST_NAME = 64
_LONGEST_CODE = 32
_FIELDS = {"values", "codes", "position"}
_BIGGEST = 1e15


def read_signal(machine: str, event: Envelope) -> Signal:
    """The signal in an event of type `thingdesk.signal`; raises Refused, field by field."""
    data = event.data
    if not data or set(data) - _FIELDS:
        raise _bad("data", "has none or other fields", "send values, codes or position")
    values = _values(data.get("values", {}))
    codes = _codes(data["codes"]) if "codes" in data else None
    lat, lon = _position(data["position"]) if "position" in data else (None, None)
    return Signal(machine, event.id, bytes.fromhex(event.hash), event.time, values, codes, lat, lon)


def _values(given: object) -> dict[str, float]:
    if not isinstance(given, dict) or len(given) > _MOST_VALUES:
        raise _bad("data.values", "is no object of at most 256 numbers", "send metric: number")
    for name, value in given.items():
        if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()):
            mend = "name it with 1 to 64 printable characters"
            raise _bad("data.values", "has a metric with an unfit name", mend)
        if not _is_number(value):
            problem = "is no number between -1e15 and 1e15"
            raise _bad(f"data.values.{name}", problem, "send such a number, or leave it out")
    return given


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < _BIGGEST


def _codes(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) > _MOST_CODES:
        raise _bad("data.codes", "is no list of at most 64 codes", 'send a list such as ["P0301"]')
    for code in given:
        if not (isinstance(code, str) and 0 < len(code) <= _LONGEST_CODE and code.isprintable()):
            mend = "send codes of 1 to 32 printable characters"
            raise _bad("data.codes", "has a code that is unfit", mend)
    return tuple(dict.fromkeys(one_form(code) for code in given))


def _position(given: Any) -> tuple[float, float]:
    mend = 'send degrees, such as {"lat": -5.83, "lon": -35.20}'
    if not isinstance(given, dict) or set(given) != {"lat", "lon"}:
        raise _bad("data.position", "has no lat and lon alone", mend)
    lat, lon = given["lat"], given["lon"]
    if not (_is_number(lat) and _is_number(lon) and abs(lat) <= 90 and abs(lon) <= 180):  # noqa: PLR2004 - degrees
        raise _bad("data.position", "is no place on Earth", mend)
    return float(lat), float(lon)


def _bad(path: str, problem: str, mend: str) -> Refused:
    return refuse("bad_signal", f"{path} {problem}", fields=(FieldError(path, problem, mend),))
