"""Terms, policies and entitlements as JSON, and back. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk.mandates.model import (
    Entitlement,
    EntitlementKind,
    Mandate,
    Payer,
    Policy,
    Terms,
)
from thingdesk.platform.money import Money

Data = Mapping[str, Any]
_MONEY = ("per_case", "per_period", "per_effect", "pays_per_case")
_TIMES = ("begins", "ends")


def as_data(value: Terms | Policy) -> dict[str, Any]:
    return asdict(value)


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
    return tuple(value) if isinstance(value, list) else value
