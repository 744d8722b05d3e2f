"""Questions to an owner that come together go in one mail.

The first is mailed at once. While it is open, what comes within ten minutes of it waits for the end
of these ten minutes, and is listed in one mail with a link to the owner's page, where all of them
can be answered. So an owner who does not answer gets one such mail in ten minutes at most; one who
does is asked the next thing at once, and so is everybody about what is for safety or ends soon.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk import cases, notices, parties
from thingdesk.decisions import store
from thingdesk.decisions.model import Decision, Question
from thingdesk.decisions.words import About, gathered, in_words
from thingdesk.notices import Notice, Page, Recipient
from thingdesk.parties import OWNER_PAGE, Owner
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

PURPOSE = "decision"
"""What the signed link to the page of a question is for."""
TOGETHER = timedelta(minutes=10)
_SOON = timedelta(hours=2)
"""What has to be answered within it is not kept waiting."""
_SHOWN = timedelta(days=30)
"""How long after its deadline the page still says what became of a question."""


@dataclass(slots=True)
class _Mail:
    """A mail to an owner that is due at `at`; `notice` where it is in the outbox already."""

    at: datetime
    notice: UUID | None = None
    questions: list[Question] = field(default_factory=list)


async def put(
    tx: Transaction, questions: Sequence[Question], owners: Mapping[UUID, Owner]
) -> dict[UUID, tuple[UUID, datetime]]:
    """Mail these questions to their owners; the notice that has each of them, and when it is due.

    The caller holds each owner's week, so that of two who ask at once one comes after the other.
    """
    now = clock.now()
    asked = {one.owner_id for one in questions if one.owner_id}
    last = {
        owner: _Mail(at, notice)
        for owner, notice, at in await store.mailed(tx, sorted(asked), now - TOGETHER)
    }
    mails: list[_Mail] = []
    for one in questions:
        if one.owner_id is None:
            continue
        before = last.get(one.owner_id)
        if one.safety or one.deadline - now < _SOON or before is None:
            mail = _Mail(now)
        elif before.at > now:
            mail = before
        else:
            mail = _Mail(before.at + TOGETHER)
        mail.questions.append(one)
        if mail not in mails:
            mails.append(mail)
        if not one.safety:
            last[one.owner_id] = mail
    found: dict[UUID, tuple[UUID, datetime]] = {}
    abouts = await _abouts(tx, questions)
    for mail in mails:
        notice = await _send(tx, mail, abouts, owners)
        found.update({one.id: (notice, mail.at) for one in mail.questions})
    return found


async def _send(
    tx: Transaction,
    mail: _Mail,
    abouts: Mapping[UUID, About],
    owners: Mapping[UUID, Owner],
) -> UUID:
    if mail.notice:
        theirs = [one.question for one in await store.open_of_notices(tx, [mail.notice])]
        known = {**abouts, **await _abouts(tx, theirs)}
        notice = _notice([*theirs, *mail.questions], known, owners)
        if await notices.reword(tx, mail.notice, notice, unsent=True):
            return mail.notice
        mail.at = clock.now() + TOGETHER  # a clock that is ahead has sent it already
    notice = _notice(mail.questions, abouts, owners)
    return notices.tell(tx, replace(notice, after=mail.at))


async def tell_rest(tx: Transaction, settled: Sequence[Decision]) -> list[Decision]:
    """After some questions were settled: mails that have others still go on with those alone. Back
    come the decisions whose mail has none any more.
    """
    by_notice = {one.notice_id: one for one in settled if one.notice_id}
    if not by_notice:
        return []
    # of two who settle at once the second sees what the first has left
    await notices.hold(tx, sorted(by_notice))
    rest: dict[UUID, list[Question]] = {}
    for one in await store.open_of_notices(tx, sorted(by_notice)):
        if one.notice_id:
            rest.setdefault(one.notice_id, []).append(one.question)
    left = [one for each in rest.values() for one in each]
    if left:
        abouts = await _abouts(tx, left)
        owners = await parties.get_owners(tx, [one.owner_id for one in left if one.owner_id])
        for notice_id, questions in sorted(rest.items()):
            await notices.reword(tx, notice_id, _notice(questions, abouts, owners))
    return [one for notice_id, one in by_notice.items() if notice_id not in rest]


def _notice(
    questions: Sequence[Question], abouts: Mapping[UUID, About], owners: Mapping[UUID, Owner]
) -> Notice:
    """Of one question with a link to its page; of several with one to their owner's."""
    first, until = questions[0], max(one.deadline for one in questions)
    owner_id = first.owner_id
    assert owner_id  # noqa: S101 - only questions to owners are mailed
    zone = owners[owner_id].zone if owner_id in owners else "UTC"
    one = len(questions) == 1
    return Notice(
        to=Recipient.owner(owner_id),
        kind="decision.asked",
        words=in_words(first, abouts[first.case_id], zone)
        if one
        else gathered([(each, abouts[each.case_id]) for each in questions], zone),
        case_id=first.case_id if one else None,
        data={"decision": str(first.id)} if one else {},
        page=Page(PURPOSE, first.id, until + _SHOWN)
        if one
        else Page(OWNER_PAGE, owner_id, until + _SHOWN),
        until=until,
    )


async def _abouts(tx: Transaction, questions: Sequence[Question]) -> dict[UUID, About]:
    """What the questions are about, by case."""
    found = await cases.get_many(tx, sorted({one.case_id for one in questions}))
    machines = await parties.get_machines(tx, sorted({one.subject for one in found.values()}))
    known = {key: About(one, machines.get(one.subject)) for key, one in found.items()}
    return {one.case_id: known.get(one.case_id, About()) for one in questions}
