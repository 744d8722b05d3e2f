"""Whoever has very many of something is shown the newest, and that there are more."""

import re
from uuid import UUID

import pytest
from tests import whose
from tests.web.people import logged_in
from tests.web.site import Site

from thingdesk.parties import Role

MANY = 120
MORE = "There are more than these 50."
OF_MACHINE = (
    """
    insert into machine_key (kid, machine, x, added_at, revoked_at, reason)
    select 'kid-' || n, $1, 'x', now() + n * interval '1 s', case when n > 1 then now() end, 'old'
    from generate_series(1, $2::int) n
    """,
    """
    insert into entitlement (id, kind, machine, reference, content, ends, added_at)
    select gen_random_uuid(), 'law', $1, 'gift-' || n,
        '{"payer": "maker", "services": ["*"], "effects": ["*"], "remedies": ["*"],
          "per_effect": null, "owner_id": null}', now() - n * interval '1 day', now()
    from generate_series(1, $2::int) n
    """,
    """
    insert into ownership (machine, owner_id, begins, ends)
    select $1, $3, '2001-01-01'::timestamptz + n * interval '1 day',
        '2001-01-02'::timestamptz + n * interval '1 day' from generate_series(1, $2::int) n
    """,
)
FLEET = """
insert into machine (id, kind, model, attributes, registered_at)
select 'fleet-' || lpad(n::text, 3, '0'), 'car', 'car', '{}', now()
from generate_series(1, $1::int) n
"""
OF_OWNER = (
    """
    insert into ownership (machine, owner_id, begins)
    select 'fleet-' || lpad(n::text, 3, '0'), $1, now() from generate_series(1, $2::int) n
    """,
    """
    insert into decision (id, case_id, run_id, key, asks, owner_id, words, options, deadline,
        safety, asked_at, state)
    select gen_random_uuid(), $3, gen_random_uuid(), 'k', 'owner', $1, 'question' || n,
        '[{"id": "a", "words": "A", "data": {}, "approves": null}]', now() + interval '1 day',
        false, now() + n * interval '1 s', 'open' from generate_series(1, $2::int) n
    """,
)


@pytest.fixture(scope="module")
async def large(site: Site) -> UUID:
    """The owner of car-many, who has very many machines and questions."""
    case_id, _ = await site.asked("car-many")
    async with site.hand.database.transaction() as tx:
        owner = await whose.owner_of(tx, "car-many")
        assert owner
        for sql in OF_MACHINE[:2]:
            await tx.execute(sql, "car-many", MANY)
        await tx.execute(OF_MACHINE[2], "car-many", MANY, owner.id)
        await tx.execute(FLEET, MANY)
        await tx.execute(OF_OWNER[0], owner.id, MANY)
        await tx.execute(OF_OWNER[1], owner.id, MANY, case_id)
    return owner.id


@pytest.mark.usefixtures("large")
async def test_a_machine_with_very_much(site: Site) -> None:
    async with logged_in(site) as browser:
        page = (await browser.get("/machines/car-many")).text
    assert page.count(MORE) == 3
    assert page.count(">another owner, ") == page.count("gift-") == 50
    assert f">kid-{MANY}<" in page
    assert ">kid-2<" not in page
    assert ">kid-1<" in page, "the one key that is good, older than all that are revoked"
    assert "gift-1<" in page, "what ended last"


async def test_an_owner_with_very_much(site: Site, large: UUID) -> None:
    async with logged_in(site, "admin", Role.ADMIN) as browser:
        page = (await browser.get(f"/owners/{large}")).text
    assert page.count(MORE) == 2
    assert len(re.findall(r'href="/machines/(?:fleet|car)-', page)) == 50
    assert len(re.findall(r">question\d+<", page)) == 49, "and the one of the case"
    assert "all of their machines become nobody" in page


@pytest.mark.usefixtures("large")
async def test_their_own_page(site: Site) -> None:
    async with site.browser() as browser:
        page = (await browser.get(await site.own("car-many"))).text
    assert "More than 50 questions wait for you." in page
    assert len(re.findall(r">question\d+<", page)) == 49
