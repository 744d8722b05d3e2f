import asyncio
from collections.abc import Awaitable, Callable, Mapping

Check = Callable[[], Awaitable[None]]
_WITHIN = 3.0


class Unready(RuntimeError):
    """What is not as it must be, in words for who runs the desk."""


class Readiness:
    """Whether this process can do its work: it has started, and every check passes, within seconds.

    A check raises Unready. Whatever else it raises is a reason, too, and its words stay in the log.
    """

    def __init__(self, checks: Mapping[str, Check], stop: asyncio.Event) -> None:
        self._checks = checks
        self._started = False
        self._stop = stop

    async def reasons(self) -> dict[str, str]:
        """What is wrong, by the check that says so; nothing when the process is ready."""
        if self._stop.is_set():
            return {"desk": "is stopping"}
        if not self._started:
            return {"desk": "is starting"}
        found = await asyncio.gather(*(_ask(one) for one in self._checks.values()))
        return {name: reason for name, reason in zip(self._checks, found, strict=True) if reason}

    def started(self) -> None:
        """Every check is there."""
        self._started = True


async def _ask(check: Check) -> str | None:
    try:
        async with asyncio.timeout(_WITHIN):
            await check()
    except Unready as unready:
        return str(unready)
    except TimeoutError:
        return f"no answer within {_WITHIN:.0f} s"
    except Exception as error:  # noqa: BLE001 - whatever it is, the process is not ready
        return type(error).__name__
    return None
