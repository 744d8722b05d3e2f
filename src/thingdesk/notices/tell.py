from uuid import UUID

from thingdesk.notices import store
from thingdesk.notices.events import NoticeTold
from thingdesk.notices.model import CHANNEL, Notice, Outgoing
from thingdesk.notices.plan import plan_of
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append


def tell(tx: Transaction, notice: Notice) -> UUID:
    """Put `notice` into the outbox when this transaction commits; its id.

    The notices of many journeys in one transaction are one statement.
    """
    now, channel = clock.now(), notice.channel
    until = plan_of(notice.kind, channel).ends(notice, now)
    outgoing = Outgoing(ids.new(), notice, now, until, attempts=0, again_at=notice.after or now)
    store.tell(tx, outgoing)
    told = NoticeTold(outgoing.id, notice.kind, channel, notice.to.kind, notice.to.id, notice.words)
    append(tx, notice.stream, told)
    tx.notify(CHANNEL)
    return outgoing.id
