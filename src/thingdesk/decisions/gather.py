"""Questions to an owner that come together go in one mail.

The first is mailed at once. While it is open, what comes within ten minutes of it waits for the end
of these ten minutes, and is listed in one mail with a link to the owner's page, where all of them
can be answered. So an owner who does not answer gets one such mail in ten minutes at most; one who
does is asked the next thing at once, and so is everybody about what is for safety or ends soon.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from thingdesk import cases, notices, parties
from thingdesk.decisions import store
from thingdesk.decisions.model import Decision, Question
from thingdesk.decisions.together import TOGETHER, Letter, plan
from thingdesk.decisions.words import About, gathered, in_words
from thingdesk.notices import Notice, Page, Recipient
from thingdesk.parties import OWNER_PAGE, Owner
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

PURPOSE = "decision"
"""What the signed link to the page of a question is for."""
_SHOWN = timedelta(days=30)
"""How long after its deadline the page still says what became of a question."""


async def put(
    tx: Transaction, questions: Sequence[Question], owners: Mapping[UUID, Owner]
) -> dict[UUID, tuple[UUID, datetime]]:
    """Mail these questions to their owners; the notice that has each of them, and when it is due.

    The caller holds each owner's week, so that of two who ask at once one comes after the other.
    """
    now = clock.now()
    asked = {one.owner_id for one in questions if one.owner_id}
    mailed = await store.mailed(tx, sorted(asked), now - TOGETHER)
    last = {owner: Letter(owner, at, notice) for owner, notice, at in mailed}
    letters = plan(questions, last, now)
    theirs = await _open_in(tx, [one.notice for one in letters if one.notice])
    abouts = await _abouts(tx, [*questions, *(one for each in theirs.values() for one in each)])
    longer = {
        one.notice: _notice(
            one.owner, [*theirs.get(one.notice, ()), *one.questions], abouts, owners
        )
        for one in letters
        if one.notice
    }
    reworded = await notices.reword(tx, longer, unsent=True)
    found: dict[UUID, tuple[UUID, datetime]] = {}
    for letter in letters:
        notice, due = letter.notice, letter.at
        if notice is None or notice not in reworded:
            # one that a clock which is ahead has sent already cannot have them
            due = now + TOGETHER if notice else due
            alone = _notice(letter.owner, letter.questions, abouts, owners)
            notice = notices.tell(tx, replace(alone, after=due))
        found.update({one.id: (notice, due) for one in letter.questions})
    return found


async def _open_in(
    tx: Transaction, notice_ids: Sequence[UUID]
) -> dict[UUID | None, list[Question]]:
    """The questions in these mails that are still open."""
    found: dict[UUID | None, list[Question]] = {}
    for one in await store.open_of_notices(tx, notice_ids) if notice_ids else ():
        found.setdefault(one.notice_id, []).append(one.question)
    return found


async def tell_rest(tx: Transaction, settled: Sequence[Decision]) -> list[Decision]:
    """After some questions were settled: mails that have others still go on with those alone. Back
    come the decisions whose mail has none any more.

    The caller holds the notices since before it locked the decisions: so of two who settle at once
    the second sees what the first has left, and neither waits for the other in a ring.
    """
    by_notice = {one.notice_id: one for one in settled if one.notice_id}
    if not by_notice:
        return []
    rest: dict[UUID, list[Question]] = {}
    owner_of: dict[UUID, UUID] = {}
    for one in await store.open_of_notices(tx, sorted(by_notice)):
        if one.notice_id and one.question.owner_id:
            rest.setdefault(one.notice_id, []).append(one.question)
            owner_of[one.notice_id] = one.question.owner_id
    left = [one for each in rest.values() for one in each]
    if left:
        abouts = await _abouts(tx, left)
        owners = await parties.get_owners(tx, sorted(set(owner_of.values())))
        left_in = {
            notice_id: _notice(owner, rest[notice_id], abouts, owners)
            for notice_id, owner in owner_of.items()
        }
        await notices.reword(tx, left_in)
    return [one for notice_id, one in by_notice.items() if notice_id not in rest]


def _notice(
    owner_id: UUID,
    questions: Sequence[Question],
    abouts: Mapping[UUID, About],
    owners: Mapping[UUID, Owner],
) -> Notice:
    """Of one question with a link to its page; of several with one to their owner's."""
    until = max(one.deadline for one in questions)
    zone = owners[owner_id].zone if owner_id in owners else "UTC"
    to, kind, shown = Recipient.owner(owner_id), "decision.asked", until + _SHOWN
    if len(questions) > 1:
        words = gathered([(each, abouts[each.case_id]) for each in questions], zone)
        return Notice(to, kind, words, page=Page(OWNER_PAGE, owner_id, shown), until=until)
    (one,) = questions
    return Notice(
        to,
        kind,
        in_words(one, abouts[one.case_id], zone),
        case_id=one.case_id,
        data={"decision": str(one.id)},
        page=Page(PURPOSE, one.id, shown),
        until=until,
    )


async def _abouts(tx: Transaction, questions: Sequence[Question]) -> dict[UUID, About]:
    """What the questions are about, by case."""
    found = await cases.get_many(tx, sorted({one.case_id for one in questions}))
    machines = await parties.get_machines(tx, sorted({one.subject for one in found.values()}))
    identities = await cases.identity_words(tx, found.values())
    known = {
        key: About(one, machines.get(one.subject), identities[key]) for key, one in found.items()
    }
    return {one.case_id: known.get(one.case_id, About()) for one in questions}
