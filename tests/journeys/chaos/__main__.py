"""`make chaos KILLS=200 SEED=7`: the long form, half of the kills for each way to run a desk."""

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
    wanted = given.parse_args()
    seed = secrets.randbelow(100_000) if wanted.seed is None else wanted.seed
    show = partial(_shown, time.monotonic())
    show(f"make chaos KILLS={wanted.kills} SEED={seed} repeats this")
    halves = {site.split: wanted.kills // 2, site.in_one: wanted.kills - wanted.kills // 2}
    for made, kills in halves.items():
        show(f"{kills} kills of a desk {made.__name__}")
        with TemporaryDirectory(prefix="thingdesk-chaos-") as folder:
            try:
                asyncio.run(course.run(made, Path(folder), seed, kills, show))
            except AssertionError as wrong:
                show(f"failed; make chaos KILLS={wanted.kills} SEED={seed} repeats it")
                sys.exit(str(wrong))
    show("nothing was lost, nothing happened twice, and everything came to its end")


if __name__ == "__main__":
    main()
