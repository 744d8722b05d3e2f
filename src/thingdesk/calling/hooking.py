from typing import Any

from thingdesk.access import Caller
from thingdesk.hooks import NewHook


def hook_of(caller: Caller, form: str, url: str, **more: Any) -> NewHook:
    """What a caller wants to be told at `url`, until what the call rests on ends."""
    by = caller.grounds
    return NewHook(
        caller.machine,
        caller.owner_id,
        form,
        url,
        mandate_id=by.mandate_id,
        grant_id=by.grant_id,
        keys=by.keys,
        tokens=by.tokens,
        **more,
    )
