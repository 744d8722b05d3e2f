import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from thingdesk_machine import envelope, inbox, outbox
from thingdesk_machine.desk_clock import DeskClock
from thingdesk_machine.disk import Disk
from thingdesk_machine.errors import CommandRefused, NotSendable
from thingdesk_machine.inbox import Status, Stored
from thingdesk_machine.incoming import CommandBody, moment
from thingdesk_machine.post import Post
from thingdesk_machine.preconditions import unmet

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Command:
    """Something the desk wants this machine to do. What is reported because of it has its
    `hops`.
    """

    id: str
    name: str
    case: str | None
    arguments: dict[str, Any]
    expires: datetime
    preconditions: dict[str, Any]
    hops: int
    _done: Callable[[str, Any], Awaitable[None]] = field(repr=False, compare=False)

    async def done(self, detail: Any = None) -> None:
        """Settles the result before the act, for one that ends this process, such as a restart."""
        await self._done(self.id, detail)


Handler = Callable[[Command], Awaitable[Any]]


@dataclass(frozen=True)
class Registered:
    handler: Handler
    repeatable: bool


@dataclass(frozen=True)
class Answer:
    status: Status
    detail: Any


def judge(
    stored: Stored,
    names: Mapping[str, Registered],
    state: Mapping[str, Any],
    now: datetime,
) -> Answer | None:
    """Why a command must not be carried out; None when it may."""
    body = stored.body
    try:
        name, expires = str(body["name"]), moment(body["expires"])
        conditions, arguments = body.get("preconditions") or {}, body.get("arguments") or {}
        if not (isinstance(conditions, dict) and isinstance(arguments, dict)):
            raise ValueError("preconditions and arguments are objects")  # noqa: TRY301, TRY004 - as below
    except (KeyError, ValueError) as error:
        return _refused("malformed", f"the command cannot be read: {error}")
    if name not in names:
        return _refused("unknown_command", f"this machine knows no command {name!r}")
    if stored.started and not names[name].repeatable:
        reason = "the machine stopped while it carried this out; what came of it is not known"
        return Answer("failed", {"code": "interrupted", "reason": reason})
    if now >= expires:
        return Answer("expired", {"expires": body["expires"], "now": envelope.stamp(now)})
    problems = unmet(conditions, state)
    if problems:
        return _refused("precondition", "; ".join(problems))
    return None


def _refused(code: str, reason: str) -> Answer:
    return Answer("refused", {"code": code, "reason": reason})


class Commands:
    """Carries out commands one after the other, each once, and answers until it is receipted."""

    def __init__(
        self,
        machine: str,
        disk: Disk,
        post: Post,
        clock: Callable[[], datetime],
        desk_clock: DeskClock,
        handlers: Mapping[str, Registered],
        state: Mapping[str, Any],
    ) -> None:
        self._machine = machine
        self._disk = disk
        self._post = post
        self._clock = clock
        self._desk_clock = desk_clock
        self._handlers = handlers
        self._state = state
        self._arrived = asyncio.Event()

    async def take(self, command: CommandBody) -> None:
        taken = await self._disk.run(
            lambda db: inbox.take_command(db, command.id, command.body, self._clock())
        )
        if taken.new:
            self._arrived.set()
        else:
            await self._say_again(command.id, taken)

    async def recall(self, command: str) -> None:
        """Drops a command that has not begun; of one that has, the desk hears what it came to."""
        taken = await self._disk.run(lambda db: inbox.recall_command(db, command, self._clock()))
        if taken is not None:
            await self._say_again(command, taken)

    async def _say_again(self, command: str, taken: inbox.Taken) -> None:
        if taken.ended_at is None or taken.status is None:
            return
        draft = self._result(command, Answer(taken.status, taken.detail), taken.ended_at)
        await self._disk.run(lambda db: outbox.again(db, draft, self._clock()))
        self._post.wake("results")

    async def run(self) -> None:
        while True:
            self._arrived.clear()
            stored = await self._disk.run(inbox.next_command)
            if stored is None:
                await self._arrived.wait()
                continue
            answer = judge(stored, self._handlers, self._state, self._desk_clock.latest)
            answer = answer or await self._carry_out(stored)
            if answer is not None:
                await self._finish(stored.id, answer)

    async def _carry_out(self, stored: Stored) -> Answer | None:
        """What came of it; None when it was recalled before it could begin."""
        body = stored.body
        command = Command(
            stored.id,
            body["name"],
            body.get("case"),
            body.get("arguments") or {},
            moment(body["expires"]),
            body.get("preconditions") or {},
            body.get("hops", 0),
            self._done,
        )
        start = self._disk.run(lambda db: inbox.start_command(db, stored.id, self._clock()))
        if not await start:
            return None
        try:
            detail = await self._handlers[command.name].handler(command)
        except CommandRefused as refusal:
            return _refused(refusal.code, refusal.reason)
        except Exception as error:
            logger.exception("command %s (%s) failed", command.id, command.name)
            return Answer("failed", {"code": type(error).__name__, "reason": str(error)})
        return Answer("done", detail)

    async def _done(self, command: str, detail: Any) -> None:
        await self._finish(command, Answer("done", detail))

    async def _finish(self, command: str, answer: Answer) -> None:
        now = self._clock()
        try:
            draft = self._result(command, answer, now)
        except NotSendable as error:
            reason = f"its detail cannot be sent: {error}"
            answer = Answer(answer.status, {"code": "unsendable", "reason": reason})
            draft = self._result(command, answer, now)

        def end(db: Any) -> None:
            if inbox.end_command(db, command, answer.status, answer.detail, now):
                outbox.again(db, draft, now)

        await self._disk.run(end)
        self._post.wake("results")

    def _result(self, command: str, answer: Answer, at: datetime) -> envelope.Draft:
        data = {"command": command, "status": answer.status, "detail": answer.detail or {}}
        return envelope.draft(self._machine, "results", data, at, f"result-{command}")
