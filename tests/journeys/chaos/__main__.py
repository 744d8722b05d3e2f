"""`make chaos KILLS=200 SEED=7`: the long form, half of the kills for each way to run a desk, or
all of them for one that is split into its roles (ROLES=1).
"""

import argparse
import asyncio
import secrets
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.journeys.chaos import course, site


def _shown(began: float, line: str) -> None:
    sys.stdout.write(f"{time.monotonic() - began:7.1f} s {line}\n")
    sys.stdout.flush()


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--kills", type=int, default=200)
    given.add_argument("--seed", type=int, default=None)
    given.add_argument("--roles", action="store_true", help="only a desk that is split into them")
    wanted = given.parse_args()
    seed = secrets.randbelow(100_000) if wanted.seed is None else wanted.seed
    show = partial(_shown, time.monotonic())
    again = f"make chaos KILLS={wanted.kills} SEED={seed}{' ROLES=1' if wanted.roles else ''}"
    show(f"{again} repeats this")
    in_one = 0 if wanted.roles else wanted.kills - wanted.kills // 2
    shares = {site.split: wanted.kills - in_one, site.in_one: in_one}
    for made, kills in ((made, kills) for made, kills in shares.items() if kills):
        show(f"{kills} kills of a desk {made.__name__}")
        with TemporaryDirectory(prefix="thingdesk-chaos-") as folder:
            try:
                asyncio.run(course.run(made, Path(folder), seed, kills, show))
            except AssertionError as wrong:
                show(f"failed; {again} repeats it")
                sys.exit(str(wrong))
    show("nothing was lost, nothing happened twice, and everything came to its end")


if __name__ == "__main__":
    main()
