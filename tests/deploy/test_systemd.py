"""The units under a systemd that really starts them, as the page about deploying says."""

import asyncio
import re
import shutil
import sys
import sysconfig
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.architecture.source import ROOT
from tests.deploy.computer import Computer, booted, missing
from tests.docs.pages import titled
from tests.machine.brokers import MOSQUITTO
from tests.waiting import until

from thingdesk import __version__

PAGE = "docs/how-to/deploy.md"
WHY_NOT = missing() or ("mosquitto is not installed" if MOSQUITTO is None else None)
pytestmark = [
    pytest.mark.skipif(WHY_NOT is not None, reason=f"no computer to boot: {WHY_NOT}"),
    pytest.mark.timeout(400),
]
# the Python of the tests may be below a home, where no unit may look
SEEN = {Path(sys.base_prefix): "opt/python", Path(sysconfig.get_path("purelib")): "opt/packages"}
RELEASE = f"thingdesk-{__version__}"
ROLES = {"web": 9464, "ingest": 9465, "work": 9466, "work-2": 9467}
DATABASE = """
import asyncio
from pathlib import Path
from thingdesk.platform.embedded import EmbeddedPostgres

async def main():
    home = Path("/var/lib/database")
    async with EmbeddedPostgres(home) as server:
        (home / "url").write_text(server.url)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def install(folder: Path) -> None:
    """The code and its environment, with the packages of the tests in place of fetched ones."""
    release = folder / "opt" / RELEASE
    ignored = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in ("src", "scripts", "deploy", "docs"):
        shutil.copytree(ROOT / name, release / name, ignore=ignored)
    for place in SEEN.values():
        (folder / place).mkdir()
    (folder / "opt" / "database.py").write_text(DATABASE)
    scripts = release / ".venv" / "bin"
    scripts.mkdir(parents=True)
    shutil.copy(Path(sysconfig.get_path("scripts"), "nats-server"), scripts)


async def settle(computer: Computer) -> None:
    python = Path("/opt/python/bin", f"python3.{sys.version_info.minor}")
    environment = f"/opt/{RELEASE}/.venv"
    packages = f"{environment}/lib/{python.name}/site-packages"
    await computer.do(
        f"""
        echo /opt/python/lib > /etc/ld.so.conf.d/000-tests.conf
        ldconfig
        {python} -m venv --without-pip {environment}
        echo /opt/packages > {packages}/packages.pth
        {environment}/bin/python /opt/{RELEASE}/scripts/link_source.py
        """
    )
    for block in ("account", "units"):
        await computer.do(titled(PAGE, block))


@pytest.fixture
async def computer(tmp_path: Path) -> AsyncIterator[Computer]:
    async with AsyncExitStack() as stack:
        install(tmp_path)
        one = await stack.enter_async_context(booted(tmp_path, SEEN))
        await settle(one)
        yield one


async def set_up(computer: Computer, name: str, **settings: object) -> None:
    lines = "\n".join(f"THINGDESK_{key.upper()}={value}" for key, value in settings.items())
    await computer.do(f"umask 077; cat > /etc/thingdesk/{name}.env <<'END'\n{lines}\nEND")


async def bring_pack(computer: Computer) -> None:
    ovens = titled("docs/tutorial/first-service.md", "ovens.py")
    await computer.do(f"cd /root; umask 077; cat > ovens.py <<'END'\n{ovens}\nEND")
    assert "ovens" in await computer.do(f"cd /root\n{titled(PAGE, 'packs')}")


async def offers_it(computer: Computer) -> None:
    """The desk does, and the command finds it as well."""
    await computer.do("thingdesk check ovens")
    ask = "from urllib.request import urlopen; "
    ask += "print(urlopen('http://127.0.0.1:8080/v1/catalog', timeout=4).read().decode())"
    status, said = await computer.run("/opt/thingdesk/.venv/bin/python", "-c", ask)
    assert status == 0
    assert "oven.descale" in said


async def answers(computer: Computer, port: int, path: str) -> bool:
    ask = f"from urllib.request import urlopen; urlopen('http://127.0.0.1:{port}{path}', timeout=4)"
    return (await computer.run("/opt/thingdesk/.venv/bin/python", "-c", ask))[0] == 0


async def is_shut_in(computer: Computer, unit: str) -> None:
    """What the first process of a unit may do, as the kernel says."""
    (pid,) = await computer.shows(unit, "MainPID")
    status = await computer.do(f"cat /proc/{pid}/status; cat /proc/{pid}/limits")
    for fact in (r"NoNewPrivs:\s1", r"Seccomp:\s2", r"CapBnd:\s0+\n", r"core file size\s+0\s+0"):
        assert re.search(fact, status), fact
    account = (await computer.do("id -u thingdesk")).strip()
    assert re.search(rf"Uid:\s{account}\s{account}\s{account}", status)


async def comes_back(computer: Computer, unit: str, signal: str, result: str) -> None:
    (before, times) = await computer.shows(unit, "MainPID", "NRestarts")
    await computer.do(f"systemctl kill --kill-whom=main --signal={signal} {unit}")

    async def again() -> bool:
        pid, restarts, state = await computer.shows(unit, "MainPID", "NRestarts", "ActiveState")
        return pid not in {before, "0"} and state == "active" and int(restarts) == int(times) + 1

    await until(again, within=90)
    assert f"Failed with result '{result}'" in await computer.log()


async def ends_within(computer: Computer, seconds: float, *units: str) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await computer.do(f"systemctl stop {' '.join(units)}")
    assert loop.time() - began < seconds
    for unit in units:
        assert await computer.shows(unit, "ActiveState", "Result") == ["inactive", "success"]
    account = (await computer.do("id -u thingdesk")).strip()
    status, said = await computer.run("pgrep", "--uid", account, "--list-full")
    assert status == 1, said


async def test_a_whole_desk_starts_backs_up_comes_back_and_ends(computer: Computer) -> None:
    await set_up(computer, "desk", operations_port=9464, public_url="http://desk.example")
    await bring_pack(computer)
    said = await computer.do(titled(PAGE, "whole"))
    assert "BAD" not in said
    assert "http://desk.example/set-up/" in said
    assert await answers(computer, 9464, "/ready")
    assert await answers(computer, 8080, "/log-in")
    await offers_it(computer)
    await is_shut_in(computer, "thingdesk")

    backups = "/var/backups/thingdesk"
    for days, name in ((32, "old"), (29, "new")):
        await computer.do(f"touch --date='{days} days ago' {backups}/thingdesk-{name}.tar")
    await computer.do("systemctl start thingdesk-backup")
    kept = (await computer.do(f"stat --format='%U %a %n' {backups}/*")).splitlines()
    made = rf"thingdesk 600 {backups}/thingdesk-[0-9TZ]+\.tar"
    assert [bool(re.fullmatch(made, one)) for one in kept] == [True, False]
    assert "thingdesk-new.tar" in kept[1]
    assert await answers(computer, 9464, "/ready"), "the desk goes on"
    assert await computer.shows("thingdesk-backup.timer", "ActiveState") == ["active"]

    await comes_back(computer, "thingdesk", "KILL", "signal")
    assert "BAD" not in await computer.do("thingdesk doctor")
    await ends_within(computer, 40, "thingdesk")


async def test_roles_share_servers_of_ones_own(computer: Computer) -> None:
    service = "systemd-run --quiet --uid=thingdesk --property=StateDirectory=database"
    await computer.do(
        f"""
        {service} --unit=postgresql --property=RuntimeDirectory=database \
            --setenv=TMPDIR=/run/database /opt/thingdesk/.venv/bin/python /opt/database.py
        systemd-run --quiet --unit=mosquitto {MOSQUITTO} -p 1883
        """
    )

    async def url() -> str:
        return (await computer.run("cat", "/var/lib/database/url"))[1].strip()

    async def there() -> bool:
        return (await url()).startswith("postgresql://")

    await until(there, within=60)
    servers = {"broker_url": "mqtt://127.0.0.1:1883", "public_url": "http://desk.example"}
    await set_up(computer, "desk", **servers)
    await computer.do("umask 077; cp /var/lib/database/url /etc/thingdesk/credentials/database_url")
    for name, port in ROLES.items():
        await set_up(computer, name, operations_port=port)
    assert "applied" in await computer.do(f"cd /root\n{titled(PAGE, 'migrate')}")
    await bring_pack(computer)
    said = await computer.do(titled(PAGE, "roles"))
    assert "BAD" not in said
    assert "http://desk.example/set-up/" in said
    await computer.do("systemctl start thingdesk@work-2")
    for name, port in ROLES.items():
        assert await answers(computer, port, "/ready")
        await is_shut_in(computer, f"thingdesk@{name}")
        assert f"--roles {name.partition('-')[0]}" in await roles(computer, name)

    await offers_it(computer)
    await comes_back(computer, "thingdesk@web", "STOP", "watchdog")
    await ends_within(computer, 15, *(f"thingdesk@{one}" for one in ROLES), "postgresql")


async def roles(computer: Computer, name: str) -> str:
    (pid,) = await computer.shows(f"thingdesk@{name}", "MainPID")
    return (await computer.do(f"tr '\\0' ' ' < /proc/{pid}/cmdline")).strip()
