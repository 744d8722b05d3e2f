from datetime import datetime
from typing import NamedTuple


class Ended(NamedTuple):
    """Something by which a machine was let in, and is no more: `id` is its own."""

    at: datetime
    id: str
    machine: str
