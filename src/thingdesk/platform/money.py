"""Money: whole minor units of one currency. Pure."""

import re
from dataclasses import dataclass

_CURRENCY = re.compile(r"[A-Z]{3}")
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
            raise ValueError(f"{self.minor!r} is no amount in whole minor units")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError(f"{self.currency!r} is no ISO 4217 code, such as EUR")

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
        digits = _DIGITS.get(self.currency, 2)
        whole, rest = divmod(abs(self.minor), 10**digits)
        sign = "-" if self.minor < 0 else ""
        fraction = f".{rest:0{digits}}" if digits else ""
        return f"{sign}{whole}{fraction} {self.currency}"

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise MixedCurrencies(f"{self} and {other} are of two currencies")
        return other.minor
