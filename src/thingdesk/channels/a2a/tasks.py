"""A case as an A2A task. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from a2a.types import (
    Artifact,
    Message,
    Part,
    Role,
    Task,
    TaskArtifactUpdateEvent,
    TaskState,
    TaskStatus,
    TaskStatusUpdateEvent,
)

from thingdesk.cases import Outcome
from thingdesk.channels.a2a.card import HTML
from thingdesk.channels.a2a.values import moment, struct, value
from thingdesk.dialogue import Asked, Branch, CaseView, Told, Waiting
from thingdesk.platform.errors import Refusal

_ENDED: Mapping[Outcome, TaskState] = {
    Outcome.VERIFIED: TaskState.TASK_STATE_COMPLETED,
    Outcome.FULFILLED: TaskState.TASK_STATE_COMPLETED,
    Outcome.UNVERIFIED: TaskState.TASK_STATE_FAILED,
    Outcome.REFUSED: TaskState.TASK_STATE_REJECTED,
    Outcome.WITHDRAWN: TaskState.TASK_STATE_CANCELED,
}
TERMINAL = frozenset(_ENDED.values())
INTERRUPTED = frozenset({TaskState.TASK_STATE_INPUT_REQUIRED, TaskState.TASK_STATE_AUTH_REQUIRED})


def state_of(view: CaseView) -> TaskState:
    """An approval comes before other questions: nothing goes on without it."""
    if view.outcome is not None and view.ended:
        return _ENDED[view.outcome]
    if any(one.kind is Branch.APPROVAL for one in view.waiting):
        return TaskState.TASK_STATE_AUTH_REQUIRED
    if view.waiting:
        return TaskState.TASK_STATE_INPUT_REQUIRED
    return TaskState.TASK_STATE_WORKING


def task(view: CaseView, history: Sequence[Told] = ()) -> Task:
    """The task that the case is; with what happened as far as its `history` is given."""
    artifact = _artifact(view)
    return Task(
        id=str(view.id),
        context_id=view.subject,
        status=_status(view, history[-1] if history else None),
        artifacts=[artifact] if artifact else [],
        history=[_asked_for(view), *(_said(view, one) for one in history)] if history else [],
        metadata=struct(_about(view)),
    )


def changed(view: CaseView, told: Told, *, last: bool) -> TaskStatusUpdateEvent:
    """That something happened. Only the `last` of a case that has ended says so: what comes after
    a terminal state is heard by nobody.
    """
    status = _status(view, told)
    if not last and status.state in TERMINAL:
        status.state = TaskState.TASK_STATE_WORKING
    return TaskStatusUpdateEvent(
        task_id=str(view.id),
        context_id=view.subject,
        status=status,
        metadata=struct({"number": told.number, "kind": told.kind}),
    )


def came_to(view: CaseView) -> TaskArtifactUpdateEvent | None:
    """The outcome of a case that has ended."""
    artifact = _artifact(view)
    if artifact is None:
        return None
    return TaskArtifactUpdateEvent(
        task_id=str(view.id), context_id=view.subject, artifact=artifact, last_chunk=True
    )


def answered_at_once(asked: Asked, message: Message, subject: str) -> Message:
    """The outcome of an instant service, which has no case."""
    return Message(
        message_id=f"{message.message_id}-outcome",
        context_id=subject,
        role=Role.ROLE_AGENT,
        parts=[Part(data=value({"outcome": asked.outcome, "receipt": asked.receipt}))],
    )


def receipted(made: Task, asked: Asked, untold: Refusal | None) -> Task:
    """The task with the desk's signed word that the request is stored, and why it is `untold` at
    the address that came with the message.
    """
    made.metadata.update({"receipt": asked.receipt})
    if untold:
        made.metadata.update({"push_refused": {"code": untold.code, "reason": untold.reason}})
    return made


def _status(view: CaseView, told: Told | None) -> TaskStatus:
    at = view.ended_at or (told.at if told else view.opened_at)
    words = view.words if view.ended else told.words if told else None
    parts = [part for one in view.waiting for part in _question(one)]
    if words and not parts:
        parts = [Part(text=words)]
    number = told.number if told else view.told
    message = Message(
        message_id=f"{view.id}-{number}-status",
        context_id=view.subject,
        task_id=str(view.id),
        role=Role.ROLE_AGENT,
        parts=parts,
    )
    return TaskStatus(
        state=state_of(view), timestamp=moment(at), message=message if parts else None
    )


def _question(one: Waiting) -> list[Part]:
    asked = {
        "question": str(one.id),
        "kind": one.kind.value,
        "choices": [{"id": choice.id, "words": choice.words} for choice in one.choices],
        "deadline": one.deadline.isoformat(),
        "answered_by": "owner",
        "url": one.url,
    }
    return [
        Part(text=one.words),
        Part(data=value(asked)),
        Part(url=one.url, media_type=HTML),
    ]


def _artifact(view: CaseView) -> Artifact | None:
    if not view.ended or view.outcome is None:
        return None
    outcome = {"outcome": view.outcome.value, "data": view.data}
    parts = [Part(data=value(outcome))]
    if view.words:
        parts.append(Part(text=view.words))
    return Artifact(artifact_id=f"{view.id}-outcome", name="outcome", parts=parts)


def _asked_for(view: CaseView) -> Message:
    asked = {"service": view.service, "input": view.input, "subject": view.subject}
    return Message(
        message_id=f"{view.id}-0",
        context_id=view.subject,
        task_id=str(view.id),
        role=Role.ROLE_USER,
        parts=[Part(data=value(asked))],
    )


def _said(view: CaseView, told: Told) -> Message:
    happened = {"number": told.number, "kind": told.kind, "at": told.at.isoformat()}
    return Message(
        message_id=f"{view.id}-{told.number}",
        context_id=view.subject,
        task_id=str(view.id),
        role=Role.ROLE_AGENT,
        parts=[Part(text=told.words), Part(data=value({**happened, "data": told.data}))],
    )


def _about(view: CaseView) -> dict[str, Any]:
    return {
        "service": view.service,
        "title": view.title,
        "reporter": view.reporter,
        "reports": view.reports,
        "hops": view.onward,
        "opened": view.opened_at.isoformat(),
        "promises": [
            {
                "name": one.name,
                "due": one.due.isoformat() if one.due else None,
                "kept": one.kept.isoformat() if one.kept else None,
                "broken": one.broken.isoformat() if one.broken else None,
            }
            for one in view.promises
        ],
    }
