"""Recordings of real machines, to run the desk on.

A file enters; what its machines would have sent leaves, in the order in which they would send it.
Always true: a row that cannot be read is reported with its line and reason, and the rest goes on;
intervals between the signals of a machine are the recording's own.
"""

from thingdesk.replay.recorded import Recorded, Unreadable
from thingdesk.replay.recordings import UnknownRecordingError, read
from thingdesk.replay.times import Due, ending_at, in_sending_order

__all__ = [
    "Due",
    "Recorded",
    "UnknownRecordingError",
    "Unreadable",
    "ending_at",
    "in_sending_order",
    "read",
]
