"""The how-to for those who wait for a person, done as a reader does it."""

import re
from pathlib import Path

import pytest
from tests.docs.pages import pages, titled
from tests.docs.reader import reading
from tests.waiting import until

from thingdesk import contact, parties
from thingdesk.contact import COMES_WITHIN, MOST_A_DAY, MOST_OPEN, CallBacks, Hold
from thingdesk.packs import person
from thingdesk.parties import Role
from thingdesk.platform.database import Database

PAGE = "docs/how-to/wait-for-a-person.md"


@pytest.mark.timeout(300)
async def test_the_assistant_of_the_page_hands_over(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with reading(tmp_path, THINGDESK_DATABASE_URL=database_url) as reader:
        reader.write(PAGE, "identity.py", "assistant.py")
        desk = await reader.start(titled(PAGE, "desk"))
        await desk.says("Ready", within=90)
        assert "1 new" in await reader.run(titled(PAGE, "register"))
        async with database.transaction() as tx:
            staff = (await parties.add_staff(tx, "mia@example.org", "Mia", [Role.AGENT])).id
        assistant = await reader.start("python assistant.py")
        said = titled(PAGE, "said").splitlines()
        await assistant.says(f"^{re.escape(said[0])}$")
        async with database.transaction() as tx:
            hold = await contact.take(tx, staff, CallBacks())
        times = re.sub(r"\d\d:\d\d", "TIME", said[1])
        await assistant.says(f"^{re.escape(times).replace('TIME', '[0-9:]{5}')}$")

        async def talking() -> Hold | None:
            async with database.transaction() as tx:
                found = await contact.get(tx, hold.id)
            return found if found and found.state is contact.State.TALKING else None

        await until(talking)
        async with database.transaction() as tx:
            await contact.end(tx, staff, hold.id, "Explained the bill.")
        await assistant.says(f"^{re.escape(said[2])}$")
        assert not reader.left(PAGE)


def test_what_the_page_says_is_so() -> None:
    text = pages()[PAGE]
    named = re.findall(r"^\| `(person\.\w+)` \|", text, re.MULTILINE)
    assert named == [one.name for one in person.SERVICES]
    words = {3: "three", 5: "five", 20: "twenty"}
    assert f"has {words[MOST_OPEN]} open holds at most, and {words[MOST_A_DAY]} a day" in text
    assert f"within {words[COMES_WITHIN.seconds // 60]} minutes" in text
