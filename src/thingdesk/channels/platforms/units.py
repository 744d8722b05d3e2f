"""Units that platforms say numbers in, and the way from one to another. Pure."""

from collections.abc import Mapping

# unit: what it measures, and its number in the first unit of that: factor and offset
_UNITS: Mapping[str, tuple[str, float, float]] = {
    "°C": ("temperature", 1, 0),
    "°F": ("temperature", 5 / 9, -160 / 9),
    "K": ("temperature", 1, -273.15),
    "Pa": ("pressure", 1, 0),
    "hPa": ("pressure", 100, 0),
    "mbar": ("pressure", 100, 0),
    "kPa": ("pressure", 1e3, 0),
    "bar": ("pressure", 1e5, 0),
    "psi": ("pressure", 6894.757293168, 0),
    "W": ("power", 1, 0),
    "kW": ("power", 1e3, 0),
    "MW": ("power", 1e6, 0),
    "Wh": ("energy", 1, 0),
    "kWh": ("energy", 1e3, 0),
    "MWh": ("energy", 1e6, 0),
    "J": ("energy", 1 / 3600, 0),
    "mV": ("voltage", 1e-3, 0),
    "V": ("voltage", 1, 0),
    "kV": ("voltage", 1e3, 0),
    "mA": ("current", 1e-3, 0),
    "A": ("current", 1, 0),
    "mm": ("length", 1e-3, 0),
    "cm": ("length", 1e-2, 0),
    "m": ("length", 1, 0),
    "km": ("length", 1e3, 0),
    "in": ("length", 0.0254, 0),
    "ft": ("length", 0.3048, 0),
    "mi": ("length", 1609.344, 0),
    "m/s": ("speed", 1, 0),
    "km/h": ("speed", 1 / 3.6, 0),
    "mph": ("speed", 0.44704, 0),
    "L": ("volume", 1, 0),
    "mL": ("volume", 1e-3, 0),
    "m³": ("volume", 1e3, 0),
    "gal": ("volume", 3.785411784, 0),
    "ms": ("time", 1e-3, 0),
    "s": ("time", 1, 0),
    "min": ("time", 60, 0),
    "h": ("time", 3600, 0),
    "d": ("time", 86400, 0),
    "%": ("share", 1e-2, 0),
    "1": ("share", 1, 0),
    "Hz": ("frequency", 1, 0),
    "kHz": ("frequency", 1e3, 0),
    "rpm": ("frequency", 1 / 60, 0),
}
NAMES = tuple(_UNITS)


def known(unit: str) -> bool:
    return unit in _UNITS


def same_kind(one: str, other: str) -> bool:
    """Whether both are units of one thing, so that there is a way between them."""
    return known(one) and known(other) and _UNITS[one][0] == _UNITS[other][0]


def convert(number: float, unit: str, into: str) -> float | None:
    """The number in the other unit; None where there is no way."""
    if unit == into:
        return number
    if not same_kind(unit, into):
        return None
    _, factor, offset = _UNITS[unit]
    _, other_factor, other_offset = _UNITS[into]
    # what a float adds at its end would be taken for a measurement
    return float(f"{(number * factor + offset - other_offset) / other_factor:.12g}")
