"""A case in which very much was done is shown with the newest of it, and says where the rest is."""

from uuid import UUID

import pytest
from tests.web.people import logged_in
from tests.web.site import Site

from thingdesk.cases import get
from thingdesk.web.owner.told import tell

MANY = 400
FILL = (
    """
    insert into effect (id, journey_id, step, case_id, name, details, answer, code, reason, state,
        epoch, at)
    select gen_random_uuid(), gen_random_uuid(), 1, $1, 'effect' || n, '{}', 'allow', 'mandated',
        'so', 'done', 1, now() - n * interval '1 s' from generate_series(1, $2::int) n
    """,
    """
    insert into notice (id, channel, to_kind, to_id, kind, words, case_id, data, told_at, until,
        again_at, state, settled_at)
    select gen_random_uuid(), 'mail', 'staff', '', 'k', 'told' || n, $1, '{}',
        now() - n * interval '1 s', now(), now(), 'taken', now() from generate_series(1, $2::int) n
    """,
    """
    insert into decision (id, case_id, run_id, key, asks, words, options, deadline, safety,
        asked_at, state, settled_at)
    select gen_random_uuid(), $1, gen_random_uuid(), 'k', 'staff', 'question' || n,
        '[{"id": "a", "words": "A", "data": {}, "approves": null}]', now(), false,
        now() - n * interval '1 s', 'withdrawn', now() from generate_series(1, $2::int) n
    """,
    """
    insert into journey (id, case_id, service, version, started_at, ended_at)
    select gen_random_uuid(), $1, 'journey' || n, '1', now() - n * interval '1 s', now()
    from generate_series(1, $2::int) n
    """,
    """
    insert into case_promise (case_id, name, round, started_at, seconds, kept_at)
    select $1, 'promise' || n, -n, now(), 1, now() from generate_series(1, $2::int) n
    """,
    """
    insert into job (id, run_id, case_id, machine, provider, task, words, details, answer_by,
        offered_at, state, reached)
    select gen_random_uuid(), gen_random_uuid(), $1, 'm', gen_random_uuid(), 'task', 'offer' || n,
        '{}', now(), now() - n * interval '1 s', 'expired', '{}' from generate_series(1, $2::int) n
    """,
)


@pytest.fixture(scope="module")
async def large(site: Site) -> UUID:
    """A case with an open question, asked before all else that was done in it."""
    case_id, _ = await site.asked("car-large")
    async with site.hand.database.transaction() as tx:
        await tx.execute("update decision set asked_at = asked_at - interval '1 day'")
        await tx.execute("update journey set started_at = started_at - interval '1 day'")
        for sql in FILL:
            await tx.execute(sql, case_id, MANY)
    return UUID(str(case_id))


async def test_staff_see_the_newest_and_what_is_open(site: Site, large: UUID) -> None:
    async with logged_in(site) as browser:
        page = (await browser.get(f"/cases/{large}")).text
    assert page.count("Only the newest are shown; all are on the timeline.") == 6
    for words in ("Effect", "told", "question", "offer"):
        assert f"{words}1<" in page, words
        assert f"{words}{MANY}<" not in page, words
    for name in ("journey", "Promise"):
        assert f"{name}1" in page, name
        assert f"{name}{MANY}" not in page, name
    assert "under way" in page, "the one that is older than all these"
    assert page.count(">question") == 100, "and the one that is open"
    assert "Newest" not in page


async def test_an_owner_is_told_of_the_newest(site: Site, large: UUID) -> None:
    async with site.hand.database.transaction() as tx:
        case = await get(tx, large)
        assert case
        told = await tell(tx, case, "UTC")
    assert (len(told.effects), told.cut) == (100, True)
    assert told.effects[-2].words == "Effect1", "and the part, which came after it"
