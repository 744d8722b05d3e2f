from base64 import b64encode

from thingdesk.hooks import store
from thingdesk.hooks.errors import too_many
from thingdesk.hooks.events import HookRegistered, tell_machine
from thingdesk.hooks.model import MOST, Hook, NewHook
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction


async def make(tx: Transaction, asked: NewHook) -> Hook:
    """A hook with a secret of its own, for its address to be tried before it is registered.

    Raises Refused when the machine has too many.
    """
    if len(await store.of_parties(tx, [asked.machine])) >= MOST:
        raise too_many()
    secret = "whsec_" + b64encode(ids.salt() + ids.salt()).decode()
    return Hook(ids.new(), asked, secret, clock.now())


async def register(tx: Transaction, hook: Hook) -> None:
    """From the commit on it follows the cases that are opened. Raises Refused as `make` does."""
    asked = hook.asked
    await store.lock_machine(tx, asked.machine)
    await make(tx, asked)
    await store.insert(tx, hook)
    tell_machine(tx, asked.machine, HookRegistered(hook.id, asked.host, asked.form))
