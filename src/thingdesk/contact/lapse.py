from datetime import timedelta

from thingdesk.contact import store
from thingdesk.contact.calendar import CallBacks
from thingdesk.contact.end import ended
from thingdesk.contact.miss import let_pass
from thingdesk.contact.model import COMES_WITHIN, State
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

_CHOOSES_WITHIN = timedelta(days=1)
_NOBODY = "Nobody was there when a person was ready, and no other time was chosen."


async def lapse(tx: Transaction, calls: CallBacks, most: int = 200) -> int:
    """Owners who did not come in time are missed; whoever was, and has chosen no other time for a
    day, is waited for no longer. How many.
    """
    now = clock.now()
    found = await store.lock_lapsed(tx, now - COMES_WITHIN, now - _CHOOSES_WITHIN, most)
    for one in found:
        if one.state is State.READY:
            await let_pass(tx, one, None, calls)
        else:
            await ended(tx, one, None, _NOBODY)
    return len(found)
