"""`make upgrade FROM=v0.1.0`: whether the working tree can follow that release."""

import argparse
import asyncio
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.upgrade.check import ROOT, UpgradeFailed, check, checked_out


def _shown(began: float, line: str) -> None:
    sys.stdout.write(f"{time.monotonic() - began:7.1f} s {line}\n")
    sys.stdout.flush()


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--from", dest="old", default="HEAD", help="a tag or commit")
    wanted = given.parse_args()
    show = partial(_shown, time.monotonic())
    show(f"from {wanted.old} to the working tree")
    with TemporaryDirectory(prefix="thingdesk-upgrade-") as name:
        folder = Path(name)
        try:
            with checked_out(wanted.old, folder / "release") as old:
                asyncio.run(check(old, ROOT, folder, show=show))
        except UpgradeFailed as wrong:
            sys.exit(f"The working tree cannot follow {wanted.old}: {wrong}")
    show(f"the working tree can follow {wanted.old}")


if __name__ == "__main__":
    main()
