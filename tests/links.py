"""What signed links are about."""

from uuid import UUID

from thingdesk import parties
from thingdesk.platform.database import Database


async def subject_of(database: Database, purpose: str, token: str) -> UUID:
    """Raises Refused."""
    async with database.transaction() as tx:
        key = await parties.desk_key(tx)
        return (await parties.read_link(tx, key, purpose, token)).subject
