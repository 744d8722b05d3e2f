"""A computer with a systemd of its own, made of namespaces: what is done there goes with it."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
from tests.deploy import boot
from tests.waiting import until

from thingdesk.platform.embedded import _launch

NEEDED = (
    *("unshare", "nsenter", "mount", "umount", "pivot_root"),
    *("systemctl", "systemd-run", "journalctl", "dbus-daemon"),
)
PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing() -> str | None:
    """Why there can be none here."""
    if os.geteuid():
        return "not root"
    absent = [one for one in NEEDED if shutil.which(one, path=PATH) is None]
    if absent or not Path(boot.SYSTEMD).exists():
        return f"not installed: {', '.join(absent) or 'systemd'}"
    trial = ["unshare", "--mount", "--pid", "--fork", "--cgroup", "--net", "mount"]
    may = subprocess.run([*trial, "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    if may.returncode:
        return "no namespaces may be made"
    return None if _may_be_grouped() else "no control groups of version 2 may be made"


def _groups() -> Path | None:
    """Where control groups of version 2 are."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        place, _, kind = line.partition(" - ")
        if kind.startswith("cgroup2 "):
            return Path(place.split()[4])
    return None


def _may_be_grouped() -> bool:
    """A container may see them, and be let to read only."""
    groups = _groups()
    if groups is None:
        return False
    trial = groups / f"thingdesk-trial-{os.getpid()}"
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError:
        return False
    return True


class Computer:
    """`folder` has what boot.py says. Enter it with `booted`."""

    def __init__(self, folder: Path, seen: Mapping[Path, str]) -> None:
        self.folder = folder
        self._seen = [f"{here}:{there}" for here, there in seen.items()]
        groups = _groups()
        assert groups
        self._group = groups / f"thingdesk-test-{os.getpid()}"
        self._outer: subprocess.Popen[bytes] | None = None
        self.first = 0

    def start(self) -> None:
        self._group.mkdir()
        spaces = ("mount", "pid", "cgroup", "uts", "ipc", "net")
        unshare = ["unshare", "--fork", "--kill-child", *(f"--{one}" for one in spaces)]
        enter = 'echo $$ > "$0" && exec "$@"'  # its groups are below this one, and it sees no other
        begin = ["/bin/sh", "-c", enter, str(self._group / "cgroup.procs"), *unshare]
        us, ends_by = str(os.getpid()), str(signal.SIGKILL.value)
        launch = [sys.executable, "-I", "-S", _launch.__file__, us, ends_by, "", "/"]
        with (self.folder / "output").open("wb") as output:
            self._outer = subprocess.Popen(
                [*launch, *begin, sys.executable, boot.__file__, str(self.folder), *self._seen],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )

    async def runs(self) -> bool:
        """Whether it takes commands."""
        assert self._outer
        assert self._outer.poll() is None, (self.folder / "output").read_text()
        # until it has become systemd it sees this computer's files, where commands do not belong
        below = psutil.Process(self._outer.pid).children()
        if not below or below[0].name() != "systemd":
            return False
        self.first = below[0].pid
        return (await self.run("systemctl", "is-active", "basic.target"))[0] == 0

    async def run(self, *command: str) -> tuple[int, str]:
        """A command of its administrator: how it ended, and what it said."""
        spaces = ("--mount", "--pid", "--cgroup", "--uts", "--ipc", "--net")
        clean = ("env", "-i", f"PATH={PATH}", "LANG=C.UTF-8")
        process = await asyncio.create_subprocess_exec(
            *("nsenter", "--target", str(self.first), *spaces, *clean, *command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(150):
            said, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, said.decode()

    async def do(self, words: str) -> str:
        """What these lines of a shell say; each of them has to succeed."""
        status, said = await self.run("bash", "-euc", words)
        assert status == 0, f"{words}\n{said}\n{(await self.log())[-6000:]}"
        return said

    async def shows(self, unit: str, *names: str) -> list[str]:
        """These properties of a unit."""
        said = await self.do(f"systemctl show {unit} --property={','.join(names)}")
        told = dict(line.split("=", 1) for line in said.splitlines())
        return [told[name] for name in names]

    async def log(self) -> str:
        """What its units, and systemd of them, have said."""
        return (await self.run("journalctl", "--no-pager", "--output=cat"))[1]

    async def end(self) -> None:
        """Pull the plug."""

        async def gone() -> bool:
            """A group can go once the last of its processes is reaped."""
            groups = sorted((one for one in self._group.rglob("*") if one.is_dir()), reverse=True)
            with suppress(OSError):
                for one in (*groups, self._group):
                    one.rmdir()
            return not self._group.exists()

        if self._outer:
            self._outer.kill()
            self._outer.wait()
        # its first process is killed with its parent, and all others with that
        await until(gone)


@asynccontextmanager
async def booted(folder: Path, seen: Mapping[Path, str]) -> AsyncIterator[Computer]:
    """`seen`: what of this computer is seen there, and where."""
    computer = Computer(folder, seen)
    try:
        computer.start()
        await until(computer.runs)
        yield computer
    finally:
        await computer.end()
