"""What the tests of decisions do again and again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from thingdesk import decisions, parties, timeline
from thingdesk.decisions import Decision, Option, Question
from thingdesk.notices import Recipient, To
from thingdesk.parties import NewOwner
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database

SLOTS = (Option("mon", "Monday", {"slot": 1}), Option("tue", "Tuesday", {"slot": 2}))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STAFF = Recipient.staff(ids.new())


async def new_owner(desk: Database, zone: str = "UTC") -> UUID:
    async with desk.transaction() as tx:
        new = NewOwner(f"{ids.secret(8).lower()}@example.org", "An Owner", zone)
        return (await parties.add_owner(tx, new)).id


def question(owner_id: UUID | None, /, **more: Any) -> Question:
    values: dict[str, Any] = {
        "id": ids.new(),
        "case_id": ids.new(),
        "run_id": ids.new(),
        "key": "choose",
        "to": To.OWNER if owner_id else To.STAFF,
        "owner_id": owner_id,
        "words": "Which day?",
        "options": SLOTS,
        "deadline": clock.now() + DAY,
        "default": "mon",
    }
    return Question(**(values | more))


def approval(owner_id: UUID, /, **more: Any) -> Question:
    values: dict[str, Any] = {
        "to": To.OWNER,
        "options": decisions.yes_or_no("a" * 64),
        "default": "no",
        "id": ids.new(),
        "case_id": ids.new(),
        "run_id": ids.new(),
        "key": "approve",
        "owner_id": owner_id,
        "words": "May we order the part?",
        "deadline": clock.now() + DAY,
    }
    return Question(**(values | more))


async def ask(desk: Database, *questions: Question) -> None:
    async with desk.transaction() as tx:
        for one in questions:
            await decisions.ask(tx, one)


async def answer(desk: Database, one: Question, option: str, by: Recipient) -> Decision:
    async with desk.transaction() as tx:
        return await decisions.answer(tx, one.id, option, by)


async def get(desk: Database, one: Question) -> Decision:
    async with desk.transaction() as tx:
        found = await decisions.get(tx, one.id)
    assert found
    return found


async def history(desk: Database, one: Question) -> list[str]:
    async with desk.transaction() as tx:
        return [entry.kind for entry in await timeline.read(tx, f"case:{one.case_id}")]


async def messages(desk: Database, one: Question) -> list[Any]:
    """What waits for the run that asked."""
    async with desk.transaction() as tx:
        rows = await tx.fetch("select value from durable_message where run_id = $1", one.run_id)
    return [row["value"] for row in rows]
