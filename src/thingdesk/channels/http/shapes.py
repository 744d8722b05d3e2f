"""What is answered, as its schema says it; docs and OpenAPI are made of these."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from thingdesk.cases import Outcome, State
from thingdesk.dialogue import KINDS, CasePage, CaseView, Told
from thingdesk.hooks import MOST_URL, SECRET, Hook
from thingdesk.platform.errors import Recovery

MACHINE = "^[A-Za-z0-9_-]{1,64}$"
REF = "#/components/schemas/"


class Mend(BaseModel):
    """One thing that is wrong."""

    path: str
    problem: str
    mend: str


class ProblemDetails(BaseModel):
    """A refusal, as RFC 9457 has it: `code` is for machines, `recovery` is what to do next."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    recovery: Recovery
    fields: list[Mend]
    event: str | None = None


class PromiseShown(BaseModel):
    """What was promised by when, and what became of it."""

    name: str
    due: datetime | None
    kept: datetime | None
    broken: datetime | None


class Option(BaseModel):
    """One possible answer."""

    id: str
    words: str


class QuestionShown(BaseModel):
    """A question to the owner that stands. They answer at `page`, where they say who they are."""

    question: UUID
    approval: bool
    words: str
    options: list[Option]
    deadline: datetime
    page: str


class CaseShown(BaseModel):
    """How a case stands."""

    case: UUID
    subject: str
    reporter: str
    service: str
    title: str
    input: dict[str, Any]
    state: State
    outcome: Outcome | None
    words: str | None = Field(description="How it ended, for the owner.")
    data: dict[str, Any] | None = Field(description="How it ended, for the machine.")
    opened: datetime
    ended: datetime | None
    reports: int
    hops: int = Field(description="What to say as Thingdesk-Hops where this is passed on.")
    promises: list[PromiseShown]
    questions: list[QuestionShown]

    @classmethod
    def of(cls, one: CaseView) -> "CaseShown":
        return cls(
            case=one.id,
            subject=one.subject,
            reporter=one.reporter,
            service=one.service,
            title=one.title,
            input=one.input,
            state=one.state,
            outcome=one.outcome,
            words=one.words,
            data=one.data,
            opened=one.opened_at,
            ended=one.ended_at,
            reports=one.reports,
            hops=one.onward,
            promises=[
                PromiseShown(name=each.name, due=each.due, kept=each.kept, broken=each.broken)
                for each in one.promises
            ],
            questions=[
                QuestionShown(
                    question=each.id,
                    approval=each.kind == "approval",
                    words=each.words,
                    options=[Option(id=it.id, words=it.words) for it in each.choices],
                    deadline=each.deadline,
                    page=each.url,
                )
                for each in one.waiting
            ],
        )


class CasesShown(BaseModel):
    """Cases, the newest first; `next` is the cursor of the next page, null at the end."""

    cases: list[CaseShown]
    next: str | None

    @classmethod
    def of(cls, page: CasePage) -> "CasesShown":
        return cls(cases=[CaseShown.of(one) for one in page.cases], next=page.further)


class Happened(BaseModel):
    """Something that happened to a case."""

    number: int
    at: datetime
    kind: str
    words: str
    data: dict[str, Any]

    @classmethod
    def of(cls, one: Told) -> "Happened":
        return cls(number=one.number, at=one.at, kind=one.kind, words=one.words, data=one.data)


class EventsShown(BaseModel):
    """What happened, the oldest first; `next` is where to go on, null when this is all so far."""

    events: list[Happened]
    next: int | None


class Accepted(BaseModel):
    """A case works on it now, or did already; `receipt` is the desk's signed word."""

    case: CaseShown
    receipt: str


class Withdrawal(BaseModel):
    """Why it is not wanted any more."""

    model_config = ConfigDict(extra="forbid", strict=True)

    words: str = Field("", max_length=500)


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError(f"is no kind of event: choose of {', '.join(sorted(KINDS))}")
    return kind


Kind = Annotated[
    str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": sorted(KINDS)})
]


class HookAsked(BaseModel):
    """Where to tell what happens: of which kinds of events (none: all), of one case or of all. With
    a secret of the caller's the test message can be verified, too.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    url: str = Field(max_length=MOST_URL, pattern="^https?://[^ ]+$")
    kinds: list[Kind] | None = Field(None, min_length=1, max_length=50)
    case: UUID | None = None
    secret: str | None = Field(
        None, pattern=SECRET, description="`whsec_` and 24 to 64 bytes in base64."
    )


class HookShown(BaseModel):
    """An address that is told what happens."""

    hook: UUID
    url: str
    kinds: list[str] | None
    case: UUID | None
    since: datetime

    @classmethod
    def of(cls, one: Hook, **more: Any) -> "HookShown":
        asked = one.asked
        kinds = None if asked.kinds is None else sorted(asked.kinds)
        return cls(
            hook=one.id, url=asked.url, kinds=kinds, case=asked.case_id, since=one.made_at, **more
        )


class HookMade(HookShown):
    """The secret signs what is sent there; it is shown this once."""

    secret: str


class HooksShown(BaseModel):
    """All of them, the oldest first."""

    hooks: list[HookShown]


class EventTaken(BaseModel):
    """What became of a message: receipts for what is stored, and what is refused."""

    receipts: list[str]
    refused: list[dict[str, Any]]
