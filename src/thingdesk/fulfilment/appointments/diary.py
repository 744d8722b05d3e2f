"""Booking one after the other. Pure."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from thingdesk.fulfilment.appointments.model import Appointment, Period


class Diary:
    """How many come to a provider at a time, while one after the other is written down."""

    def __init__(self, stored: Mapping[tuple[UUID, Period], int]) -> None:
        self._stored = stored
        self._new: Counter[tuple[UUID, Period]] = Counter()

    def at(self, wanted: Appointment) -> int:
        """How many meet the period of `wanted`."""
        provider, period = wanted.provider, wanted.period
        return self._stored[provider, period] + sum(
            number
            for (where, when), number in self._new.items()
            if where == provider and when.start < period.end and when.end > period.start
        )

    def write(self, booked: Appointment) -> None:
        self._new[booked.provider, booked.period] += 1
