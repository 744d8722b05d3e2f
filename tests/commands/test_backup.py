"""A desk under load is copied, destroyed and restored, and goes on as if nothing had been."""

import asyncio
import io
import shutil
import stat
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from tests.desk import DeskProcess, all_running
from tests.journeys.outside import Gated, settle_in
from tests.machine.conftest import QUICK
from tests.parties.making import unique
from tests.saying import Caller, Event, signal
from tests.waiting import until

from thingdesk import parties
from thingdesk.parties import NewMachine
from thingdesk.platform import present
from thingdesk.platform.database import Database
from thingdesk_machine import Identity, Machine, desk_keys

pytestmark = pytest.mark.timeout(300)


@asynccontextmanager
async def tables(desk: DeskProcess) -> AsyncIterator[Database]:
    """The database of the desk that runs."""
    database = await Database.connect(present.read(desk.folder)["database"])
    try:
        yield database
    finally:
        await database.close()


def forged(file: Path) -> bytes:
    """A backup whose sums are right, and whose content has a link."""
    with tarfile.open(file) as bundle:
        parts = {one.name: bundle.extractfile(one) for one in bundle}
        content = {name: part.read() for name, part in parts.items() if part}
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as data:
        link = tarfile.TarInfo("inside")
        link.type, link.linkname = tarfile.SYMTYPE, "base"
        data.addfile(link)
    content["postgres.tar.gz"] = inner.getvalue()
    del content["SHA256SUMS"]
    sums = [f"{sha256(one).hexdigest()}  {name}\n" for name, one in content.items()]
    content["SHA256SUMS"] = "".join(sums).encode()
    outer = io.BytesIO()
    with tarfile.open(fileobj=outer, mode="w", format=tarfile.GNU_FORMAT) as bundle:
        for name, one in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(one)
            bundle.addfile(info, io.BytesIO(one))
    return outer.getvalue()


@dataclass
class Load:
    """A machine that never stops talking, and what it holds receipts for."""

    caller: Caller
    said: list[Event]
    receipted: int = 0

    async def talk(self) -> None:
        while True:
            one = signal(self.caller.id)
            await self.caller.receipts("signals", one)
            self.said.append(one)

    async def again(self) -> int:
        """How many of them the desk takes for new; what it has is a repeat, with other content."""
        async with asyncio.timeout(60):
            answers = [
                await self.caller.say("signals", {**one, "data": {"values": {"speed": -1}}})
                for one in self.said
            ]
        return sum(answer.status_code == httpx.codes.OK for answer in answers)


async def wait_for(load: Load, more: int) -> None:
    goal = len(load.said) + more

    async def reached() -> bool:
        return len(load.said) >= goal

    await until(reached, within=60)


async def destroy(folder: Path) -> None:
    """What the killed desk had started may need a moment to end, and writes until then."""

    async def gone() -> bool:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return not await asyncio.to_thread(folder.exists)

    await until(gone)


async def a_press(desk: DeskProcess, folder: Path) -> Machine:
    identity = Identity.create(unique("press"))
    async with tables(desk) as database, database.transaction() as tx:
        new = NewMachine(identity.machine, "press", "press", key=identity.public_jwk["x"])
        await parties.register(tx, [new])
    return Machine(
        identity=identity,
        desk=desk.mqtt,
        queue=folder / f"{identity.machine}.queue",
        desk_keys=await desk_keys(desk.http),
        options=QUICK,
    )


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file


async def from_the_ashes(desk: DeskProcess, file: Path) -> None:
    """Nothing is left of the killed desk but its backup."""
    await destroy(desk.folder)
    code, said = await desk.command("restore", str(file))
    assert code == 0, said
    await desk.start()


async def goes_on(desk: DeskProcess, gated: Gated) -> None:
    """The journey that waited for its provider comes to its end, proven by signals."""
    async with tables(desk) as database:
        after = Gated(database, gated.machine, gated.id, gated.report)
        assert await after.machine.case_of(after.report) == str(after.id)
        await after.work()
        await after.recover()
        await after.is_verified_once()


