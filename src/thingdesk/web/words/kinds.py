"""The words of each kind of event. What an event says may come from a machine: it is put into the
sentence as it is, and escaped where the sentence is shown.
"""

from collections.abc import Mapping

from thingdesk.platform import formats
from thingdesk.platform.money import Money
from thingdesk.web.words.access import ACCESS
from thingdesk.web.words.holds import HOLDS
from thingdesk.web.words.tone import Named, Say, Tone, Value, moment
from thingdesk.web.words.who import WHO, questions


def _granted(value: Value) -> str:
    how = "passed on" if value.get("parent") else "given"
    to = f"{how} to {value['to']}" if value.get("to") else "granted"
    return f"A mandate was {to}, version {value['version']}"


def _whose(value: Value) -> str:
    return f"What {value['to']} was given" if value.get("to") else "The mandate"


def _money(v: Value, amount: str = "minor") -> str:
    return str(Money(v[amount], v["currency"])) if v[amount] is not None else "nothing"


def _due(v: Value) -> str:
    return f" for {_money(v, 'amount')}" if v["amount"] is not None else ""


def _share(v: Value) -> str:
    return f"{v['confidence'] * 100:.0f} % sure"


def _about(v: Value) -> str:
    return f" ({v['about']})" if v["about"] else ""


def _opened(v: Value, names: Named) -> str:
    itself = v["reporter"] == v["subject"]
    reported = "reported by itself" if itself else f"reported by {v['reporter']}"
    how = "found in its own signals" if v["origin"] == "finding" else reported
    return f"A case opened: {names.title(v['service'])}, {how}"


def _joined(v: Value, _: Named) -> str:
    again = f"{v['reporter']} said it again"
    return "It was found in its signals again" if v["origin"] == "finding" else again


def _ended(v: Value, _: Named) -> str:
    return f"Ended {v['outcome']}: {v['words']}"


def _intended(v: Value, _: Named) -> str:
    cost = f", {_money(v)} paid by the {v['payer']}" if v["minor"] is not None else ""
    return f"{formats.sentence(v['name'])} is permitted{cost}: {v['reason']}"


def _error(v: Value) -> str:
    return f"{v['error']} ({v['where']})" if v["where"] else str(v["error"])


def _considered(v: Value, _: Named) -> str:
    found = v["found"]
    said = found if isinstance(found, Mapping) else {}
    name = said.get("name") or ("; ".join(said.get("why", ())) if said.get("none") else None)
    return f"Looked for {formats.plain(v['what'])}" + (f": {name}" if name else "")


def _begun(v: Value, _: Named) -> str:
    wanted = v["criterion"]
    what = formats.plain(wanted["metric"]) if wanted["metric"] else ", ".join(wanted["codes"])
    return f"The work is done; the machine is to prove it itself ({what})"


def _proven(v: Value, _: Named) -> str:
    return f"Recovery is proven by {v['progress']['samples']} of the machine's own signals"


def _told(v: Value, names: Named) -> str:
    who = v["to"] if v["to_kind"] == "machine" else names(v["to"])
    return f"Told the {v['to_kind']} {who}: {v['words'].splitlines()[0] if v['words'] else ''}"


def _answered(v: Value, names: Named) -> str:
    kind, _, one = str(v["by"]).partition(":")
    words = v.get("words") or v["option"]
    return f"{names(one)} ({kind}) answered: {words}"


def _spared(v: Value, _: Named) -> str:
    return f"Not asked, to spare the owner: {v['words']} Taken: {v['option']}"


def _part(what: str) -> Say:
    return lambda v, names: (
        f"{v['quantity']} {formats.plain(v['part'])} {what} at {names(v['provider'])}"
    )


