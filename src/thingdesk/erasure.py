"""Forgetting an owner, in every stage that knows something of them.

What is personal stands beside the chains of the timeline, and in the rows of cases, notices,
questions, jobs and journeys. All of it goes; what stays is that something of a kind happened at a
time, and what it cost, so that chains hold and measures count. Signals and positions are the
machine's, and go with the day's partition when their time is over.
"""

from uuid import UUID

from thingdesk import (
    cases,
    contact,
    decisions,
    fulfilment,
    hooks,
    journeys,
    mandates,
    notices,
    parties,
    timeline,
)
from thingdesk.flow import Flow
from thingdesk.notices import Recipient
from thingdesk.platform import clock
from thingdesk.platform.database import Database

_WHY = "What was known of the owner was erased."


async def erase_owner(database: Database, flow: Flow, owner_id: UUID, by: UUID) -> None:
    """Erase for ever what is personal of an owner; `by` is one of the staff. It may be repeated.

    Their machines are nobody's first, each by a commit of its own, which withdraws what is open;
    then all else is one commit. Raises Refused: an unknown owner.
    """
    async with database.transaction() as tx:
        owned = await parties.machines_of(tx, owner_id)
    while owned:
        for machine in owned:
            async with database.transaction() as tx:
                await flow.transfer(tx, machine.id, None, clock.now(), by)
        async with database.transaction() as tx:
            owned = await parties.machines_of(tx, owner_id)
    async with database.transaction() as tx:
        await parties.erase_owner(tx, owner_id, by)
        await mandates.revoke(tx, owner_id, _WHY)
        await notices.give_up_all(tx, Recipient.owner(owner_id), _WHY)
        await contact.erase(tx, owner_id)
        await hooks.erase(tx, owner_id)
        theirs = await cases.erase(tx, owner_id)
        await notices.erase(tx, Recipient.owner(owner_id), theirs)
        for stage in (decisions, fulfilment, journeys):
            await stage.erase(tx, theirs)
        await timeline.erase_streams(tx, [f"owner:{owner_id}", *(f"case:{one}" for one in theirs)])
