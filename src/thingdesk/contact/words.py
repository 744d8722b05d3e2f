"""What a machine and its owner are told of a hold, each in words to them. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from thingdesk.contact.model import Hold, Place, State
from thingdesk.platform import formats

_MINUTE = timedelta(minutes=1)


def wait_words(wait: timedelta | None) -> str:
    """`a person is expected in about 12 minutes`; one minute at least where it is not at once."""
    if wait is None:
        return "how long it takes is not known yet"
    if not wait:
        return "a person is free now"
    minutes = max(1, round(wait / _MINUTE))
    return f"a person is expected in about {minutes} {'minute' if minutes == 1 else 'minutes'}"


def place_words(
    hold: Hold, place: int, wait: timedelta | None, times: Sequence[datetime], zone: str
) -> str:
    """How an open hold stands; times are those of the owner's zone."""
    if hold.state is State.WAITING:
        return f"Number {place} in the queue: {wait_words(wait)}."
    if hold.state is State.READY and hold.comes_until:
        until = formats.time(hold.comes_until, zone)
        return f"A person is ready: hand over to your owner, until {until} ({zone})."
    if hold.state is State.TALKING:
        return "Your owner is talking to a person."
    if hold.state is State.BOOKED and hold.call_back_at:
        return f"A person calls back on {formats.local(hold.call_back_at, zone)}."
    propose = "book a call back, or ask again" if times else "ask again"
    return f"A person was ready, and your owner was not there: {propose}."


def owners_words(hold: Hold, place: Place, zone: str) -> str:
    """The same to the owner. How one has ended is told to both in the words of whoever ended it."""
    if hold.state is State.READY and hold.comes_until:
        until = formats.time(hold.comes_until, zone)
        return (
            f"A person is ready for you until {until} ({zone}). {hold.machine} hands over to you."
        )
    if hold.state is State.TALKING:
        return "You are talking to a person."
    if hold.state is State.BOOKED and hold.call_back_at:
        return f"A person calls you back on {formats.local(hold.call_back_at, zone)}."
    if hold.state is State.MISSED:
        propose = "book a call back for you, or ask again" if place.times else "ask again"
        return f"A person was ready, and you were not there: {hold.machine} can {propose}."
    return place.words