KINDS: dict[str, tuple[Tone, Say]] = {
    "case.opened": (Tone.OPEN, _opened),
    "case.joined": (Tone.STILL, _joined),
    "case.on_its_own": (
        Tone.STILL,
        lambda _, __: "The machine asked for it itself: from now on the standing mandate counts",
    ),
    "case.reopened": (
        Tone.OPEN,
        lambda v, _: f"It came back after it had ended {v['outcome_before']}: reopened",
    ),
    "case.ended": (Tone.STILL, _ended),
    "verification.begun": (Tone.VERIFYING, _begun),
    "verification.proven": (Tone.WELL, _proven),
    "verification.not_proven": (
        Tone.WRONG,
        lambda _, __: "The machine's own signals did not prove recovery in time",
    ),
    "promise.kept": (Tone.WELL, lambda v, _: f"The promise of {v['promise']} is kept"),
    "owner.wrote": (Tone.OPEN, lambda v, _: f"The owner writes: {v['words']}"),
    "promise.broken": (Tone.WRONG, lambda v, _: f"The promise of {v['promise']} is broken"),
    "promise.paused": (Tone.STILL, lambda v, _: f"The clocks stand still: {v['reason']}"),
    "promise.resumed": (Tone.STILL, lambda v, _: f"The clocks run again: {v['reason']}"),
    "journey.started": (
        Tone.STILL,
        lambda v, names: f"The journey began: {names.title(v['service'])}, version {v['version']}",
    ),
    "journey.failed": (Tone.WRONG, lambda v, _: f"The journey failed: {_error(v)}"),
    "journey.stuck": (Tone.WRONG, lambda v, _: f"The journey is stuck: {_error(v)}"),
    "journey.retried": (Tone.OPEN, lambda v, _: f"{v['by']} had the journey tried again"),
    "journey.went_on": (Tone.WELL, lambda _, __: "The journey goes on"),
    "journey.considered": (Tone.STILL, _considered),
    "effect.intended": (Tone.STILL, _intended),
    "effect.done": (Tone.WELL, lambda v, _: f"{formats.sentence(v['name'])}: done"),
    "effect.failed": (
        Tone.WRONG,
        lambda v, _: f"{formats.sentence(v['name'])} could not be done: {v['reason']}",
    ),
    "effect.asked": (
        Tone.OPEN,
        lambda v, _: f"{formats.sentence(v['name'])} needs the owner's approval: {v['reason']}",
    ),
    "effect.denied": (
        Tone.WRONG,
        lambda v, _: f"{formats.sentence(v['name'])} is not permitted: {v['reason']}",
    ),
    "effect.undone": (Tone.STILL, lambda v, _: f"{formats.sentence(v['name'])} was taken back"),
    "decision.asked": (Tone.OPEN, lambda v, _: f"Asked {v['to']}: {v['words']}"),
    "decision.answered": (Tone.WELL, _answered),
    "decision.expired": (
        Tone.STILL,
        lambda v, _: f"No answer in time; taken: {v['option'] or 'nothing'}",
    ),
    "decision.spared": (Tone.STILL, _spared),
    "decision.withdrawn": (Tone.STILL, lambda _, __: "The question needs no answer any more"),
    "attention.chosen": (
        Tone.STILL,
        lambda v, _: (
            "The owner wants the usual number of questions"
            if v["questions"] is None
            else f"The owner wants to be spared after {questions(v)} in a week"
        ),
    ),
    "job.offered": (
        Tone.OPEN,
        lambda v, names: (
            f"{names(v['provider'])} is offered a job: {formats.plain(v['task'])}{_due(v)}"
        ),
    ),
    "job.accepted": (Tone.WELL, lambda v, names: f"{names(v['provider'])} accepted"),
    "job.declined": (
        Tone.WRONG,
        lambda v, names: f"{names(v['provider'])} declined: {v['reason'] or 'no reason given'}",
    ),
    "job.expired": (Tone.WRONG, lambda v, names: f"{names(v['provider'])} did not answer in time"),
    "job.under_way": (
        Tone.VERIFYING,
        lambda v, names: f"{names(v['provider'])} is on the way, there at {moment(v['arrival'])}",
    ),
    "job.arrived": (Tone.WELL, lambda v, names: f"{names(v['provider'])} has arrived"),
    "job.done": (
        Tone.WELL,
        lambda v, names: f"{names(v['provider'])} says that it is done: {v['words']}",
    ),
    "job.cancelled": (
        Tone.STILL,
        lambda v, names: f"The job was taken back from {names(v['provider'])}: {v['reason']}",
    ),
    "job.delivery_given_up": (
        Tone.WRONG,
        lambda v, _: f"The provider's own system could not be told: {v['reason']}",
    ),
    "command.sent": (
        Tone.STILL,
        lambda v, _: f"Commanded {v['machine']}: {formats.plain(v['name'])}",
    ),
    "command.settled": (
        Tone.STILL,
        lambda v, _: f"{v['machine']} answered{' late' if v['late'] else ''}: {v['status']}",
    ),
    "command.unanswered": (
        Tone.WRONG,
        lambda v, _: f"{v['machine']} has not said what became of the command; it may be done",
    ),
    "command.undelivered": (
        Tone.WRONG,
        lambda v, _: f"{v['machine']} never had the command: {v['reason']}",
    ),
    "command.recalled": (
        Tone.STILL,
        lambda v, _: f"{v['machine']} is told to drop the command: {v['reason']}",
    ),
    "part.reserved": (Tone.WELL, _part("set aside")),
    "part.released": (Tone.STILL, _part("back in stock")),
    "part.used": (Tone.WELL, _part("built in")),
    "appointment.booked": (
        Tone.WELL,
        lambda v, names: f"Booked with {names(v['provider'])}: {moment(v['start'])}",
    ),
    "appointment.cancelled": (
        Tone.STILL,
        lambda v, names: (
            f"The time with {names(v['provider'])} was given back: {moment(v['start'])}"
        ),
    ),
    "finding.opened": (Tone.OPEN, lambda v, _: f"Found {v['rule']}{_about(v)}, {_share(v)}"),
    "finding.cleared": (
        Tone.STILL,
        lambda v, _: f"{v['rule']}{_about(v)} looks well again, which proves nothing yet",
    ),
    "mandate.granted": (Tone.WELL, lambda v, _: _granted(v)),
    "mandate.revoked": (
        Tone.WRONG,
        lambda v, _: f"{_whose(v)} was taken back: {v['reason']}",
    ),
    "money.reserved": (
        Tone.STILL,
        lambda v, _: f"{_money(v)} of the {v['payer']} is put aside: {formats.plain(v['code'])}",
    ),
    "money.settled": (Tone.STILL, lambda v, _: f"{_money(v)} is paid by the {v['payer']}"),
    "money.released": (Tone.STILL, lambda v, _: f"{_money(v)} is free again"),
    "notice.told": (Tone.STILL, _told),
    "notice.acknowledged": (
        Tone.STILL,
        lambda v, _: (
            f"The notice was acknowledged, attempt {v['attempts']}"
            if v["attempts"]
            else "The notice was answered before it was sent"
        ),
    ),
    "notice.taken": (Tone.STILL, lambda _, __: "The notice left as a mail"),
    "notice.given_up": (Tone.WRONG, lambda v, _: f"The notice was given up: {v['reason']}"),
    **ACCESS,
    **HOLDS,
    **WHO,
}
"""Every kind with its tone and its words; a test holds it against the events there are."""
