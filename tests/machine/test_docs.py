"""The how-to page is true: its programs run as they stand there."""

import asyncio
import json
import re
import ssl
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.machine.conftest import Site
from tests.platform.outward.test_tls import certified

from thingdesk_machine import Identity

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/write-a-machine.md").read_text(encoding="utf-8")
IDENTITY, CAR, TLS, LEDGER = re.findall(r"```python.*?\n(.*?)```", PAGE, re.DOTALL)


async def run(program: str, folder: Path, desk: str = "") -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-c", program),
        cwd=folder,
        env={"PYTHONPATH": str(ROOT / "src"), "DESK": desk},
        stdout=asyncio.subprocess.PIPE,
    )


async def test_the_programs_of_the_page(
    site: Site, known: dict[str, Identity], tmp_path: Path
) -> None:
    identity = await run(IDENTITY, tmp_path)
    said, _ = await identity.communicate()
    assert json.loads(said)["crv"] == "Ed25519"
    known["car-1"] = Identity.load(tmp_path / "car-1.json")
    (tmp_path / "desk.json").write_text(json.dumps({"keys": site.desk.keys}))

    car = await run(CAR, tmp_path, site.url)
    assert car.stdout is not None
    try:
        async with asyncio.timeout(60):
            assert b"the desk has it, case case-of-" in await car.stdout.readline()
            site.mqtt.command("car-1", "c1", arguments={"unit": "infotainment"})
            (result,) = await site.desk.has(lambda desk: desk.of("result"))
            assert result["data"]["status"] == "done"
            site.mqtt.send("car-1", "notices", notice("a tow truck is under way"))
            assert await car.stdout.readline() == b"notice: a tow truck is under way\n"
    finally:
        car.kill()
        await car.wait()

    ledger = await run(LEDGER, tmp_path)
    said, _ = await ledger.communicate()
    assert ledger.returncode == 0
    assert said.count(b"\n") == 3
    assert b"c1 restart done 0" in said


async def test_tls_without_the_time_still_tells_one_desk_from_another(tmp_path: Path) -> None:
    for name, timely, accepted in (
        ("localhost", True, True),
        ("localhost", False, True),
        ("other.example", False, False),
    ):
        begins = timedelta(days=-1 if timely else 3660)
        server, strict = certified(tmp_path, name, begins=begins)
        assert await shakes_hands(server, strict) == (accepted and timely)
        found: dict[str, Any] = {}
        exec(TLS, found)  # noqa: S102 - the page's own
        tls: ssl.SSLContext = found["options"].tls
        tls.load_verify_locations(tmp_path / "both.pem")
        assert await shakes_hands(server, tls) == accepted


async def shakes_hands(server: ssl.SSLContext, tls: ssl.SSLContext) -> bool:
    async with await asyncio.start_server(lambda _, w: w.close(), "localhost", 0, ssl=server) as at:
        try:
            port = at.sockets[0].getsockname()[1]
            _, writer = await asyncio.open_connection("localhost", port, ssl=tls)
        except ssl.SSLCertVerificationError:
            return False
        writer.close()
        return True


def notice(words: str) -> dict[str, object]:
    data: dict[str, object] = {
        "notice": "n1",
        "kind": "k",
        "case": None,
        "words": words,
        "data": {},
    }
    return {"type": "thingdesk.notice", "data": data}
