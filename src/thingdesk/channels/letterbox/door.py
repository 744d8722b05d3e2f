import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope

from thingdesk.channels.letterbox.letter import MOST_BYTES, MOST_HEAD, head_of, read
from thingdesk.channels.letterbox.take import Became, take
from thingdesk.platform import ports
from thingdesk.platform.database import Database
from thingdesk.platform.metrics import Counter
from thingdesk.platform.sparing import SparingLog

_log = logging.getLogger(__name__)
_MOST_CONNECTIONS = 20
_WITHIN = 30.0
_TAKEN = "250 2.0.0 Taken"
_TOO_LARGE = f"552 5.3.4 The headers have more than {MOST_HEAD // 1024} KiB: send shorter ones"
# to read a mail may take a second: in a thread of their own, one after the other
_threads = ThreadPoolExecutor(1, thread_name_prefix="letters")
_BECAME = Counter("thingdesk.letters", "Mails that came in, by what became of them.", "became")


class Letterbox:
    """Takes what the organisation's own mail server hands over; nobody else is to reach it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places = asyncio.Semaphore(_MOST_CONNECTIONS)
        self._failures = SparingLog(_log)

    @asynccontextmanager
    async def serving(self, host: str, port: int) -> AsyncIterator[int]:
        """Listen for as long as the block lasts; the port. Raises PortError."""
        loop = asyncio.get_running_loop()
        listening = ports.listen(host, port, "THINGDESK_LETTERBOX")
        server = await loop.create_server(self._session, sock=listening)
        async with server:
            yield int(listening.getsockname()[1])

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: LMTP, _session: Any, envelope: Envelope
    ) -> str:
        """The answer to a mail: it is taken, whatever comes of it, or is to come again; refused is
        one with more headers than anybody needs.
        """
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        if head_of(content) > MOST_HEAD:
            _BECAME.add(1, Became.REFUSED.value)
            return _TOO_LARGE
        loop = asyncio.get_running_loop()
        letter = await loop.run_in_executor(_threads, read, content, envelope.mail_from or "")
        if letter is None:
            _BECAME.add(1, Became.UNREADABLE.value)
            return _TAKEN
        try:
            async with self._places, asyncio.timeout(_WITHIN), self._database.transaction() as tx:
                became = await take(tx, letter)
        except Exception as error:  # noqa: BLE001 - whatever it was, the mail is not lost
            self._failures.error("a mail could not be taken in; its server sends it again", error)
            return "451 4.3.0 Come again later"
        _BECAME.add(1, became.value)
        return _TAKEN

    def _session(self) -> LMTP:
        return LMTP(
            self,
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=True,
            hostname="thingdesk",
            ident="thingdesk",
            timeout=60,
            loop=asyncio.get_running_loop(),
        )
