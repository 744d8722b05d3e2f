"""A problem that is back before its case has ended: by the subject's own time, after the proof.

Its finding joins the case that is still open, and would end with it. How long the case takes to
end, or how much the subject delivers at once, must not decide that: the opening is kept, and
taken when the case has ended.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk.cases import store
from thingdesk.cases import verification_store as proofs
from thingdesk.cases.model import Case, Opened, Opening
from thingdesk.platform.database import Transaction

# a finding is asked for under no mandate that was given, and comes from nobody's hand
_OF_REPORTS = ("mandate_id", "hops")


async def keep(tx: Transaction, joined: Sequence[tuple[Opened, Sequence[Opening]]]) -> None:
    """Of what has joined open cases, keep the first finding that is later than its case's proof."""
    found = [(opened.case_id, _findings(group)) for opened, group in joined]
    proven = await proofs.proven(tx, [case_id for case_id, findings in found if findings])
    for case_id, findings in found:
        later = [one for one in findings if case_id in proven and one.at > proven[case_id]]
        if later:
            first = min(later, key=lambda one: one.at)
            await store.keep_back(tx, first.subject, first.key, _as_data(first))


async def came_back(tx: Transaction, case: Case) -> Opening | None:
    """What is to be opened now that `case`, which this transaction holds, has ended."""
    data = await store.take_back(tx, case.subject, case.key)
    return _from_data(data) if data else None


def _findings(group: Sequence[Opening]) -> list[Opening]:
    return [one for one in group if one.origin == "finding"]


def _as_data(one: Opening) -> dict[str, Any]:
    data = {name: getattr(one, name) for name in Opening.__slots__ if name not in _OF_REPORTS}
    promises = {name: span.total_seconds() for name, span in one.promises.items()}
    since = one.owned_since and one.owned_since.isoformat()
    return {**data, "promises": promises, "at": one.at.isoformat(), "owned_since": since}


def _from_data(data: Mapping[str, Any]) -> Opening:
    promises = {name: timedelta(seconds=span) for name, span in data["promises"].items()}
    owner, since = data["owner_id"], data.get("owned_since")
    return Opening(
        **{
            **data,
            "promises": promises,
            "at": datetime.fromisoformat(data["at"]),
            "owner_id": UUID(owner) if owner else None,
            "owned_since": datetime.fromisoformat(since) if since else None,
        }
    )
