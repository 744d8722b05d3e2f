"""What a generated call cannot know: an id is for one event, and a key for one request."""

from typing import Any
from uuid import uuid4

import schemathesis


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    if case.meta is not None and not case.meta.generation.mode.is_positive:
        return
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = str(uuid4())
    for event in case.body if isinstance(case.body, list) else [case.body]:
        if isinstance(event, dict) and "specversion" in event:
            event["id"] = str(uuid4())
