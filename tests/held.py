"""What the log says of code that holds up all others."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LOG = "thingdesk.platform.durable.held"
PATIENCE = 60


class Said(logging.Handler):
    """What the log said of code that held up all others; set when it said anything."""

    def __init__(self) -> None:
        super().__init__()
        self.once = threading.Event()
        self.words: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.words.append(record.getMessage())
        self.once.set()

    def hold(self) -> bool:
        """As a call that waits without `await` does, until somebody says that it holds up all."""
        return self.once.wait(PATIENCE)


@contextmanager
def listening() -> Iterator[Said]:
    """Within the block; what was said is kept."""
    handler, log = Said(), logging.getLogger(LOG)
    log.addHandler(handler)
    try:
        yield handler
    finally:
        log.removeHandler(handler)
