from datetime import timedelta
from uuid import UUID

import pytest
from tests.cases.openings import opening

from thingdesk import cases
from thingdesk.cases import Case, CaseFilter, Outcome, State
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database

OWNER = ids.new()
DAY = timedelta(days=1)


async def search(database: Database, **wanted: object) -> list[Case]:
    async with database.transaction() as tx:
        return await cases.search(tx, CaseFilter(**wanted))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
async def there(database: Database) -> dict[str, UUID]:
    """Cases by subject, all opened at one moment."""
    openings = [
        opening("car-a", input={"code": "P0301"}, owner_id=OWNER, service="vehicle.repair"),
        opening("car-b", input={"code": "P0217"}, title="Help on the road"),
        opening("press-c", reporter="assistant-c"),
        *(opening(f"many-{n}") for n in range(25)),
    ]
    async with database.transaction() as tx:
        opened = await cases.open(tx, openings)
        found = {one.subject: each.case_id for one, each in zip(openings, opened, strict=True)}
        await cases.end(tx, found["car-b"], Outcome.REFUSED, "No.", {}, DAY)
        await cases.end(tx, found["many-0"], Outcome.FULFILLED, "Yes.", {}, DAY)
    return found


@pytest.mark.parametrize(
    ("wanted", "subjects"),
    [
        ({"subject": "car-a"}, {"car-a"}),
        ({"service": "vehicle.repair"}, {"car-a"}),
        ({"owner_id": OWNER}, {"car-a"}),
        ({"state": State.ENDED}, {"car-b", "many-0"}),
        ({"outcome": Outcome.REFUSED}, {"car-b"}),
        ({"words": "p0301"}, {"car-a"}),
        ({"words": "ON THE ROAD"}, {"car-b"}),
        ({"words": "assistant-c"}, {"press-c"}),
        ({"words": "road assist"}, set()),
        ({"words": "roa HEL"}, {"car-b"}),
        ({"words": "oad"}, set()),
        ({"words": "car"}, {"car-a", "car-b"}),
        ({"words": "car-"}, {"car-a", "car-b"}),
        ({"words": "'road' | :*"}, {"car-b"}),
        ({"words": "%"}, set()),
        ({"words": "P0301", "outcome": Outcome.REFUSED}, set()),
    ],
)
async def test_a_filter_finds_what_fits_and_nothing_else(
    database: Database, there: dict[str, UUID], wanted: dict[str, object], subjects: set[str]
) -> None:
    assert {one.subject for one in await search(database, **wanted)} == subjects
    assert len(there) == 28


async def test_pages_miss_nothing_though_all_opened_at_one_moment(
    database: Database, there: dict[str, UUID]
) -> None:
    seen: list[UUID] = []
    after = None
    while page := await search(database, after=after, most=7):
        seen += [one.id for one in page]
        after = (page[-1].opened_at, page[-1].id)
    assert len(seen) == len(set(seen))
    assert set(seen) == set(there.values())


async def test_what_stands_and_what_ended_lately_is_counted(
    database: Database,
    there: dict[str, UUID],  # noqa: ARG001 - what is counted
) -> None:
    async with database.transaction() as tx:
        now = await cases.standing(tx, clock.now() - DAY)
        later = await cases.standing(tx, clock.now() + DAY)
    assert (now.open, now.verifying) == (26, 0)
    assert now.ended == {Outcome.REFUSED: 1, Outcome.FULFILLED: 1}
    assert (later.open, later.ended, later.verified) == (26, {}, ())
