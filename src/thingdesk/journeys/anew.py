from collections.abc import Sequence
from uuid import UUID

from thingdesk.journeys import store
from thingdesk.journeys.approval import ON_ITS_OWN
from thingdesk.platform import durable
from thingdesk.platform.database import Transaction


async def judge_anew(tx: Transaction, case_ids: Sequence[UUID]) -> None:
    """These cases rest on the standing mandate from now on: what their owners are asked for is
    judged anew. What they were asked and still are stays asked.

    No run is locked: whoever joins a case holds its problem, which comes after the runs.
    """
    for run_id in await store.running(tx, case_ids):
        durable.send(tx, run_id, ON_ITS_OWN, None)
