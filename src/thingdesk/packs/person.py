"""A person, wherever a machine cannot help: it waits for one without a connection, and hands over
to its owner.
"""

from datetime import datetime
from uuid import UUID

from thingdesk.sdk import Data, Field, FieldError, Instant, Outcome, Place, Promise, refuse, service

_AT_ONCE = Promise(receipt="1s", decision="1s", resolution="1s")
_HOLD = "The id that person.ask gave."


class PersonWanted(Data):
    """What a person is wanted for, and how the owner is reached once one is ready."""

    about: str = Field(
        min_length=1, max_length=500, description="What it is about, in a sentence or two."
    )
    reach: str = Field(
        min_length=1,
        max_length=500,
        description="The owner's telephone number with its country code (+49 30 1234567), or an"
        " https address at which they can be met.",
    )
    language: str = Field(
        default="en",
        max_length=35,
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        description="The owner's language, as in BCP 47: de, pt-BR.",
    )
    case: UUID | None = Field(default=None, description="The owner's case that it is about.")


class HoldNamed(Data):
    """A place in the queue."""

    hold: UUID = Field(description=_HOLD)


class CallBackWanted(Data):
    """A time at which staff call the owner."""

    hold: UUID = Field(description=_HOLD)
    at: datetime = Field(description="One of call_back_times, with a zone.")


class OnHold(Outcome):
    """How it stands. `place` and `wait_seconds` while it waits, `wait_seconds` null where that is
    not known yet; `until` is when whoever is ready waits no longer.
    """

    hold: UUID
    state: str
    place: int | None
    wait_seconds: int | None
    until: datetime | None
    call_back: datetime | None
    call_back_times: tuple[datetime, ...]


def _said(place: Place) -> OnHold:
    return OnHold(
        words=place.words,
        hold=place.hold,
        state=place.state,
        place=place.place,
        wait_seconds=None if place.wait is None else int(place.wait.total_seconds()),
        until=place.until,
        call_back=place.call_back,
        call_back_times=place.times,
    )


@service(
    "person.ask",
    title="Ask for a person",
    promise=_AT_ONCE,
    instant=True,
    responsible="contact",
    machines_expect="A place in the queue that is kept without a connection, and word when a person"
    " is ready.",
    owners_expect="To reach a person without waiting on the line.",
)
async def ask(instant: Instant, given: PersonWanted) -> OnHold:
    """Hold a place in the queue for a person, on the owner's behalf. Nothing has to stay connected:
    a notice `hold.ready` says when a person is ready, `hold.moved` when the place has changed.
    Asked again in the same matter, it is the same place.
    """
    place = await instant.ask_for_person(
        given.about, reach=given.reach, language=given.language, case=given.case
    )
    return _said(place)


@service(
    "person.hold",
    title="See how long a person takes",
    promise=_AT_ONCE,
    instant=True,
    responsible="contact",
    machines_expect="Place, expected wait, and the times that are free for a call back.",
)
async def hold(instant: Instant, given: HoldNamed) -> OnHold:
    """Place, expected wait, and the times that are free for a call back."""
    return _said(await instant.hold(given.hold))


@service(
    "person.here",
    title="Hand over to the owner",
    promise=_AT_ONCE,
    instant=True,
    responsible="contact",
    machines_expect="To be believed: the person who is ready turns to the owner.",
    owners_expect="Somebody who knows already what it is about.",
)
async def here(instant: Instant, given: HoldNamed) -> OnHold:
    """Say that the owner is there, once a person is ready (`hold.ready`)."""
    return _said(await instant.owner_is_here(given.hold))


@service(
    "person.call_back",
    title="Book a call back",
    promise=_AT_ONCE,
    instant=True,
    responsible="contact",
    machines_expect="A time that nobody else was promised.",
    owners_expect="To be called at the time that was said.",
)
async def call_back(instant: Instant, given: CallBackWanted) -> OnHold:
    """Let staff call the owner at one of `call_back_times`, in place of waiting. Another time takes
    the place of one that was booked.
    """
    if given.at.tzinfo is None:
        field = FieldError("data.input.at", "has no zone", "send it as it is in call_back_times")
        raise refuse("call_back_not_free", "this time is not free for a call back", fields=(field,))
    return _said(await instant.call_back(given.hold, given.at))


@service(
    "person.leave",
    title="Want a person no longer",
    promise=_AT_ONCE,
    instant=True,
    responsible="contact",
    machines_expect="That nobody is called in vain.",
)
async def leave(instant: Instant, given: HoldNamed) -> OnHold:
    """Give up the place in the queue, or the call back."""
    return _said(await instant.leave(given.hold))


SERVICES = (ask, hold, here, call_back, leave)
RULES = ()
