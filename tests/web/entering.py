"""Owners who log in, as they do: by the code in a mail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
from tests.web.site import Site

from thingdesk import parties


async def code_of(site: Site, owner: UUID) -> str:
    """The newest code that was mailed to the owner, as their mail has it."""
    async with site.hand.database.transaction() as tx:
        key = await parties.desk_key(tx)
        found = await tx.fetchval(
            "select id from owner_code where owner_id = $1 order by id desc limit 1", owner
        )
    assert found
    return parties.owner_code(key, found)


@asynccontextmanager
async def entered(site: Site, owner: UUID) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which the owner has logged in."""
    async with site.hand.database.transaction() as tx:
        known = await parties.get_owner(tx, owner)
    assert known
    assert known.email
    async with site.browser() as browser:
        page = await browser.post("/enter", data={"email": known.email, "next": ""})
        assert page.status_code == 200
        code = await code_of(site, owner)
        given = {"email": known.email, "code": code, "next": ""}
        answer = await browser.post("/enter/code", data=given)
        assert answer.status_code == 303, answer.text
        yield browser
