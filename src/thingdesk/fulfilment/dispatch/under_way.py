from thingdesk.fulfilment.jobs import store as jobs
from thingdesk.fulfilment.jobs.offer import being_offered
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse

ALREADY = "dispatched_already"


async def is_under_way(tx: Transaction, machine: str, task: str) -> bool:
    """Whether somebody is sent to `machine` now for `task`: has the offer, or has accepted it."""
    offers = being_offered(tx)
    if any((one.machine, one.task) == (machine, task) for one in offers if not one.appointment):
        return True
    return await jobs.is_under_way(tx, machine, task)


async def only_one(tx: Transaction, machine: str, task: str) -> None:
    """Be the only one, until this transaction ends, who sends somebody to `machine` for `task`.

    Raises Refused `dispatched_already` when somebody is sent, which leaves nothing behind.
    """
    await jobs.lock_machine(tx, machine)
    if await is_under_way(tx, machine, task):
        words = f"somebody is sent to {machine} for this already: {task}"
        raise refuse(ALREADY, words, Recovery.ASK_OWNER)
