"""The signal around a fault, as a chart."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from thingdesk import parties, signals
from thingdesk.cases import Case, Verification
from thingdesk.platform import formats
from thingdesk.platform.database import Transaction
from thingdesk.web.chart import Chart, Limit, Marker, Point, draw

_STEPS = 240
_LEAST = timedelta(seconds=20)
_LEAST_SIGNALS = 10
_USUAL_INTERVAL = timedelta(seconds=12)
_MOST_READ = 1000
_MOST_AFTER = timedelta(days=10)


async def around(tx: Transaction, case: Case, proofs: list[Verification]) -> Chart | None:
    """The metric or the trouble code that the case is about, from before the fault until it is
    proven, or until now; None where the machine sent nothing about it. All times are its own.
    """
    proof = proofs[-1] if proofs else None
    metric = _metric(case, proof)
    began = _began(case, proof)
    if began is None:
        return None
    since, until = await _window(tx, case, began, proof)
    if metric is None:
        return await _codes(tx, case, proof, since, until)
    points = await read(tx, case.subject, metric, since, until)
    markers = _markers(case, proof)
    since, until = _heard(points, markers, since, until)
    limits = _limits(case, proof, metric)
    return draw(formats.measured(metric), points, since, until, limits=limits, markers=markers)


async def read(
    tx: Transaction, machine: str, metric: str, since: datetime, until: datetime
) -> list[Point]:
    """The metric in a few hundred spans of time."""
    step = max((until - since) / _STEPS, timedelta(seconds=1))
    found = await signals.curve(tx, machine, metric, since, until, step)
    return [Point(*one) for one in found]


async def _codes(
    tx: Transaction, case: Case, proof: Verification | None, since: datetime, until: datetime
) -> Chart | None:
    """Where the machine read the code, and where it read codes and this was not among them."""
    named = tuple(one for one in case.input.values() if isinstance(one, str))
    patterns = proof.criterion.codes if proof else ()
    heard = await signals.history(tx, case.subject, since, until, None, _MOST_READ)
    points = [
        Point(one.at, read, read, read)
        for one in heard
        if one.codes is not None
        for read in (float(_has(one.codes, patterns, named)),)
    ]
    title = ", ".join(patterns or map(formats.named, named))
    markers = _markers(case, proof)
    since, until = _heard(points, markers, since, until)
    return draw(title, points, since, until, markers=markers, names=("not read", "read"))


def _has(codes: Sequence[str], patterns: Sequence[str], named: Sequence[str]) -> bool:
    """What a service looks for may be a pattern; what a machine named is taken by its letters."""
    if patterns:
        return any(signals.fits(code, patterns) for code in codes)
    return any(signals.one_form(name) in codes for name in named)


def _metric(case: Case, proof: Verification | None) -> str | None:
    evidence = case.evidence or {}
    measure = evidence.get("measure")
    if measure and measure not in ("codes", "silence"):
        return str(measure)
    return proof.criterion.metric if proof else None


def _began(case: Case, proof: Verification | None) -> datetime | None:
    evidence = case.evidence or {}
    if evidence.get("since"):
        return datetime.fromisoformat(evidence["since"])
    return min(case.began_at or case.opened_at, proof.progress.begun) if proof else case.began_at


async def _window(
    tx: Transaction, case: Case, began: datetime, proof: Verification | None
) -> tuple[datetime, datetime]:
    """The case's length, with half of it on either side; a few signals long at least."""
    last = proof.progress.last if proof and proof.proven else None
    end = last or min(await signals.present_of(tx, case.subject), began + _MOST_AFTER)
    found = case.began_at or began
    machine = await parties.get_machine(tx, case.subject)
    interval = machine.expected_interval if machine else None
    least = max(_LEAST, _LEAST_SIGNALS * (interval or _USUAL_INTERVAL))
    room = max(end - began, found - began, least) / 2
    return began - room, max(end, found) + room


def _heard(
    points: Sequence[Point], markers: Sequence[Marker], since: datetime, until: datetime
) -> tuple[datetime, datetime]:
    """The window without what nothing was heard in, before and after."""
    moments = [*(one.at for one in points), *(one.at for one in markers)]
    times = [one for one in moments if since <= one <= until]
    if not times or min(times) == max(times):
        return since, until
    room = (max(times) - min(times)) / 12
    return max(since, min(times) - room), min(until, max(times) + room)


def _limits(case: Case, proof: Verification | None, metric: str) -> list[Limit]:
    evidence = case.evidence or {}
    limits = []
    if evidence.get("measure") == metric:
        limit = float(evidence["limit"])
        side = "above" if float(evidence["value"]) > limit else "below"
        limits.append(Limit(limit, f"Fault {side} {formats.number(limit)}"))
    if proof and proof.criterion.metric == metric:
        low, high = proof.criterion.low, proof.criterion.high
        if low is not None:
            limits.append(Limit(low, f"Well from {formats.number(low)}", "well"))
        if high is not None and (low is None or not limits):
            limits.append(Limit(high, f"Well up to {formats.number(high)}", "well"))
    return limits


def _markers(case: Case, proof: Verification | None) -> list[Marker]:
    markers = []
    if case.began_at:
        word = "Found" if case.origin == "finding" else "Reported"
        markers.append(Marker(case.began_at, word, "open"))
    if proof:
        markers.append(Marker(proof.progress.begun, "Work done", "verifying"))
        if proof.proven and proof.progress.last:
            markers.append(Marker(proof.progress.last, "Verified", "well"))
    return markers
