"""A sender that is killed after the mail went out and before that was marked."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
from tests.channels.mail.servers import Mailbox, serving
from tests.waiting import until

from thingdesk import notices, parties
from thingdesk.channels.mail import Mail, Server, Smtp, Tls
from thingdesk.notices import Notice, Recipient, State
from thingdesk.parties import NewOwner
from thingdesk.platform import clock
from thingdesk.platform.database import Database

SOURCE = Path(__file__).resolve().parents[3] / "src"
SENDER = """
import asyncio, sys
from thingdesk.channels.mail import Mail, carrier
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings

async def main():
    settings = Settings()
    database = await Database.connect(settings.database_url)
    mail = Mail(database, carrier(settings), sender="desk@example.net", pages="https://desk.example")
    await mail.work(asyncio.Event())

asyncio.run(main())
"""
WAITING = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


@asynccontextmanager
async def sender(database_url: str, port: int) -> AsyncIterator[None]:
    """A process that sends mail, killed at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SENDER,
        env={
            "PYTHONPATH": str(SOURCE),
            "THINGDESK_DATABASE_URL": database_url,
            "THINGDESK_SMTP_URL": f"smtp://127.0.0.1:{port}",
        },
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def send_and_kill(desk: Database, database_url: str, box: Mailbox, port: int) -> None:
    """A process sends one mail and dies by SIGKILL while it waits to mark that."""
    holder = await asyncpg.connect(database_url)
    held = holder.transaction()

    async def hold() -> None:
        # the sender has claimed, and the mail is here: from now on it cannot mark
        await held.start()
        await holder.execute("select 1 from notice for update")

    async def marking() -> bool:
        async with desk.transaction() as tx:
            return bool(await tx.fetchval(WAITING))

    box.before_the_answer = hold
    try:
        async with sender(database_url, port):
            async with asyncio.timeout(60):
                await box.arrived.wait()
            await until(marking)
    finally:
        box.before_the_answer = None
        await holder.close()


async def test_a_mail_whose_sender_was_killed_arrives_again_with_the_same_id(
    desk: Database, database_url: str, turnable: clock.Turnable
) -> None:
    async with desk.transaction() as tx:
        owner = await parties.add_owner(tx, NewOwner("owner@example.org", "An Owner"))
        told = Notice(Recipient.owner(owner.id), "case.verified", "All is well again.")
        id_ = notices.tell(tx, told)
    box = Mailbox()
    async with serving(box) as port:
        await send_and_kill(desk, database_url, box, port)
        async with desk.transaction() as tx:
            left = await notices.get(tx, id_)
        assert left
        assert (left.state, left.attempts) == (State.OPEN, 1)

        smtp = Smtp(Server("127.0.0.1", port, Tls.OFF))
        mail = Mail(desk, smtp, sender="desk@example.net", pages="https://desk.example")
        assert await mail.once() == 0
        turnable.turn(timedelta(hours=1))
        assert await mail.once() == 1
        turnable.turn(timedelta(days=1))
        assert await mail.once() == 0
    assert [one["Message-ID"] for one in box.mails] == [f"<{id_}@example.net>"] * 2
    assert box.raw[0] == box.raw[1]
