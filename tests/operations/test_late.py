"""Where no worker runs, the others say so."""

from datetime import timedelta
from pathlib import Path

from tests.desk import running
from tests.waiting import until

from thingdesk import parties
from thingdesk.journeys import Facts
from thingdesk.platform import clock, durable, ids
from thingdesk.platform.database import Database
from thingdesk.platform.durable import Priority


async def test_a_process_that_works_on_no_journeys_tells_that_nobody_does(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    facts = Facts(ids.new(), "car-1", None, "lab.lost", {}, safety=False, turn=0).as_data()
    now = clock.now()
    with clock.reading(lambda: now - timedelta(minutes=5)):
        async with database.transaction() as tx:
            await parties.add_staff(tx, "staff@example.org", "Staff", [parties.Role.AGENT])
            durable.start(tx, ids.new(), "lab.lost@1", facts, priority=Priority.NORMAL)

    async def told() -> list[str]:
        async with database.transaction() as tx:
            found = await tx.fetch("select words from notice where kind = 'journeys.late'")
        return [row["words"] for row in found]

    async with running(tmp_path / "desk", roles="web", database_url=database_url):
        assert await told() == [], "not at once: a worker may just have started"
        (words,) = await until(told, within=60)
    assert words.startswith("1 journey is due and not taken up: lab.lost, version 1, since")
