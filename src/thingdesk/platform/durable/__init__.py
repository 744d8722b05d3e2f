"""Durable runs: functions whose progress is kept in PostgreSQL.

What enters: a start or a message, written in the caller's own transaction. What leaves: whatever
the steps write, committed together with the record that they were done. Always true: a step that
is recorded has happened once, and a step that is not recorded has left nothing behind.
"""

from thingdesk.platform.durable.engine import (
    Engine,
    drop,
    retry,
    send,
    start,
    stop,
)
from thingdesk.platform.durable.failure import Failure, Trouble, Turn, failure_of
from thingdesk.platform.durable.failures import MOST_FAILURES
from thingdesk.platform.durable.held import watched
from thingdesk.platform.durable.measure import measure
from thingdesk.platform.durable.model import (
    AtLine,
    Changed,
    Fenced,
    Message,
    Priority,
    Standing,
    State,
    Suspended,
)
from thingdesk.platform.durable.run import Function, Run
from thingdesk.platform.durable.store import (
    KEPT,
    failing,
    forget_unheard,
    late,
    standing,
    stuck,
    unknown,
)

__all__ = [
    "KEPT",
    "MOST_FAILURES",
    "AtLine",
    "Changed",
    "Engine",
    "Failure",
    "Fenced",
    "Function",
    "Message",
    "Priority",
    "Run",
    "Standing",
    "State",
    "Suspended",
    "Trouble",
    "Turn",
    "drop",
    "failing",
    "failure_of",
    "forget_unheard",
    "late",
    "measure",
    "retry",
    "send",
    "standing",
    "start",
    "stop",
    "stuck",
    "unknown",
    "watched",
]
