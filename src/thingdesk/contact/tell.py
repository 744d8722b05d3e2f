from datetime import timedelta
from typing import Any

from thingdesk import notices
from thingdesk.contact import store
from thingdesk.contact.calendar import CallBacks
from thingdesk.contact.expect import Said, expected_wait, there_by, worth_telling
from thingdesk.contact.model import Hold, Place
from thingdesk.contact.see import SERVING, place, told
from thingdesk.notices import Notice, Recipient
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

_STALE = timedelta(minutes=10)
_DAY = timedelta(days=1)
_MOST = 500


def as_data(stands: Place) -> dict[str, Any]:
    """How a hold stands, for a machine."""
    return {
        "hold": str(stands.hold),
        "state": stands.state.value,
        "place": stands.place,
        "wait_seconds": None if stands.wait is None else int(stands.wait.total_seconds()),
        "until": stands.until.isoformat() if stands.until else None,
        "call_back": stands.call_back.isoformat() if stands.call_back else None,
        "call_back_times": [one.isoformat() for one in stands.times],
    }


async def tell(tx: Transaction, hold: Hold, calls: CallBacks, what: str) -> None:
    """Tell the machine that asked how it stands, by a notice `hold.WHAT`."""
    stands = await place(tx, hold, calls)
    now = clock.now()
    until = stands.until or now + (_STALE if what == "moved" else _DAY)
    to = Recipient.machine(hold.machine)
    data = as_data(stands)
    notices.tell(tx, Notice(to, f"hold.{what}", stands.words, hold.case_id, data, until=until))


async def tell_moved(tx: Transaction, calls: CallBacks) -> int:
    """Tell machines that wait what has changed since they were told; how many were."""
    now = clock.now()
    waiting = await store.waiting(tx, _MOST)
    if not waiting:
        return 0
    line = await store.line(tx, now, SERVING)
    moved = 0
    for number, one in enumerate(waiting, 1):
        wait = expected_wait(number, line)
        said = Said(one.told_place, one.told_by, one.told_at)
        if not worth_telling(said, number, there_by(wait, now), now):
            continue
        # whoever takes it now need not be waited for
        if await store.say(tx, told(one, number, wait)):
            await tell(tx, one, calls, "moved")
            moved += 1
    return moved
