from base64 import b64encode
from dataclasses import replace
from uuid import UUID

from thingdesk import timeline
from thingdesk.hooks import store
from thingdesk.hooks.errors import too_many
from thingdesk.hooks.events import HookRegistered, tell_machine
from thingdesk.hooks.model import MOST, MOST_OF_CASES, Hook, NewHook
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction


async def make(tx: Transaction, asked: NewHook) -> Hook:
    """A hook with the secret that was given, or one of its own, for its address to be tried before
    it is registered.

    Raises Refused when the machine has too many.
    """
    await check_room(tx, asked.machine, of_one=asked.case_id is not None)
    secret = asked.secret or "whsec_" + b64encode(ids.salt() + ids.salt()).decode()
    return Hook(ids.new(), asked, secret, clock.now())


async def check_room(tx: Transaction, machine: str, *, of_one: bool) -> None:
    """Raises Refused when the machine has too many hooks of all its cases, or `of_one` each."""
    known = await store.of_parties(tx, [machine])
    theirs = [one for one in known if (one.asked.case_id is not None) == of_one]
    if len(theirs) >= (MOST_OF_CASES if of_one else MOST):
        raise too_many()


async def register(tx: Transaction, hook: Hook) -> None:
    """From the commit on it follows the cases that are opened. Raises Refused as `make` does."""
    asked = hook.asked
    await store.lock_machine(tx, asked.machine)
    await make(tx, asked)
    await store.insert(tx, hook)
    tell_machine(tx, asked.machine, HookRegistered(hook.id, asked.host, asked.form))


async def put(tx: Transaction, asked: NewHook, case_id: UUID, told: int) -> Hook:
    """A hook of one case by its name, told what comes after the entry `told`; one that has the name
    already is changed. Raises Refused as `make` does.
    """
    asked = replace(asked, case_id=case_id)
    await store.lock_machine(tx, asked.machine)
    there = await store.named(tx, asked)
    if there:
        hook = replace(there, asked=asked)
        await store.change(tx, hook)
    else:
        hook = await make(tx, asked)
        await store.insert(tx, hook)
        await timeline.follow(tx, [f"case:{case_id}"])
        await store.follow(tx, [(hook.id, case_id, told)])
    tell_machine(tx, asked.machine, HookRegistered(hook.id, asked.host, asked.form))
    return hook
