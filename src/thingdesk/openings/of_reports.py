"""What reports ask for, and the answer to each."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from thingdesk import cases, journeys, mandates, parties
from thingdesk.cases import Answer, Opened, Report
from thingdesk.mandates import Verdict, Wish
from thingdesk.openings.make import Ask, Openings, Wanted, not_for
from thingdesk.parties import Ownership
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Recovery, Refusal, Refused, refuse

_NOT_THEIRS = "not_your_machine"
_NOT_COVERED = "machine_not_covered"
HandOver = Callable[[Transaction, Sequence[Ask]], Awaitable[list[Opened | Refusal]]]


async def answer_reports(
    tx: Transaction, openings: Openings, group: Sequence[Report], hand_over: HandOver
) -> list[Answer | Refusal]:
    """An answer a report, in order. What wants a case goes through `hand_over`; what an instant
    service answers is answered here. A repeat gets the answer of its first, while its subject is
    whose it was then; what is refused leaves nothing behind.
    """
    wanted = await _check(tx, openings, group)
    fit = [n for n, one in enumerate(wanted) if not isinstance(one, Refusal)]
    noted = await _theirs(tx, [group[n] for n in fit])
    new = [n for n, known in zip(fit, noted, strict=True) if known is None]
    said = await _serve(tx, openings, {n: group[n] for n in new}, wanted, hand_over)
    for n, answer in said.items():
        if isinstance(answer, Answer):
            cases.answer_report(tx, group[n], answer)
    refused = [group[n] for n, answer in said.items() if isinstance(answer, Refusal)]
    await cases.drop_reports(tx, refused)
    return _in_order(group, wanted, dict(zip(fit, noted, strict=True)), said)


async def _check(
    tx: Transaction, openings: Openings, group: Sequence[Report]
) -> list[Wanted | Refusal]:
    """What reports want; whose their subjects are stays so until `tx` ends."""
    read = [openings.read(one) for one in group]
    subjects = {
        one.subject
        for one, wanted in zip(group, read, strict=True)
        if not isinstance(wanted, Refusal) and not wanted[0].instant
    }
    kinds = await parties.hold(tx, sorted(subjects))
    others = {
        one.subject
        for one, wanted in zip(group, read, strict=True)
        if not isinstance(wanted, Refusal) and wanted[0].instant and wanted[0].kinds
    }
    kinds |= await parties.kinds_of(tx, sorted(others - subjects))
    why_not = await _why_not(tx, group)
    return [
        why_not.get(n) or _may(wanted, kinds.get(one.subject))
        for n, (one, wanted) in enumerate(zip(group, read, strict=True))
    ]


async def _theirs(tx: Transaction, reports: Sequence[Report]) -> list[Answer | Refusal | None]:
    """As they are noted; but what was answered for another owner, or in another period of the same,
    is told nobody any more: a key stays the machine's, and who had it may repeat what it said.
    """
    noted = await cases.note_reports(tx, reports)
    before = [
        (n, one, one.given_at)
        for n, one in enumerate(noted)
        if isinstance(one, Answer) and one.given_at
    ]
    if not before:
        return noted
    now = clock.now()
    moments = [(reports[n].subject, at) for n, _, then in before for at in (then, now)]
    owned = iter(await parties.ownerships_of(tx, moments))
    for (n, one, _), then, today in zip(before, owned, owned, strict=True):
        # a sale may be entered later than it was
        if then != today or not one.is_of(today.owner_id if today else None):
            noted[n] = _of_before(reports[n])
    return noted


def _of_before(one: Report) -> Refusal:
    words = f"event {one.event_id} was answered for who had {one.subject} then: report it anew"
    field = FieldError("id", "was used for them", "report what is so now, with an id of its own")
    return refuse("reported_before_sale", words, fields=(field,)).refusal


async def _why_not(tx: Transaction, group: Sequence[Report]) -> dict[int, Refusal]:
    """By their place, those who may not speak for their subject: under a mandate that says so,
    without one as a machine of the same owner.
    """
    now = clock.now()
    speaks = await parties.speak_for(tx, [(one.reporter, one.subject, now) for one in group])
    refused = {
        n: _not_yours(one)
        for n, (one, may) in enumerate(zip(group, speaks, strict=True))
        if not may and one.mandate_id is None
    }
    wishes = {
        n: Wish(one.mandate_id, one.reporter, one.subject, one.service)
        for n, one in enumerate(group)
        if one.mandate_id
    }
    verdicts = await mandates.may_ask(tx, list(wishes.values()))
    return refused | {
        n: _not_permitted(group[n], verdict)
        for n, verdict in zip(wishes, verdicts, strict=True)
        if verdict.answer is not mandates.Answer.ALLOW
    }


def _may(wanted: Wanted | Refusal, kind: str | None) -> Wanted | Refusal:
    if isinstance(wanted, Refusal) or wanted[0].is_for(kind):
        return wanted
    return not_for(wanted[0], kind)


async def _serve(
    tx: Transaction,
    openings: Openings,
    new: Mapping[int, Report],
    wanted: Sequence[Wanted | Refusal],
    hand_over: HandOver,
) -> dict[int, Answer | Refusal]:
    asked = {n: one for n, one in enumerate(wanted) if n in new and isinstance(one, tuple)}
    lasting = [n for n, (service, _) in asked.items() if not service.instant]
    now = clock.now()
    periods = await parties.ownerships_of(tx, [(new[n].subject, now) for n in asked])
    owned = dict(zip(asked, periods, strict=True))
    answers: dict[int, Answer | Refusal] = {}
    for n in sorted(asked.keys() - set(lasting), key=lambda n: _turn(new[n])):
        answers[n] = await _at_once(tx, openings, asked[n], new[n], owned[n])
    asks = [openings.of_report(new[n], asked[n], owned[n]) for n in lasting]
    handed = await hand_over(tx, asks)
    hops = await _hops(tx, [(one, new[n]) for n, one in zip(lasting, handed, strict=True)])
    for n, one in zip(lasting, handed, strict=True):
        if isinstance(one, Refusal):
            answers[n] = one
        else:
            answers[n] = Answer(one.case_id, one.refused, hops=hops[one.case_id])
    return answers


async def _hops(
    tx: Transaction, handed: Sequence[tuple[Opened | Refusal, Report]]
) -> dict[UUID, int]:
    """Of each case the most of those in the group and before it."""
    opened = [(one, report.hops) for one, report in handed if isinstance(one, Opened)]
    most = await cases.hops_of(tx, {one.case_id for one, _ in opened if not one.new})
    for one, hops in opened:
        most[one.case_id] = max(hops, most.get(one.case_id, 0))
    return most


def _turn(report: Report) -> tuple[str, str]:
    """What an instant service remembers of a subject is locked in an order that all groups keep to,
    and services that change holds, which is one lock for all, come one after the other where their
    names do. What is locked besides is in none: where two groups wait for each other the database
    ends one, and that one is tried again.
    """
    return report.service, report.subject


async def _at_once(
    tx: Transaction, openings: Openings, wanted: Wanted, report: Report, owned: Ownership | None
) -> Answer | Refusal:
    service, given = wanted
    by = report.subject, report.reporter
    instant = journeys.Instant(tx, service, *by, openings.calls, report.mandate_id)
    try:
        outcome = await journeys.answer_now(tx, instant, given)
    except Refused as refused:
        return refused.refusal
    owner = owned.owner_id if owned else None
    return Answer(None, outcome, hops=report.hops, owner_id=owner)


def _not_permitted(report: Report, verdict: Verdict) -> Refusal:
    """Who left out the subject, or mistyped it, is told for which machine it was taken."""
    whom = report.subject[:64]
    if verdict.code == _NOT_THEIRS:
        words = f"{whom} is no machine of the owner who gave the mandate"
        return _another_subject(verdict.code, words, whom)
    if verdict.code == _NOT_COVERED and report.subject == report.reporter:
        words = f"it was taken for {whom}, and the owner's mandate is not for it"
        return _another_subject(verdict.code, words, whom)
    return _said(verdict.code, verdict.reason, verdict.recovery)


def _said(code: str, reason: str, recovery: Recovery | None) -> Refusal:
    return Refusal(code, reason, recovery or Recovery.CONTACT_US)


def _another_subject(code: str, words: str, whom: str) -> Refusal:
    field = FieldError("data.subject", f"is {whom}", "name a machine of the mandate as `subject`")
    words = f"{words}: name the machine that it is for as `subject`"
    return Refusal(code, words, Recovery.FIX_INPUT, (field,))


def _not_yours(report: Report) -> Refusal:
    """Nobody reports for a machine of another owner."""
    return refuse(
        "not_your_machine",
        f"{report.reporter} cannot speak for {report.subject[:64]}: they have no common owner",
        Recovery.CONTACT_US,
    ).refusal


def _in_order(
    group: Sequence[Report],
    checked: Sequence[Wanted | Refusal],
    noted: Mapping[int, Answer | Refusal | None],
    final: Mapping[int, Answer | Refusal],
) -> list[Answer | Refusal]:
    """An answer a report; the twin of a report that came in the same group gets the same one."""
    by_event = {(group[n].reporter, group[n].event_id): answer for n, answer in final.items()}
    answers: list[Answer | Refusal] = []
    for n, (one, read) in enumerate(zip(group, checked, strict=True)):
        known = noted.get(n)
        if isinstance(read, Refusal):
            answers.append(read)
        elif isinstance(known, Refusal):
            answers.append(known)
        else:
            twin = by_event.get((one.reporter, one.event_id))
            answers.append(final.get(n) or twin or known or Answer(None, None))
    return answers
