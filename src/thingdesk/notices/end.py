from collections.abc import Sequence

from thingdesk.notices import store
from thingdesk.notices.events import NoticeGivenUp, NoticeTaken
from thingdesk.notices.model import State
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


async def end(tx: Transaction, endings: Sequence[store.Ending]) -> None:
    """End open notices, whose rows this transaction has locked, and say so on the timeline."""
    if not endings:
        return
    await store.settle(tx, endings, clock.now())
    for one in endings:
        outgoing = one.outgoing
        event = (
            NoticeTaken(outgoing.id, outgoing.attempts)
            if one.state is State.TAKEN
            else NoticeGivenUp(outgoing.id, outgoing.attempts, one.reason or "")
        )
        append(tx, outgoing.notice.stream, event)
