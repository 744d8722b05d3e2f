"""Owners who look at their page."""

from uuid import UUID

from tests import whose
from tests.web.site import Site

from thingdesk import mandates, timeline
from thingdesk.mandates import Mandate


async def owner_of(site: Site, machine: str) -> UUID:
    async with site.hand.database.transaction() as tx:
        found = await whose.owner_of(tx, machine)
    assert found
    return found.id


async def mandate_of(site: Site, machine: str) -> Mandate | None:
    owner = await owner_of(site, machine)
    async with site.hand.database.transaction() as tx:
        return await mandates.mandate_of(tx, owner)


async def told(site: Site, owner: UUID) -> list[str]:
    """The kinds of what the owner was told beside their cases."""
    async with site.hand.database.transaction() as tx:
        entries = await timeline.read(tx, f"owner:{owner}")
    return [one.value["about"] for one in entries if one.kind == "notice.told" and one.value]


async def get(site: Site, path: str, status: int = 200) -> str:
    async with site.browser() as browser:
        answer = await browser.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


async def everything(site: Site) -> list[int]:
    tables = ("mandate_version", "timeline_event", "notice", "durable_message", "owner_link")
    async with site.hand.database.transaction() as tx:
        return [await tx.fetchval(f"select count(*) from {one}") for one in tables]
