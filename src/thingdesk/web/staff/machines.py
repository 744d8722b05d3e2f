"""Machines: the list, and one of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import cases, diagnosis, parties, signals
from thingdesk.cases import Case, CaseFilter
from thingdesk.diagnosis import Finding
from thingdesk.parties import Machine, MachineFilter, MachineKey, Owner, Ownership
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse
from thingdesk.signals import Stored
from thingdesk.web import formats
from thingdesk.web.chart import Chart, draw
from thingdesk.web.pages import Open
from thingdesk.web.staff.around import read
from thingdesk.web.staff.session import Admin, Person
from thingdesk.web.staff.show import show

router = APIRouter(prefix="/machines")
_PAGE = 40
_MOST_CHARTS = 6
_CHARTED = timedelta(hours=24)
_DAY = timedelta(days=1)
MachineId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Words = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Card:
    """All that is known of one machine."""

    machine: Machine
    periods: tuple[tuple[Ownership, Owner | None], ...]
    keys: tuple[MachineKey, ...]
    latest: Stored | None
    today: float | None
    week: float | None
    charts: tuple[Chart, ...]
    findings: tuple[Finding, ...]
    cases: tuple[Case, ...]


@router.get("")
async def get_machines(
    pages: Open, person: Person, words: Words = "", kind: Words = "", after: Words = ""
) -> HTMLResponse:
    """Machines by id, those that fit."""
    text, kind = words.replace("\0", "").strip(), kind.replace("\0", "").strip()
    wanted = MachineFilter(
        kind=kind or None, words=text or None, after=after.replace("\0", ""), most=_PAGE + 1
    )
    async with pages.database.transaction() as tx:
        found = await parties.find_machines(tx, wanted)
    given = {name: value for name, value in (("words", text), ("kind", kind)) if value}
    more = {**given, "after": found[_PAGE - 1].id} if len(found) > _PAGE else None
    return show(
        "machines.html",
        person,
        "machines",
        found=found[:_PAGE],
        words=words,
        kind=kind,
        filtered=bool(given),
        further=urlencode(more) if more else None,
        first=urlencode(given) if after else None,
    )


@router.get("/{machine}")
async def get_machine(
    pages: Open, person: Person, machine: MachineId, said: str = ""
) -> HTMLResponse:
    async with pages.database.transaction() as tx:
        card = await _collect(tx, machine)
    if card is None:
        raise refuse("machine_unknown", "There is no such machine.", Recovery.CONTACT_US)
    return show("machine.html", person, "machines", card=card, said=said)


@router.post("/{machine}/revoke")
async def post_revoke(
    pages: Open,
    person: Admin,
    machine: MachineId,
    kid: Annotated[str, Form(max_length=64)],
    reason: Annotated[str, Form(max_length=300)] = "",
) -> Response:
    """End a key for ever. What it signs is refused from then on."""
    words = " ".join(reason.replace("\0", "").split()) or "no reason was given"
    async with pages.database.transaction() as tx:
        if kid not in {one.kid for one in await parties.keys_of(tx, machine)}:
            raise refuse("key_unknown", "This machine has no such key.", Recovery.FIX_INPUT)
        await parties.revoke_key(tx, kid, f"{person.name}: {words}")
    return RedirectResponse(f"/machines/{machine}?said=revoked", 303)


async def _collect(tx: Transaction, name: str) -> Card | None:
    machine = await parties.get_machine(tx, name)
    if machine is None:
        return None
    periods = await parties.periods_of(tx, name)
    owners = await parties.get_owners(tx, [one.owner_id for one in periods])
    latest = await signals.latest(tx, name)
    return Card(
        machine,
        tuple((one, owners.get(one.owner_id)) for one in periods),
        tuple(await parties.keys_of(tx, name)),
        latest,
        await _available(tx, machine, _DAY),
        await _available(tx, machine, 7 * _DAY),
        await _charts(tx, latest),
        tuple(await diagnosis.findings_of(tx, name, 20)),
        tuple(await cases.search(tx, CaseFilter(subject=name, most=20))),
    )


async def _available(tx: Transaction, machine: Machine, period: timedelta) -> float | None:
    """The share of expected signals that came; None where nothing can be expected yet."""
    if not machine.expected_interval:
        return None
    now = clock.now()
    since = max(now - period, machine.registered_at)
    found = await signals.availability(tx, machine.id, machine.expected_interval, since, now)
    return found.share


async def _charts(tx: Transaction, latest: Stored | None) -> tuple[Chart, ...]:
    """The machine's metrics over the last day of its own time."""
    if latest is None:
        return ()
    until = latest.at
    charts = [
        await _chart(tx, latest.machine, metric, until)
        for metric in sorted(latest.values)[:_MOST_CHARTS]
    ]
    return tuple(one for one in charts if one)


async def _chart(tx: Transaction, machine: str, metric: str, until: datetime) -> Chart | None:
    points = await read(tx, machine, metric, until - _CHARTED, until)
    if not points:
        return None
    since = max(until - _CHARTED, points[0].at)
    if until - since < timedelta(minutes=1):
        since = until - timedelta(minutes=1)
    elif until - since < _CHARTED / 8:
        points = await read(tx, machine, metric, since, until)
    return draw(formats.sentence(metric), points, since, until)
