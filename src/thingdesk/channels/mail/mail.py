import asyncio
import logging
from datetime import UTC, datetime, timedelta

from thingdesk import notices
from thingdesk.channels.mail.carrier import Carrier, Deferred, Line, Rejected, Unreachable
from thingdesk.channels.mail.compose import sender_of
from thingdesk.channels.mail.folder import Folder
from thingdesk.channels.mail.letters import Desk, Letter, write_letters
from thingdesk.channels.mail.smtp import Server, Smtp
from thingdesk.notices import Channel
from thingdesk.platform import clock, ids, loops
from thingdesk.platform.backoff import Backoff
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings

_LOOK_EVERY = 1.0
# few: what is claimed and not sent before the next attempt is due, waits for that attempt
_AT_ONCE = 10
_EVER = datetime.min.replace(tzinfo=UTC)
# an erasure that commits late, and a mail that was being written meanwhile, are still found
_LATE = timedelta(minutes=10)
_FILES_KEPT = timedelta(days=120)
_LETS_GO_EVERY = timedelta(hours=1)
_REST = Backoff(timedelta(seconds=5), timedelta(minutes=5))
_log = logging.getLogger(__name__)


def carrier(settings: Settings) -> Carrier:
    """The mail server that is set; else a folder, and the log says where. Raises ValueError."""
    folder = Folder(settings.data_dir / "mail")
    try:
        folder.close_to_others()
    except OSError as error:
        _log.warning("mails in %s are open to other accounts: %s", folder.path, error)
    if settings.smtp_url:
        return Smtp(Server.read(settings.smtp_url), left=folder)
    where = folder.path
    _log.warning("no mail server is set (THINGDESK_SMTP_URL): mails are written to %s", where)
    return folder


class Mail:
    """Sends what is due. Many may work at once, in as many processes.

    `pages` is the URL under which owners reach the desk; a page is at `pages/PURPOSE/TOKEN`.
    `contact` tells them how to reach a person.
    """

    def __init__(
        self, database: Database, carrier: Carrier, *, sender: str, pages: str, contact: str = ""
    ) -> None:
        sender_of(sender)
        self._database = database
        self._carrier = carrier
        self._desk = Desk(sender, pages, contact)
        self._failures = 0
        self._forgotten = _EVER
        self._rests_until = _EVER
        self._lets_go_at = _EVER

    async def work(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set; mails under way are finished."""
        await loops.repeat(self._database, notices.CHANNEL, self.once, stop, every=_LOOK_EVERY)

    async def once(self) -> int:
        """One attempt for some of the notices that are due; how many they were.

        After the mail server could not be used, none is claimed for a while.
        """
        await self._forget()
        await self._let_go()
        if clock.now() < self._rests_until:
            return 0
        async with self._database.transaction() as tx:
            claimed = await notices.claim_due(tx, Channel.MAIL, _AT_ONCE)
            letters = await write_letters(tx, claimed, self._desk)
        if letters:
            await self._carry(letters)
        return len(claimed)

    async def _forget(self) -> None:
        """What was erased leaves the folder of this desk: at the start all there ever was, since
        the folder may come out of a backup; then what is new.
        """
        now = clock.now()
        async with self._database.transaction() as tx:
            erased = await notices.erased_since(tx, Channel.MAIL, self._forgotten)
        try:
            if erased:
                await asyncio.to_thread(self._carrier.forget, erased)
        except OSError as error:
            _log.error("mails of who was erased cannot be deleted yet: %s", error)
        else:
            self._forgotten = now - _LATE

    async def _let_go(self) -> None:
        """Now and then: what is a notice no more need not be a file."""
        now = clock.now()
        if now < self._lets_go_at:
            return
        try:
            await asyncio.to_thread(self._carrier.let_go, now - _FILES_KEPT)
        except OSError as error:
            _log.error("old mails cannot be deleted yet: %s", error)
        self._lets_go_at = now + _LETS_GO_EVERY

    async def _carry(self, letters: list[Letter]) -> None:
        try:
            line = await asyncio.to_thread(self._carrier.open)
            try:
                for letter in letters:
                    if clock.now() < letter.again_at:
                        await self._send(line, letter)
            finally:
                await asyncio.to_thread(line.close)
        except Unreachable as error:
            self._failures += 1
            rest = _REST.pause(self._failures, ids.draw())
            self._rests_until = clock.now() + rest
            _log.warning("mail cannot be sent: %s; trying again in %d s", error, rest.seconds)
        else:
            self._failures = 0

    async def _send(self, line: Line, letter: Letter) -> None:
        try:
            await asyncio.to_thread(line.send, letter.message, letter.address)
        except Deferred as error:
            _log.warning("notice %s waits for its next attempt: %s", letter.notice, error)
            return
        except Rejected as error:
            async with self._database.transaction() as tx:
                await notices.give_up(tx, letter.notice, str(error))
            return
        # One commit a mail: what is sent and not marked yet goes out again after a crash.
        async with self._database.transaction() as tx:
            await notices.delivered(tx, [letter.notice])
