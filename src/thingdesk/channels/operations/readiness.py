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
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def reasons(self) -> dict[str, str]:
        """What is wrong, by the check that says so; nothing when the process is ready."""
        if self._stop.is_set():
            return {"desk": "is stopping"}
        if not self._started:
            return {"desk": "is starting"}
        found = await asyncio.gather(*(self._ask(one) for one in self._checks))
        return {name: reason for name, reason in zip(self._checks, found, strict=True) if reason}

    def started(self) -> None:
        """Every check is there."""
        self._started = True

    async def _ask(self, name: str) -> str | None:
        """A check that hangs is not asked again meanwhile: not even its end may be soon, and each
        would take a connection of its own.
        """
        asked = self._asking.get(name)
        if asked is None or asked.done():
            asked = self._asking[name] = asyncio.create_task(_run(self._checks[name]))
            # nobody may be there any more to hear how it failed
            asked.add_done_callback(lambda one: one.cancelled() or one.exception())
        answered, _ = await asyncio.wait({asked}, timeout=_WITHIN)
        if not answered:
            return f"no answer within {_WITHIN:.0f} s"
        match asked.exception():
            case None:
                return None
            case Unready() as unready:
                return str(unready)
            case error:
                return type(error).__name__


async def _run(check: Check) -> None:
    await check()
