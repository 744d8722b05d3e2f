from dataclasses import replace

from thingdesk.notices import store
from thingdesk.notices.end import end
from thingdesk.notices.model import Channel, Outgoing, State
from thingdesk.notices.plan import plan_of
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction


async def claim_due(tx: Transaction, channel: Channel, most: int) -> list[Outgoing]:
    """At most `most` notices whose next attempt is due; none only when none is due.

    Commit before sending: the attempt is counted and the next one planned, so that others leave
    the notice alone until its `again_at`, and a crash leads to a repeat. What has run out of time
    is given up here. Many can claim at once; nobody waits for another's rows.
    """
    now = clock.now()
    while rows := await store.lock_due(tx, channel, now, most):
        over = [row for row in rows if row.until <= now]
        await end(tx, [store.Ending(row, State.GIVEN_UP, _reason(row)) for row in over])
        live = [
            replace(
                row,
                attempts=row.attempts + 1,
                again_at=plan_of(row.notice.kind, channel).again(
                    row.attempts + 1, now, row.until, ids.draw()
                ),
            )
            for row in rows
            if row.until > now
        ]
        if live:
            await store.plan(tx, live)
            return live
    return []


def _reason(row: Outgoing) -> str:
    plan = plan_of(row.notice.kind, row.notice.channel)
    missing = "acknowledged" if plan.answered else "taken"
    times = "1 attempt" if row.attempts == 1 else f"{row.attempts} attempts"
    return f"not {missing} by {row.until:%Y-%m-%d %H:%M} UTC, after {times}"
