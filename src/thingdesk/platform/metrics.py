"""What this process counts, as plain values: who watches reads them, see `export`.

    REPORTS = metrics.Counter("thingdesk.reports", "Reports that were answered.", "outcome")
    REPORTS.add(len(group), "taken")

A metric is declared once, where the fact happens, and has at most one label, with few values: the
kind of a message, the code of a refusal, never an id. A counter is a number in a dictionary, so
that counting costs nothing worth measuring on the hot path; `Transaction.count` counts when the
transaction has committed. One event loop counts; other threads only read.
"""

from collections.abc import Callable, Mapping
from typing import ClassVar

Record = Callable[[float, str], None]


class Metric:
    """A name, what it says, and the label that tells its values apart, if it has one."""

    kind: ClassVar[str]
    of_desk = False
    declared: ClassVar[dict[str, "Metric"]] = {}

    def __init__(self, name: str, words: str, label: str = "", *, unit: str = "") -> None:
        if name in self.declared:
            raise ValueError(f"the metric {name} is declared twice")
        self.name, self.words, self.label, self.unit = name, words, label, unit
        self.declared[name] = self


class Counter(Metric):
    """Only grows, from zero at the start of the process."""

    kind = "counter"

    def __init__(self, name: str, words: str, label: str = "") -> None:
        super().__init__(name, words, label)
        self.totals: dict[str, int] = {} if label else {"": 0}

    def add(self, number: int = 1, value: str = "") -> None:
        self.totals[value] = self.totals.get(value, 0) + number


class Gauge(Metric):
    """What holds now: as it was last set, or as `read` says whenever somebody looks. One that is
    `of_desk` is the same in every process.
    """

    kind = "gauge"

    def __init__(
        self,
        name: str,
        words: str,
        label: str = "",
        *,
        unit: str = "",
        of_desk: bool = False,
        read: Callable[[], Mapping[str, float]] | None = None,
    ) -> None:
        super().__init__(name, words, label, unit=unit)
        self.of_desk = of_desk
        self.read = read or self._last
        self._values: Mapping[str, float] = {}

    def set(self, values: Mapping[str, float] | float) -> None:
        """All values at once: one that is not named any more is gone."""
        self._values = {"": values} if isinstance(values, int | float) else values

    def _last(self) -> Mapping[str, float]:
        return self._values


class Histogram(Metric):
    """How often a value lay below each of `bounds`."""

    kind = "histogram"

    def __init__(
        self, name: str, words: str, label: str = "", *, unit: str = "", bounds: tuple[float, ...]
    ) -> None:
        super().__init__(name, words, label, unit=unit)
        self.bounds = bounds
        self.recorders: list[Record] = []

    def record(self, number: float, value: str = "") -> None:
        for one in self.recorders:
            one(number, value)


SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Bounds for what should be quick."""
