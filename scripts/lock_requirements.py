"""Locks requirements/run.in and dev.in with hashes, for every Python from 3.11 on, naming no host.

What is already locked stays as it is, unless it is called with --upgrade.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = (
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
)


def lock(name: str, *options: str) -> None:
    print(f"locking requirements/{name}.in", flush=True)
    command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, *options]
    files = [f"requirements/{name}.in", "-o", f"requirements/{name}.txt"]
    subprocess.run([*command, *files], cwd=ROOT, check=True)


def main() -> None:
    lock("run", *sys.argv[1:])
    # the tests run on the very versions that the product runs on
    lock("dev", *sys.argv[1:], "--constraint=requirements/run.txt")


if __name__ == "__main__":
    main()
