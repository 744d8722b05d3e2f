import pytest
from tests.web.site import Site, open_site

from thingdesk.platform.database import Database


@pytest.fixture(scope="module")
async def site(database: Database) -> Site:
    return await open_site(database)
