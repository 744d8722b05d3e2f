"""What breaks after the plan's end: something now and then, as long as the demo goes on. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from thingdesk.demo.plan import Fault, Machine
from thingdesk.demo.tally import Story, Tally

EVERY = timedelta(seconds=12)
MOST_AT_ONCE = 3
CODES = ("P0307", "P0113", "P0563", "C0035", "P0308", "P0174", "P0442", "P0310", "P0129", "P0506")


@dataclass
class Later:
    """Breaks one car after another, with another code each time, and never more of them at once
    than are soon mended. One that was not proven well does not break again.
    """

    cars: tuple[Machine, ...]
    _last: datetime | None = None
    _broken: Counter[str] = field(default_factory=Counter)

    def due(self, now: Tally) -> tuple[Machine, Fault] | None:
        """What breaks now."""
        if self._last is not None and now.at - self._last < EVERY:
            return None
        last = {story.machine: story for story in now.stories if story.fault is not None}
        open_ = sum(story.ended is None for story in last.values())
        well = [car for car in self.cars if self._is_well(car, last.get(car.id))]
        if open_ >= MOST_AT_ONCE or not well:
            return None
        car = min(well, key=lambda one: self._broken[one.id])
        self._broken[car.id] += 1
        self._last = now.at
        code = CODES[(self.cars.index(car) + self._broken[car.id]) % len(CODES)]
        return car, Fault(0, "code", f"breaks again ({code})", code)

    def _is_well(self, car: Machine, last: Story | None) -> bool:
        """What was wrong with it last is mended, and it has proven that."""
        expected = self._broken[car.id] + (car.fault is not None)
        if last is None:
            return expected == 0
        return last.number + 1 == expected and last.outcome == "verified"
