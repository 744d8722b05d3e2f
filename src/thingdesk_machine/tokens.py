"""How the machine says who it is, also with a clock that is years off."""

import logging

from thingdesk_machine.desk_clock import DeskClock
from thingdesk_machine.identity import Identity
from thingdesk_machine.receipts import DeskKeys, Forged

logger = logging.getLogger(__name__)


class Tokens:
    def __init__(self, identity: Identity, clock: DeskClock, keys: DeskKeys) -> None:
        self._identity = identity
        self._clock = clock
        self._keys = keys

    def token(self) -> str:
        """A new one, signed by the time that is likeliest the desk's."""
        return self._identity.token(lambda: self._clock.for_token)

    def refused(self, signed_time: str | None) -> None:
        """The desk refused the last token, and this is its word for the time, where it gave one."""
        said = None
        try:
            if signed_time is not None:
                said = self._keys.time(signed_time)
        except Forged as error:
            logger.warning("a word for the time was ignored: %s", error)
        self._clock.doubt(said)
