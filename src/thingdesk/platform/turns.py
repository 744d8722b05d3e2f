"""Many coroutines in one transaction: what each of them asks becomes one statement for all.

They take turns. One runs until it ends or asks what others may ask as well (`Transaction.share`);
when none can go on without an answer, all that was asked is answered, each kind by one call. So
between two such questions a coroutine is alone, and its order among the others never changes. One
that waits for anything else would hold up all others: it is ended at that line.
"""

import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, NoReturn

Act = Coroutine[Any, Any, None]
Busy = Callable[[], bool]
Answering = Callable[[Any, list[Any]], Awaitable[Sequence[Any]]]


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What a coroutine waits for: the answer to `item`. With `last` it comes when all wait so."""

    handler: Any
    item: Any
    last: bool


class Foreign(RuntimeError):
    """A coroutine waits for something that is not its transaction."""

    def __init__(self) -> None:
        super().__init__(
            "it waits for something that is not its run, as all other runs would have to:"
            " look elsewhere by `look(what, act)`"
        )


@types.coroutine
def ask(question: Demand) -> Generator[Any, Any, Any]:
    """The answer. Only for coroutines that are driven by `take_turns`."""
    return (yield question)


async def take_turns(acts: Iterable[Act], answering: Answering, is_busy: Busy) -> None:
    """Drive all `acts` to their end; `answering(handler, items)` answers what they ask. They may
    wait for something else only while `is_busy` (for an answer of the database); else Foreign is
    raised at the line that waits.

    Each has context variables of its own. What one of them raises ends the others where they are.
    """
    waiting: dict[Act, Demand] = {}
    contexts: dict[Act, Context] = {}
    try:
        for act in acts:
            contexts[act] = copy_context()
            await _turn(act, contexts[act], None, waiting, is_busy)
        while waiting:
            soon = {act: one for act, one in waiting.items() if not one.last} or dict(waiting)
            answers = await _answers(soon.values(), answering)
            for act, question in soon.items():
                await _turn(act, contexts[act], answers[question], waiting, is_busy)
    finally:
        for act in waiting:
            contexts[act].run(act.close)


async def _answers(questions: Iterable[Demand], answering: Answering) -> dict[Demand, Any]:
    kinds: dict[Any, list[Demand]] = {}
    for one in questions:
        kinds.setdefault(one.handler, []).append(one)
    answers: dict[Demand, Any] = {}
    for handler, asked in kinds.items():
        given = await answering(handler, [one.item for one in asked])
        answers.update(zip(asked, given, strict=True))
    return answers


async def _turn(
    act: Act, context: Context, answer: Any, waiting: dict[Act, Demand], is_busy: Busy
) -> None:
    waiting.pop(act, None)
    question = await _run(act, context, answer, is_busy)
    if question is not None:
        waiting[act] = question


@types.coroutine
def _run(
    act: Act, context: Context, answer: Any, is_busy: Busy
) -> Generator[Any, Any, Demand | None]:
    """Run `act` until it asks something; None when it has ended. What the database is to answer, it
    waits for as a part of our own task.
    """
    resume: Callable[[Any], Any] = act.send
    value = answer
    while True:
        try:
            awaited = context.run(resume, value)
        except StopIteration:
            return None
        if isinstance(awaited, Demand):
            return awaited
        if not is_busy():
            _end_at_its_line(act, context, awaited)
        try:
            value = yield awaited
            resume = act.send
        except BaseException as error:  # noqa: BLE001 - as `await` does, it goes on into the act
            value, resume = error, act.throw


def _end_at_its_line(act: Act, context: Context, awaited: Any) -> NoReturn:
    """Whatever `act` makes of it; `finally` blocks that wait are left as well."""
    error = Foreign()
    if awaited is not None:
        awaited.cancel()
    with suppress(BaseException):  # the error has the lines that it went through
        context.run(act.throw, error)
    with suppress(RuntimeError):
        context.run(act.close)
    raise error
