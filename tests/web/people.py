"""Staff who log in as people do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from tests.web.site import Site

from thingdesk import parties
from thingdesk.parties import Role

PASSWORD = "correct horse battery staple"


async def account(site: Site, name: str, *roles: Role) -> str:
    """The e-mail address of one of the staff who has set a password."""
    email = f"{name}@example.org"
    async with site.hand.database.transaction() as tx:
        if email in {one.email for one in await parties.all_staff(tx)}:
            return email
        person = await parties.add_staff(tx, email, name.title(), roles or [Role.AGENT])
        token = await parties.set_up_link(tx, person.id)
        await parties.set_up(tx, token, PASSWORD)
    return email


@asynccontextmanager
async def logged_in(
    site: Site, name: str = "agent", *roles: Role
) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of one of the staff, with a session."""
    email = await account(site, name, *roles)
    async with site.browser() as browser:
        answer = await browser.post("/log-in", data={"email": email, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        yield browser
