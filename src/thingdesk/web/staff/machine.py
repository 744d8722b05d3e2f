"""One machine: whose it is, what it sends, what it may ask for, and what was done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from thingdesk import cases, diagnosis, hooks, mandates, parties, signals, timeline
from thingdesk.aftercare import Stands
from thingdesk.cases import Case, CaseFilter
from thingdesk.diagnosis import Finding
from thingdesk.hooks import Standing
from thingdesk.mandates import Entitlement, EntitlementKind, Payer
from thingdesk.parties import Machine, MachineKey, Owner, Ownership
from thingdesk.platform import clock, formats
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse
from thingdesk.signals import Stored
from thingdesk.web.chart import Chart, draw
from thingdesk.web.pages import Open, Pages
from thingdesk.web.staff.around import read
from thingdesk.web.staff.form import Tried
from thingdesk.web.staff.owner import Given, given
from thingdesk.web.staff.people import history
from thingdesk.web.staff.session import Person
from thingdesk.web.staff.show import show
from thingdesk.web.words import Line

router = APIRouter(prefix="/machines/{machine}")
_MOST_CHARTS = 6
_CHARTED = timedelta(hours=24)
_DAY = timedelta(days=1)
_MOST_LINES = 20
_MOST = 50
_DONE_WITH = (
    "machine.registered", "machine.changed", "machine.key_added", "machine.key_revoked",
    "ownership.began", "ownership.ended", "entitlement.added", "entitlement.ended",
)  # fmt: skip
PAYERS = (Payer.ORGANISATION, Payer.MAKER, Payer.INSURER)
MachineId = Annotated[str, Path(pattern=f"^{parties.MACHINE_ID.pattern}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All that is known of one machine. `former`: the periods of owners who had it before."""

    machine: Machine
    period: Ownership | None
    owner: Owner | None
    former: tuple[Ownership, ...]
    keys: tuple[MachineKey, ...]
    entitlements: tuple[Entitlement, ...]
    latest: Stored | None
    today: float | None
    week: float | None
    charts: tuple[Chart, ...]
    answers: tuple[tuple[datetime, dict[str, Any]], ...]
    findings: tuple[tuple[Finding, Stands], ...]
    cases: tuple[Case, ...]
    lines: tuple[Line, ...]
    meanings: Mapping[str, str]
    acting: tuple[Given, ...]
    hooks: tuple[Standing, ...]

    def found(self, finding: Finding) -> str:
        """Its evidence, in a few words."""
        said = diagnosis.evidence_data(finding.evidence)
        meaning = self.meanings.get(finding.about)
        return cases.evidence_words({**said, "meaning": meaning}, finding.about or None)


@router.get("")
async def get_machine(
    pages: Open, person: Person, machine: MachineId, said: str = ""
) -> HTMLResponse:
    return await machine_page(pages, person, machine, said=said)


async def machine_page(
    pages: Pages, person: Person, machine: str, tried: Tried | None = None, said: str = ""
) -> HTMLResponse:
    """The page, with the form that was `tried` and refused, where one was."""
    async with pages.database.transaction() as tx:
        card = await _collect(pages, tx, machine)
    if card is None:
        raise unknown()
    catalog = sorted(pages.flow.catalog, key=lambda one: one.name)
    return show(
        "machine.html",
        person,
        "machines",
        422 if tried else 200,
        card=card,
        most=_MOST,
        said=said,
        tried=tried or Tried(),
        payers=PAYERS,
        kinds=tuple(EntitlementKind),
        services=[one.name for one in catalog],
        effects=sorted({effect for one in catalog for effect in one.effects}),
    )


def unknown() -> Exception:
    return refuse("machine_unknown", "There is no such machine.", Recovery.CONTACT_US)


async def _collect(pages: Pages, tx: Transaction, name: str) -> Card | None:
    machine = await parties.get_machine(tx, name)
    if machine is None:
        return None
    periods = await parties.periods_of(tx, name, _MOST + 2)
    period = periods[0] if periods and periods[0].ends is None else None
    former = [one for one in periods if one.ends is not None]
    latest = await signals.latest(tx, name)
    entries = await timeline.latest_of(tx, f"machine:{name}", _MOST_LINES, _DONE_WITH)
    known = {one.owner_id for one in former} - ({period.owner_id} if period else set())
    owner = await parties.get_owner(tx, period.owner_id) if period else None
    return Card(
        machine=machine,
        period=period,
        owner=owner,
        former=tuple(former),
        keys=tuple(await parties.keys_of(tx, name, _MOST + 1)),
        entitlements=tuple(await mandates.entitlements_of(tx, name, _MOST + 1)),
        latest=latest,
        today=await _available(tx, machine, _DAY),
        week=await _available(tx, machine, 7 * _DAY),
        charts=await _charts(tx, latest),
        answers=tuple(await cases.answered_at_once(tx, name)),
        findings=tuple(await pages.flow.findings_of(tx, name, 20)),
        cases=tuple(await cases.search(tx, CaseFilter(subject=name, most=20))),
        lines=await history(tx, entries, former=known),
        meanings=pages.flow.meanings,
        acting=tuple(await _given(pages, tx, owner, name)),
        hooks=tuple(await hooks.standings(tx, name, _MOST + 1)),
    )


async def _given(pages: Pages, tx: Transaction, owner: Owner | None, name: str) -> list[Given]:
    """What its owner lets it do beside what it asks for by its own key."""
    if owner is None:
        return []
    owned = {one.machine for one in await parties.owned_by(tx, owner.id, clock.now())}
    return await given(tx, pages.flow.catalog, owner, owned, name)


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
    return draw(formats.measured(metric), points, since, until)
