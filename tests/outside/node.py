"""Programs of others, in Node: clients that nobody here wrote."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
_WITHIN = 120.0


def _node() -> str | None:
    beside = Path(sys.executable).with_name("node")
    return str(beside) if beside.exists() else shutil.which("node")


NODE = _node()
MISSING = (
    "Node is not installed"
    if NODE is None
    else None
    if MODULES.exists()
    else "its clients are not installed: `make test` does it"
)
"""Why no program can be run here; None when they can."""


async def run_node(
    program: Path | str, *arguments: str, within: float = _WITHIN, **environment: str
) -> str:
    """What a program wrote; it has to end with 0. Relative names are those of node_modules."""
    code, said = await try_node(program, *arguments, within=within, environment=environment)
    assert code == 0, said
    return said


async def try_node(
    program: Path | str,
    *arguments: str,
    within: float = _WITHIN,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Its exit code, and all that it wrote."""
    assert NODE is not None
    process = await asyncio.create_subprocess_exec(
        NODE,
        str(MODULES / program),
        *arguments,
        cwd=HERE,
        env={
            **os.environ,
            "PATH": f"{Path(NODE).parent}:{os.environ['PATH']}",
            **(environment or {}),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(within):
            said, _ = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, said.decode(errors="replace")
