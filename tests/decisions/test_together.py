"""Which questions go in which mail, without a desk."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.decisions.asking import HOUR, approval

from thingdesk.decisions.together import TOGETHER, Letter, plan

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OWNER, OTHER, NOTICE = UUID(int=1), UUID(int=2), UUID(int=3)
LATER = NOW + 24 * HOUR


def test_the_first_goes_at_once_and_the_others_together_but_for_what_cannot_wait() -> None:
    usual = [approval(OWNER, deadline=LATER) for _ in range(3)]
    safety = approval(OWNER, deadline=LATER, safety=True)
    other = approval(OTHER, deadline=LATER)
    asked = [usual[0], usual[1], safety, other, usual[2]]
    assert plan(asked, {}, NOW) == [
        Letter(OWNER, NOW, None, (usual[0],)),
        Letter(OWNER, NOW + TOGETHER, None, (usual[1], usual[2])),
        Letter(OWNER, NOW, None, (safety,)),
        Letter(OTHER, NOW, None, (other,)),
    ]


def test_what_waits_in_the_outbox_takes_them_and_what_ends_soon_begins_anew() -> None:
    waits = Letter(OWNER, NOW + timedelta(minutes=4), NOTICE)
    first, second = approval(OWNER, deadline=LATER), approval(OWNER, deadline=LATER)
    assert plan([first, second], {OWNER: waits}, NOW) == [
        Letter(OWNER, waits.at, NOTICE, (first, second))
    ]
    soon = approval(OWNER, deadline=NOW + HOUR)
    assert plan([soon, second], {OWNER: waits}, NOW) == [
        Letter(OWNER, NOW, None, (soon,)),
        Letter(OWNER, NOW + TOGETHER, None, (second,)),
    ]
