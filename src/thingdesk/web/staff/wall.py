"""The wall: what goes on now, at one glance."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from thingdesk import cases, contact, decisions, hooks, journeys, parties, signals, timeline
from thingdesk.cases import Case, Outcome, Promised
from thingdesk.contact import Hold
from thingdesk.decisions import Decision
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import Entry
from thingdesk.web.live import Following
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import fragment
from thingdesk.web.staff.people import names_in
from thingdesk.web.staff.session import LIVE, Person, token_of
from thingdesk.web.staff.show import show
from thingdesk.web.staff.touch import zero_touch
from thingdesk.web.staff.waits import Trouble, failure
from thingdesk.web.words import ON_THE_WALL, Line, Names, say

router = APIRouter()
PERIOD = timedelta(hours=24)
_HEARD = timedelta(minutes=5)
_BEATING = timedelta(seconds=15)
_AT_RISK = timedelta(hours=1)
_BROKEN = timedelta(days=7)
_MOST_FEED, _MOST_PROMISES, _MOST_TROUBLES = 24, 8, 8
_FRESH = timedelta(seconds=4)
PARTS = ("counts", "asked", "risks", "feed", "intake")
_CHECK_EVERY = 30.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Cases under way, and what ended in the last day. `verified_share` is of what ended, and
    `zero_touch` of what is verified.
    """

    open: int
    verifying: int
    ended: dict[Outcome, int]
    verified_share: float | None
    zero_touch: float | None


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the feed; `fresh` for what has just happened."""

    line: Line
    case: Case | None
    machine: str | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class Listening:
    """Whether machines are heard."""

    up: bool
    since: datetime | None
    registered: int
    heard: int


@dataclass(frozen=True, slots=True)
class Wall:
    """All that the wall shows."""

    counts: Counts
    troubles: tuple[tuple[UUID, Trouble, Case | None], ...]
    more_troubles: bool
    broken: tuple[tuple[Promised, Case | None], ...]
    risks: tuple[tuple[Promised, Case | None], ...]
    asked: tuple[tuple[Decision, Case | None], ...]
    waits: Hold | None
    failing: int
    feed: tuple[Item, ...]
    intake: Listening


@router.get("/")
async def get_wall(pages: Open, person: Person) -> HTMLResponse:
    async with pages.database.transaction() as tx:
        shown = await look(tx)
    return show("wall.html", person, "wall", wall=shown, parts=PARTS)


@router.get(LIVE, response_class=EventSourceResponse)
async def get_live(
    request: Request, pages: Open, live: Following, _: Person
) -> AsyncIterator[ServerSentEvent]:
    """What changes on the wall, as long as the session lasts."""
    token = token_of(request, pages)
    loop = asyncio.get_running_loop()
    checked = loop.time()
    async with aclosing(live.follow()) as changes:
        async for changed in changes:
            if loop.time() - checked > _CHECK_EVERY:
                checked = loop.time()
                if await _is_over(pages, token):
                    return
            for name, html in changed.items():
                yield ServerSentEvent(raw_data=html, event=name)


async def _is_over(pages: Pages, token: str) -> bool:
    async with pages.database.transaction() as tx:
        return await parties.session(tx, token) is None


async def render(tx: Transaction) -> dict[str, str]:
    """The parts of the wall as they are now."""
    wall = await look(tx)
    return {name: fragment(f"staff/wall/{name}.html", wall=wall) for name in PARTS}


async def look(tx: Transaction) -> Wall:
    """The wall as it is now."""
    entries = await timeline.latest(tx, _MOST_FEED, ON_THE_WALL)
    troubles = await journeys.in_trouble(tx, _MOST_TROUBLES + 1)
    broken = await cases.promises_broken(tx, _BROKEN, _MOST_PROMISES)
    risks = await cases.promises_at_risk(tx, _AT_RISK, _MOST_PROMISES)
    asked = await decisions.open_for_staff(tx)
    known = await cases.get_many(
        tx,
        [
            *(case_id for case_id, _ in troubles),
            *(one.case_id for one in (*broken, *risks)),
            *(one.question.case_id for one in asked),
            *filter(None, (_case_of(entry) for entry in entries)),
        ],
    )
    named = await names_in(tx, entries)
    names = Names(named.known, {one.service: one.title for one in known.values()})
    return Wall(
        await _count(tx),
        tuple(
            (case_id, failure(one), known.get(case_id))
            for case_id, one in troubles[:_MOST_TROUBLES]
        ),
        len(troubles) > _MOST_TROUBLES,
        tuple((one, known.get(one.case_id)) for one in broken),
        tuple((one, known.get(one.case_id)) for one in risks),
        tuple((one, known.get(one.question.case_id)) for one in asked),
        next(iter((await contact.board(tx, 1)).waiting), None),
        await hooks.number_failing(tx),
        tuple(_item(entry, names, known) for entry in entries),
        await _intake(tx),
    )


async def _count(tx: Transaction) -> Counts:
    now = await cases.standing(tx, clock.now() - PERIOD)
    total = sum(now.ended.values())
    untouched = await zero_touch(tx, now.verified)
    return Counts(
        now.open,
        now.verifying,
        {one: now.ended.get(one, 0) for one in Outcome},
        now.ended.get(Outcome.VERIFIED, 0) / total if total else None,
        untouched / len(now.verified) if now.verified else None,
    )


async def _intake(tx: Transaction) -> Listening:
    now = clock.now()
    spans = await signals.intake_spans(tx, now - _BEATING)
    registered, heard = await parties.heard_since(tx, now - _HEARD)
    since = min((begun for begun, _ in spans), default=None)
    return Listening(bool(spans), since, registered, heard)


def _case_of(entry: Entry) -> UUID | None:
    kind, _, one = entry.stream.partition(":")
    return UUID(one) if kind == "case" else None


def _item(entry: Entry, names: Names, known: Mapping[UUID, Case]) -> Item:
    case_id = _case_of(entry)
    case = known.get(case_id) if case_id else None
    kind, _, one = entry.stream.partition(":")
    machine = case.subject if case else one if kind == "machine" else None
    fresh = clock.now() - entry.at < _FRESH
    return Item(say(entry, names), case, machine, fresh)
