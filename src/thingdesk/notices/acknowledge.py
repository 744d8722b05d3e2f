from collections.abc import Sequence
from uuid import UUID

from thingdesk.notices import store
from thingdesk.notices.errors import NOT_YOURS
from thingdesk.notices.events import NoticeAcknowledged
from thingdesk.notices.model import Recipient
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Refusal, Refused
from thingdesk.timeline import append


async def acknowledge(tx: Transaction, notice: UUID, by: Recipient) -> None:
    """The recipient has it: no further attempt. To say it again is fine.

    Refused as `notice_unknown` when no notice of this id was sent to `by`.
    """
    [answer] = await _acknowledge(tx, [(by, notice)])
    if answer:
        raise Refused(answer)


async def acknowledge_many(
    tx: Transaction, items: Sequence[tuple[str, UUID]]
) -> list[Refusal | None]:
    """What machines have acknowledged, as (machine, notice), in one statement.

    For each item, in order: None where it is accepted, else why it is not.
    """
    return await _acknowledge(tx, [(Recipient.machine(machine), id_) for machine, id_ in items])


async def _acknowledge(
    tx: Transaction, items: Sequence[tuple[Recipient, UUID]]
) -> list[Refusal | None]:
    found = await store.acknowledge(tx, items, clock.now())
    for outgoing, fresh in found:
        if fresh:
            append(tx, outgoing.notice.stream, NoticeAcknowledged(outgoing.id, outgoing.attempts))
    known = {(outgoing.notice.to, outgoing.id) for outgoing, _ in found}
    return [None if item in known else NOT_YOURS for item in items]
