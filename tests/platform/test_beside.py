"""What is done beside the event loop, and a process that ends meanwhile."""

import asyncio
import subprocess
import sys
import threading

import pytest

from thingdesk.platform.beside import beside

_HANGS = """
import asyncio, threading
from thingdesk.platform.beside import beside

async def main():
    began, never = threading.Event(), threading.Event()
    beside("hangs", lambda: (began.set(), never.wait()))
    await asyncio.to_thread(began.wait)
    print("it hangs")

asyncio.run(main())
"""


async def test_what_it_makes_or_raises_is_whose_who_asked() -> None:
    name = await beside("one", lambda: threading.current_thread().name)
    assert name == "one"
    with pytest.raises(ZeroDivisionError):
        await beside("two", lambda: 1 // 0)


async def test_who_gives_up_waiting_is_not_answered() -> None:
    go = threading.Event()
    made = beside("slow", go.wait)
    made.cancel()
    go.set()
    assert await beside("next", lambda: 1) == 1
    with pytest.raises(asyncio.CancelledError):
        await made


def test_a_process_ends_without_it() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _HANGS], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "it hangs\n", "")
