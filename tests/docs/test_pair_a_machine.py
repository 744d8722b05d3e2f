"""The how-to for pairing, done as a reader does it; the owner answers on the page, in a browser."""

import json
from pathlib import Path

import pytest
from tests.docs.owner import Owner, a_browser
from tests.docs.reader import Reader, Running, reading
from tests.parties.making import unique

from thingdesk import parties
from thingdesk.parties import NewOwner
from thingdesk.platform.database import Database
from thingdesk_machine import Identity

PAGE = "docs/how-to/pair-a-machine.md"
pytestmark = pytest.mark.timeout(300)


async def asking(
    reader: Reader, database: Database, *, helped: bool = False
) -> tuple[Owner, Running, str]:
    """An owner before the desk's page, the machine of the page, and the code that it shows."""
    machine, address = unique("car"), f"{unique('owner')}@example.org"
    identity = Identity.create(machine)
    identity.save(reader.folder / "car-1.json")
    key = identity.public_jwk["x"]
    async with database.transaction() as tx:
        await parties.register(tx, [parties.NewMachine(machine, "car", "C1", key=key)])
        await parties.add_owner(tx, NewOwner(address, "An Owner"))
    reader.write(PAGE, "pair.py")
    desk = await reader.start("thingdesk up")
    await desk.says("Ready", within=90)
    if helped:
        reader.env["HELPER"] = await handed(reader, database, address)
    program = await reader.start("python pair.py")
    shown = await program.says(r"^Show your owner: (\S+)/pair (\S+)$")
    mail = reader.folder / "var" / "mail"
    return Owner(a_browser(shown[1]), address, mail), program, shown[2]


async def handed(reader: Reader, database: Database, owner: str) -> str:
    """What a helper of this owner makes for the exchange."""
    identity = Identity.create(unique("robot"))
    identity.save(reader.folder / "helper-1.json")
    key = identity.public_jwk["x"]
    theirs = NewOwner(owner, "An Owner")
    helper = parties.NewMachine(identity.machine, "robot", "R1", key=key, owner=theirs)
    async with database.transaction() as tx:
        await parties.register(tx, [helper])
    reader.write(PAGE, "helper.py")
    program = await reader.start("python helper.py")
    return (await program.says(r"^For the exchange: (\S+)$"))[1]


async def test_the_machine_of_the_page_is_paired(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with reading(tmp_path, THINGDESK_DATABASE_URL=database_url) as reader:
        owner, machine, code = await asking(reader, database, helped=True)
        async with owner.browser:
            consent = await owner.types({"user_code": code})
            said = await owner.presses("Yes, it may", consent)
            assert "It may act for you." in said.text
            given = json.loads((await machine.says(r"^May do: (.*)$"))[1])
            assert given["per_case"] == {"minor": 5000, "currency": "EUR"}
            assert given["depth"] == 1
            (passed,) = json.loads((await machine.says(r"^Passed on: (.*)$"))[1])
            await machine.says(r"^As: DPoP$")
        assert passed["services"] == given["services"][:1]
        assert passed["per_period"] == {"minor": 9000, "currency": "EUR"}
        assert "depth" not in passed
        assert not reader.left(PAGE)


async def test_what_the_desk_refuses_is_said(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with reading(tmp_path, THINGDESK_DATABASE_URL=database_url) as reader:
        await asking(reader, database)
        text = (reader.folder / "pair.py").read_text()
        (reader.folder / "typo.py").write_text(text.replace("vehicle.*", "vehicel.*"))
        said = await reader.run("python typo.py", status=1)
        assert said.startswith("invalid_authorization_details: 0.services names nothing"), said


async def test_an_owner_who_says_no_is_heard(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with reading(tmp_path, THINGDESK_DATABASE_URL=database_url) as reader:
        owner, machine, code = await asking(reader, database)
        async with owner.browser:
            await owner.presses("No", await owner.types({"user_code": code}))
        await machine.says(r"^access_denied: ")
