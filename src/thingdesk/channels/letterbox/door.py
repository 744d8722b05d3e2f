import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from weakref import WeakSet

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope

from thingdesk.channels.letterbox.letter import MOST_BYTES, MOST_HEAD, Letter, head_of, read
from thingdesk.channels.letterbox.parse import TooMuchError
from thingdesk.channels.letterbox.take import Became, take
from thingdesk.platform import ports
from thingdesk.platform.beside import beside
from thingdesk.platform.database import Database
from thingdesk.platform.metrics import Counter
from thingdesk.platform.sparing import SparingLog

_log = logging.getLogger(__name__)
_MOST_CONNECTIONS = 20
_WITHIN = 30.0
_TAKEN = "250 2.0.0 Taken"
_TOO_LARGE = f"552 5.3.4 The headers have more than {MOST_HEAD // 1024} KiB: send shorter ones"
_TOO_MUCH = "552 5.3.4 The mail has {}: send plain text"
_LATER = "451 4.3.0 Come again later"
_BECAME = Counter("thingdesk.letters", "Mails that came in, by what became of them.", "became")


class Letterbox:
    """Takes what the organisation's own mail server hands over; nobody else is to reach it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._places = asyncio.Semaphore(_MOST_CONNECTIONS)
        # to read a mail may take a second: one after the other
        self._reading = asyncio.Lock()
        self._sessions: WeakSet[LMTP] = WeakSet()
        self._failures = SparingLog(_log)

    @asynccontextmanager
    async def serving(self, host: str, port: int) -> AsyncIterator[int]:
        """Listen for as long as the block lasts; the port. Raises PortError."""
        loop = asyncio.get_running_loop()
        listening = ports.listen(host, port, "THINGDESK_LETTERBOX")
        server = await loop.create_server(self._session, sock=listening)
        async with server:
            try:
                yield int(listening.getsockname()[1])
            finally:
                # mail servers keep theirs, and from Python 3.12 on the end of `server` awaits them
                for session in self._sessions:
                    if session.transport is not None:
                        session.transport.close()

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: LMTP, _session: Any, envelope: Envelope
    ) -> str:
        """The answer to a mail: it is taken, whatever comes of it, or is to come again; refused is
        one with more headers, lines or parts than anybody needs.
        """
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        if head_of(content) > MOST_HEAD:
            return _refused(_TOO_LARGE)
        try:
            became = await self._take(content, envelope.mail_from or "")
        except TooMuchError as error:
            return _refused(_TOO_MUCH.format(error))
        except Exception as error:  # noqa: BLE001 - whatever it was, the mail is not lost
            self._failures.error("a mail could not be taken in; its server sends it again", error)
            return _LATER
        _BECAME.add(1, became.value)
        return _TAKEN

    async def _take(self, content: bytes, envelope_from: str) -> Became:
        async with asyncio.timeout(_WITHIN):
            letter = await self._read(content, envelope_from)
            if letter is None:
                return Became.UNREADABLE
            async with self._places, self._database.transaction() as tx:
                return await take(tx, letter)

    async def _read(self, content: bytes, envelope_from: str) -> Letter | None:
        """Until it is read nobody else's is, and not when nobody waits for it any more, either."""
        await self._reading.acquire()
        try:
            reading = beside("letter", partial(read, content, envelope_from))
        except BaseException:  # no thread could be started
            self._reading.release()
            raise
        reading.add_done_callback(lambda _: self._reading.release())
        return await asyncio.shield(reading)

    def _session(self) -> LMTP:
        session = LMTP(
            self,
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=True,
            hostname="thingdesk",
            ident="thingdesk",
            timeout=60,
            loop=asyncio.get_running_loop(),
        )
        self._sessions.add(session)
        return session


def _refused(answer: str) -> str:
    _BECAME.add(1, Became.REFUSED.value)
    return answer
