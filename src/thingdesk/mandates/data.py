"""Terms, policies and entitlements as JSON, and back. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk.mandates.action import Entitlement, EntitlementKind, Policy
from thingdesk.mandates.model import Mandate, Payer, Terms
from thingdesk.parties import WeeklyHours
from thingdesk.platform.money import Money

Data = Mapping[str, Any]
_MONEY = ("per_case", "per_period", "per_effect", "pays_per_case", "approval_above")
_TIMES = ("begins", "ends")
# the release before knows nothing of these, and need not where they say nothing
_LATER = {"cases": None, "approval_above": None, "providers": None, "times": None, "depth": 0}


def as_data(value: Terms | Policy) -> dict[str, Any]:
    data = asdict(value)
    if isinstance(value, Terms):
        data["times"] = value.times.as_data() if value.times else None
    return {name: one for name, one in data.items() if name not in _LATER or one != _LATER[name]}


def terms(data: Data) -> Terms:
    return Terms(**_plain(data))


def policy(data: Data) -> Policy:
    return Policy(**_plain(data))


def mandate(owner_id: UUID, data: Data) -> Mandate:
    return Mandate(
        id=UUID(data["id"]),
        owner_id=owner_id,
        version=data["version"],
        terms=terms(data["terms"]),
        granted_at=datetime.fromisoformat(data["granted_at"]),
        revoked_at=time(data["revoked_at"]),
    )


def as_one(chain: Sequence[Mandate]) -> tuple[Mandate, ...]:
    """A mandate and those that it was narrowed from; with a revoked one all below it are."""
    revoked = None
    found: list[Mandate] = []
    for one in reversed(chain):
        revoked = one.revoked_at or revoked
        found.insert(0, replace(one, revoked_at=revoked))
    return tuple(found)


def entitlement_content(one: Entitlement) -> dict[str, Any]:
    """What is not in a column of its own."""
    content = asdict(one)
    names = ("services", "effects", "remedies", "per_effect", "owner_id")
    return {"payer": one.payer.value, **{name: content[name] for name in names}}


def entitlement(row: Data) -> Entitlement:
    content = row["content"]
    return Entitlement(
        id=UUID(str(row["id"])),
        kind=EntitlementKind(row["kind"]),
        machine=row["machine"],
        reference=row["reference"],
        payer=Payer(content["payer"]),
        services=tuple(content["services"]),
        effects=tuple(content["effects"]),
        remedies=tuple(content["remedies"]),
        per_effect=_money(content["per_effect"]),
        owner_id=UUID(content["owner_id"]) if content["owner_id"] else None,
        begins=time(row["begins"]),
        ends=time(row["ends"]),
    )


def time(value: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _money(data: Data | None) -> Money | None:
    return Money(data["minor"], data["currency"]) if data else None


def _plain(data: Data) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in data.items()}


def _value(name: str, value: Any) -> Any:
    if name in _MONEY:
        return _money(value)
    if name in _TIMES:
        return time(value)
    if name == "times":
        return WeeklyHours.from_data(value) if value is not None else None
    return tuple(value) if isinstance(value, list) else value
