from uuid import UUID

from thingdesk.journeys.events import OwnerWrote
from thingdesk.journeys.quiet import is_news
from thingdesk.journeys.telling import tell_staff
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


async def hear_owner(
    tx: Transaction, owner_id: UUID, words: str, case_id: UUID | None, digest: str
) -> None:
    """An owner wrote, or somebody who gives their address: staff are told. `digest` tells what came
    before from what is new.
    """
    if not await is_news(tx, f"letter {digest}"):
        return
    stream = f"case:{case_id}" if case_id else f"owner:{owner_id}"
    append(tx, stream, OwnerWrote(owner_id, words))
    await tell_staff(tx, OwnerWrote.kind, f"The owner writes:\n\n{words}", case_id)
