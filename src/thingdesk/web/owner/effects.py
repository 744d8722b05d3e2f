"""What was done for an owner, in their words. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from thingdesk.decisions import payer_words
from thingdesk.fulfilment import (
    CommandState,
    Job,
    JobState,
    Reservation,
    ReservationState,
    SentCommand,
)
from thingdesk.journeys import Entry
from thingdesk.platform import formats
from thingdesk.platform.money import Money


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect as its owner is told of it. `standing` is how far it has come; `why` it was
    permitted; `runs` while it goes on without anybody's doing; `asked` while it waits for a yes.
    """

    words: str
    at: datetime
    standing: str
    why: str
    amount: Money | None
    payer: str
    runs: bool
    stays: bool
    asked: bool


_WHY = {"mandated": "by your mandate", "approved": "you said yes", "safety": "for your safety"}
_JOB = {
    JobState.OFFERED: "asked, no answer yet",
    JobState.ACCEPTED: "accepted",
    JobState.DECLINED: "declined",
    JobState.EXPIRED: "no answer in time",
    JobState.UNDER_WAY: "on the way",
    JobState.ARRIVED: "arrived",
    JobState.DONE: "done",
    JobState.CANCELLED: "taken back",
}
_PASSED_ON = {_JOB[JobState.DECLINED], _JOB[JobState.EXPIRED]}
"""What the provider did says more than that it is taken back for it."""
_JOB_RUNS = {JobState.OFFERED, JobState.ACCEPTED, JobState.UNDER_WAY, JobState.ARRIVED}
_STATES = {
    "undone": "taken back",
    "asked": "needs your yes",
    "denied": "not permitted",
    "failed": "could not be done",
}
_COMMAND = {
    CommandState.WAITING: "sent, no answer yet",
    CommandState.DONE: "done",
    CommandState.REFUSED: "the machine refused",
    CommandState.FAILED: "the machine could not",
    CommandState.EXPIRED: "it came too late, and the machine did not begin",
    CommandState.RECALLED: "taken back before the machine began",
    CommandState.UNDELIVERED: "the machine was never told",
    CommandState.UNANSWERED: "no answer in time: the machine may have done it",
}
_NEVER_BEGUN = "not begun"
_PART = {
    ReservationState.RESERVED: "set aside",
    ReservationState.USED: "built in",
    ReservationState.RELEASED: "back in stock",
}
Say = Callable[[Entry, str], str]
Standing = tuple[str, bool]
"""How far an effect has come, in words, and whether it goes on."""


def standings(
    jobs: Iterable[Job],
    commands: Iterable[SentCommand],
    parts: Iterable[Reservation],
    zone: str,
) -> dict[UUID, Standing]:
    """By the id of the effect; who is on the way is expected when they said last."""
    return {
        **{one.id: (_job(one, zone), one.state in _JOB_RUNS) for one in jobs},
        **{one.id: (_COMMAND[one.state], one.state is CommandState.WAITING) for one in commands},
        **{one.id: (_PART[one.state], one.state is ReservationState.RESERVED) for one in parts},
    }


def _job(one: Job, zone: str) -> str:
    if one.state is not JobState.UNDER_WAY or one.arrival is None:
        return _JOB[one.state]
    return f"{_JOB[one.state]}, expected {formats.moment(one.arrival, zone)}"


def effects(
    entries: Sequence[Entry],
    known: Mapping[UUID, Standing],
    zone: str,
    *,
    ended: bool = False,
    by: str | None = None,
) -> tuple[Effect, ...]:
    """The effects of a case, the oldest first. When it has `ended`, nothing waits for a yes. `by`
    is the machine under whose mandate it was asked for; None: the owner's standing mandate.
    """
    why = {**_WHY, "mandated": f"by what you let {by} do"} if by else _WHY
    return tuple(_effect(one, known.get(one.id, ("", False)), zone, ended, why) for one in entries)


def _effect(
    entry: Entry, known: Standing, zone: str, ended: bool, why: Mapping[str, str]
) -> Effect:
    say = _SAY.get(entry.name, _other(entry.name))
    stays, asked = entry.state == "done", entry.state == "asked" and not ended
    speaks = stays or (entry.state == "undone" and known[0] in _PASSED_ON)
    standing, runs = known if speaks else (_STATES.get(entry.state, ""), False)
    if entry.state == "asked" and ended:
        standing = _NEVER_BEGUN
    return Effect(
        say(entry, zone),
        entry.at,
        standing,
        why.get(entry.code, "") if stays else "",
        _amount(entry) if stays or asked else None,
        payer_words(entry.payer) if entry.payer else "",
        runs,
        stays,
        asked,
    )


def _amount(entry: Entry) -> Money | None:
    if not entry.minor or entry.currency is None:
        return None
    return Money(entry.minor, entry.currency)


def _part(entry: Entry, _: str) -> str:
    return f"{formats.sentence(entry.details['part'])} at {entry.details['name']}"


def _booked(entry: Entry, zone: str) -> str:
    details = entry.details
    when = formats.moment(datetime.fromisoformat(details["start"]), zone)
    return f"{formats.sentence(details['task'])} at {details['name']}, {when}"


def _sent(entry: Entry, _: str) -> str:
    return f"{formats.sentence(entry.details['task'])} by {entry.details['name']}"


def _told(entry: Entry, _: str) -> str:
    told = "The machine was told to" if entry.state in ("done", "undone") else "Tell the machine to"
    return f"{told} {formats.plain(entry.details['command'])}"


def _other(name: str) -> Say:
    return lambda entry, _: " ".join(
        part for part in (formats.sentence(name), entry.details.get("name")) if part
    )


_SAY: Mapping[str, Say] = {
    "reserve_part": _part,
    "book": _booked,
    "dispatch": _sent,
    "command": _told,
}
