"""schemathesis, which nobody here wrote, holds a running desk against what is described of it: by
the desk itself, and by TM Forum.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.outside.http.held import TICKETS, Held, Verdict, holding

from thingdesk.platform.database import Database

# thousands of calls, one after the other
pytestmark = pytest.mark.timeout(600)
SPECS = os.environ.get("THINGDESK_SPECS")
# what is never answered as asked for, and why
REFUSED = {"POST /services/person.here": "nobody of the staff takes the call here"}
TICKETS_REFUSED = {
    "DELETE /troubleTicket/{id}": "what happened is kept",
    "POST /troubleTicketSpecification": "the catalog changes with its packs alone",
    "PATCH /troubleTicketSpecification/{id}": "the catalog changes with its packs alone",
    "DELETE /troubleTicketSpecification/{id}": "the catalog changes with its packs alone",
}


@pytest.fixture
async def held(tmp_path: Path, database: Database, database_url: str) -> AsyncIterator[Held]:
    """With machines of its own for each: what one has used up would be refused to the next."""
    async with holding(tmp_path / "desk", database, database_url) as one:
        yield one


def good(verdict: Verdict, refused: dict[str, str]) -> None:
    assert verdict.good, verdict.said[-30_000:]
    assert verdict.refused_always() == set(refused)


async def test_the_desk_is_as_it_describes_itself(held: Held) -> None:
    good(await held.against(f"{held.desk.http}/v1/openapi.json"), REFUSED)


async def test_the_tickets_are_as_they_describe_themselves(held: Held) -> None:
    described = f"{held.desk.http}{TICKETS}/openapi.json"
    good(await held.against(described), TICKETS_REFUSED)


@pytest.mark.skipif(SPECS is None, reason="THINGDESK_SPECS: a folder with TMF621-v5.0.1.oas.yaml")
async def test_the_tickets_are_as_tm_forum_describes_them(held: Held) -> None:
    described = Path(SPECS or "") / "TMF621-v5.0.1.oas.yaml"
    # paths of those who are told, not of the desk
    listeners = ("--exclude-path-regex", "^/listener")
    url = f"{held.desk.http}{TICKETS}"
    good(await held.against(str(described), "--url", url, *listeners), TICKETS_REFUSED)
