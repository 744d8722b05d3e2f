"""Money: whole minor units of one currency. Pure."""

import re
from dataclasses import dataclass

_CURRENCY = re.compile(r"[A-Z]{3}")
_WRITTEN = re.compile(r"([0-9]{1,15})(?:[.,]([0-9]+))?")
_MOST = 10**15  # of minor units: sums of many still fit into a bigint
# ISO 4217: the currencies whose minor unit has not two digits
_NONE = {
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF",
}  # fmt: skip
_THREE = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
_DIGITS = dict.fromkeys(_NONE, 0) | dict.fromkeys(_THREE, 3)


class MixedCurrencies(TypeError):
    """Amounts of two currencies were added or compared; nothing here knows a rate."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of a currency by its ISO 4217 code.

    Raises ValueError for what is no currency code, no whole number, or beyond 10^15.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int or abs(self.minor) > _MOST:
            raise ValueError(f"{self.minor!r} is no whole number of minor units, such as cents")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"{self.currency!r} is no ISO 4217 code, such as EUR")

    @classmethod
    def read(cls, text: str, currency: str) -> "Money":
        """What a person writes for an amount of 0 or more: `150`, `150.5`, `1 500,00`. A point or
        comma stands before the smaller unit, and nowhere else. Raises ValueError.
        """
        digits = _DIGITS.get(currency, 2)
        found = _WRITTEN.fullmatch("".join(text.split()))
        if found is None or len(found[2] or "") > digits:
            raise ValueError(f"{text!r} is no amount of {currency}")
        return cls(int(found[1] + (found[2] or "").ljust(digits, "0")), currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._same(other)

    def __str__(self) -> str:
        """In words: `189.00 EUR`, `500 JPY`."""
        return f"{self.written} {self.currency}"

    @property
    def written(self) -> str:
        """The amount alone: `189.00`, `500`."""
        digits = _DIGITS.get(self.currency, 2)
        whole, rest = divmod(abs(self.minor), 10**digits)
        sign = "-" if self.minor < 0 else ""
        fraction = f".{rest:0{digits}}" if digits else ""
        return f"{sign}{whole}{fraction}"

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise MixedCurrencies(f"{self} and {other} are of two currencies")
        return other.minor