async def test_a_destroyed_desk_goes_on_from_its_backup(tmp_path: Path) -> None:
    desk = DeskProcess(tmp_path / "desk", packs="tests.journeys.gated_pack", log="json")
    kept = tmp_path / "kept"
    kept.mkdir()
    async with all_running(desk), httpx.AsyncClient(base_url=desk.http, timeout=30) as http:
        async with tables(desk) as database:
            await settle_in(database)
            gated = await Gated.report_one(database, http)
            await gated.stop()
            await gated.job()
            load = Load((await Gated.report_one(database, http)).machine, [])
        keys = (await http.get("/v1/desk")).json()
        async with await a_press(desk, tmp_path) as press:
            await press.signal({"temperature": 20})
            async with asyncio.timeout(60):
                await press.drained()
            talking = asyncio.create_task(load.talk())
            await wait_for(load, 20)
            acknowledged = len(load.said)
            code, said = await desk.command("backup", str(kept))
            assert (code, "verified" in said) == (0, True), said
            await wait_for(load, 5)
            talking.cancel()
            desk.kill()

            await from_the_ashes(desk, only_file(kept))

            assert (await http.get("/v1/desk")).json() == keys
            load.said = load.said[:acknowledged]
            assert await load.again() == 0
            await goes_on(desk, gated)
            await press.signal({"temperature": 21})
            async with asyncio.timeout(60):
                await press.drained()
        code, said = await desk.command("doctor")
        assert "all hash chains hold" in said, said


async def test_what_is_no_whole_backup_is_refused(tmp_path: Path) -> None:
    desk = DeskProcess(tmp_path / "desk")
    code, said = await desk.command("backup", str(tmp_path / "none.tar"))
    assert code == 1
    assert "no desk in" in said

    code, said = await desk.command("migrate")
    assert code == 0, said
    file = tmp_path / "desk.tar"
    code, said = await desk.command("backup", str(file))
    assert code == 0, said
    code, said = await desk.command("backup", str(file))
    assert (code, "exists" in said) == (1, True)

    code, said = await desk.command("restore", str(file))
    assert (code, "is not empty" in said) == (1, True)

    other = DeskProcess(tmp_path / "other")
    whole = file.read_bytes()
    flipped = whole[:100_000] + bytes([whole[100_000] ^ 1]) + whole[100_001:]
    for name, content, words, left in (
        ("damaged", flipped, "is damaged", []),
        ("cut", whole[: len(whole) // 2], "no complete backup", []),
        ("foreign", b"once upon a time" * 1000, "no complete backup", []),
        ("empty", b"", "no complete backup", []),
        ("forged", forged(file), "neither a file nor a folder", ["postgres.lock"]),
    ):
        wrong = tmp_path / name
        wrong.write_bytes(content)
        code, said = await other.command("restore", str(wrong))
        assert code == 1, said
        assert words in " ".join(said.split()), said
        assert [one.name for one in other.folder.glob("*")] == left

    code, said = await desk.command("restore", str(file), "--replace")
    assert code == 0, said
    aside = [one.name for one in desk.folder.iterdir() if ".before-" in one.name]
    assert {one.split(".before-")[0] for one in aside} == {"postgres", "postgres.password"}
    code, said = await desk.command("migrate")
    assert (code, "applied" in said) == (0, False), said


async def test_a_running_desk_is_not_overwritten(tmp_path: Path) -> None:
    desk = DeskProcess(tmp_path / "desk", roles="web")
    async with all_running(desk):
        file = tmp_path / "desk.tar"
        code, said = await desk.command("backup", str(file))
        assert code == 0, said
        code, said = await desk.command("restore", str(file), "--replace")
        assert code == 1
        assert "already runs" in said
        assert desk.runs


async def test_a_database_of_yours_has_backups_of_its_own(
    tmp_path: Path, database_url: str
) -> None:
    desk = DeskProcess(tmp_path / "desk", database_url=database_url)
    for arguments in (("backup", str(tmp_path / "x")), ("restore", __file__)):
        code, said = await desk.command(*arguments)
        assert code == 1
        assert "pg_basebackup" in said
