"""Entries of a case's timeline, as machines and agents are told of them. Pure."""

from collections.abc import Mapping

from thingdesk.decisions import To
from thingdesk.dialogue.model import Told
from thingdesk.platform import formats
from thingdesk.timeline import Entry

# what of an entry leaves: neither who of the staff did it, nor what is another party's
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "case.opened": ("subject", "service", "origin"),
    "case.joined": ("number",),
    "case.reopened": ("outcome_before",),
    "case.ended": ("outcome", "data"),
    "promise.kept": ("promise", "due"),
    "promise.broken": ("promise", "due"),
    "promise.paused": ("reason",),
    "promise.resumed": ("reason",),
    "verification.begun": ("since", "criterion"),
    "verification.proven": ("progress",),
    "verification.not_proven": ("progress",),
    "decision.asked": ("decision", "words", "options", "deadline"),
    "decision.answered": ("decision", "option"),
    "decision.expired": ("decision", "option"),
    "decision.spared": ("decision", "option"),
    "decision.withdrawn": ("decision", "reason"),
    "appointment.booked": ("appointment", "start", "end"),
    "appointment.cancelled": ("appointment", "start"),
    "job.offered": ("job", "task"),
    "job.accepted": ("job",),
    "job.declined": ("job",),
    "job.expired": ("job",),
    "job.under_way": ("job", "arrival"),
    "job.arrived": ("job",),
    "job.done": ("job",),
    "job.cancelled": ("job",),
    "command.sent": ("command", "machine", "name", "expires"),
    "command.settled": ("command", "machine", "status"),
    "command.unanswered": ("command", "machine"),
    "command.recalled": ("command", "machine", "reason"),
    "hold.asked": ("hold", "machine"),
    "hold.taken": ("hold",),
    "hold.handed_over": ("hold",),
    "hold.missed": ("hold", "front"),
    "hold.booked": ("hold", "at"),
    "hold.ended": ("hold",),
    "hold.withdrawn": ("hold",),
    "effect.asked": ("name", "code", "reason"),
    "effect.denied": ("name", "code", "reason"),
    "effect.done": ("name",),
    "effect.failed": ("name", "reason"),
    "effect.undone": ("name",),
}
# said to the owner, so that their machines may say it, too
_IN_WORDS = ("case.ended", "decision.asked")
KINDS = frozenset(_SHOWN)
"""The kinds of entries that are told."""


def page_of(pages: str, question: object) -> str:
    """Where an owner answers a question, and says who they are."""
    return f"{pages}/question/{question}"


def tell(entry: Entry, pages: str) -> Told:
    """What of it is the caller's to know; of one whose value was erased, that it happened. `pages`
    is where owners answer.
    """
    value = entry.value or {}
    data = {name: value[name] for name in _SHOWN[entry.kind] if value.get(name) is not None}
    if entry.kind == "decision.asked" and value.get("to") == To.OWNER:
        data["page"] = page_of(pages, value["decision"])
    words = value.get("words") if entry.kind in _IN_WORDS else None
    return Told(entry.seq, entry.at, entry.kind, words or formats.sentence(entry.kind), data)
