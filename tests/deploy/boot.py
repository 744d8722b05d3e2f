"""Starts systemd as the first process of a computer that is made of namespaces alone.

    unshare --mount --pid --fork --cgroup --uts --ipc --net python boot.py FOLDER HERE:THERE …

The disk is this one's, seen through an overlay: whatever is written stays in memory. Of its units
none is there but the bus and the journal, and FOLDER/opt is its /opt. The network is
a loopback interface. What is HERE is seen THERE, read-only.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

SYSTEMD = "/lib/systemd/systemd"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
TARGETS = ("sysinit", "basic", "shutdown", "timers", "sockets", "multi-user", "network-online")
"""Of systemd's own; they are what units hang on, and want nothing that is not theirs."""
SERVERS = (
    *("dbus.socket", "dbus.service"),
    *("systemd-journald.socket", "systemd-journald-dev-log.socket", "systemd-journald.service"),
)
_UP = 0x8914, 0x1 | 0x40  # SIOCSIFFLAGS: IFF_UP, IFF_RUNNING


def mount(*words: object) -> None:
    subprocess.run(["/usr/bin/mount", *map(str, words)], check=True)


def make_root(folder: Path) -> Path:
    """The disk of the computer."""
    box = folder / "box"
    box.mkdir()
    mount("-t", "tmpfs", "tmpfs", box)
    root, upper, work = (box / name for name in ("root", "upper", "work"))
    for one in (root, upper, work):
        one.mkdir()
    mount("-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", root)
    for kind, place, *options in (
        ("proc", "proc"),
        ("sysfs", "sys"),
        ("cgroup2", "sys/fs/cgroup"),
        ("tmpfs", "dev", "-o", "mode=755"),
        ("tmpfs", "run", "-o", "mode=755"),
        ("tmpfs", "tmp"),
        ("tmpfs", "opt", "-o", "mode=755"),
        ("tmpfs", "etc/systemd/system", "-o", "mode=755"),
    ):
        mount("-t", kind, *options, kind, root / place)
    return root


def fill(root: Path, folder: Path, seen: list[str]) -> None:
    """Its devices, its units, and what is shared."""
    for name, options in (("pts", "newinstance,ptmxmode=0666,mode=0620"), ("shm", "mode=1777")):
        (root / "dev" / name).mkdir()
        kind = "devpts" if name == "pts" else "tmpfs"
        mount("-t", kind, "-o", options, kind, root / "dev" / name)
    (root / "dev" / "ptmx").symlink_to("pts/ptmx")
    for name in DEVICES:
        (root / "dev" / name).touch()
        mount("--bind", f"/dev/{name}", root / "dev" / name)
    mount("--bind", folder / "opt", root / "opt")
    for one in seen:
        here, _, there = one.partition(":")
        mount("--bind", "--options=ro", here, root / there)
    units = root / "etc" / "systemd" / "system"
    for name in (*(f"{one}.target" for one in TARGETS), *SERVERS):
        (units / name).write_text(Path("/lib/systemd/system", name).read_text())
    wanted = units / "sockets.target.wants"
    wanted.mkdir()
    for name in SERVERS:
        if name.endswith(".socket"):
            (wanted / name).symlink_to(f"../{name}")


def begin(root: Path) -> None:
    """Become its first process."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        fcntl.ioctl(door, _UP[0], struct.pack("16sh14x", b"lo", _UP[1]))
    (root / "before").mkdir()
    os.chdir(root)
    subprocess.run(["/usr/sbin/pivot_root", ".", "before"], check=True)
    os.chroot(".")
    subprocess.run(["/usr/bin/umount", "--lazy", "/before"], check=True)
    mount("--make-rshared", "/")  # as computers have it: credentials come into sight by that
    environment = {
        "container": "thingdesk-test",
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "SYSTEMD_UNIT_PATH": "/etc/systemd/system",
    }
    words = ("--system", "--unit=multi-user.target", "--log-target=journal", "--show-status=no")
    os.execve(SYSTEMD, (SYSTEMD, *words), environment)  # noqa: S606 - it becomes systemd


def main() -> None:
    folder = Path(sys.argv[1])
    os.umask(0o022)
    mount("--make-rprivate", "/")
    root = make_root(folder)
    fill(root, folder, sys.argv[2:])
    begin(root)


if __name__ == "__main__":
    main()
