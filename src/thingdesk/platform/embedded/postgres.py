"""PostgreSQL of our own, for a desk that was given none.

    async with EmbeddedPostgres(data_dir) as pg:
        connection = await asyncpg.connect(pg.url)

**Reached by** a Unix socket in a folder that only the desk's account (and root) may enter, with a
random password (scram-sha-256) that is kept in a 0600 file. A socket rather than the loopback
interface: there is no port to be taken, and other accounts of the host cannot even knock. A
socket's path is limited to about 100 bytes, so its folder is a short one in the temporary folder,
named after the data folder.

**Runs as** an unprivileged account, always; which one, see `account`. As root the server is
started inside its data folder and knows it as /proc/self/cwd, so the folders above stay closed.

**Belongs to** one desk: a second one on the same data folder gets an error, by a lock that the
kernel releases with the first. A server that outlived its desk is ended before ours starts: its
settings and its supervisor would not be ours.

**Ends with** the desk: a fast shutdown in order, or, when the desk is killed, by a signal that the
kernel sends for it.

The desk's own role is not a superuser, as on a cluster that somebody else runs.
"""

import asyncio
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import asyncpg

from thingdesk.platform.embedded import cluster, sockets
from thingdesk.platform.embedded.account import Account, account_for
from thingdesk.platform.embedded.embedded import Embedded
from thingdesk.platform.embedded.errors import EmbeddedError
from thingdesk.platform.embedded.files import FolderLock, keep_secret, make_private
from thingdesk.platform.embedded.programs import postgres_programs, reachable
from thingdesk.platform.embedded.supervise import Died, Program, Supervised

NAME = "thingdesk"
_START_WITHIN = 300.0  # recovery after a crash replays what was not yet in its place
_PROBE_TIMEOUT = 5.0
_NOT_YET = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
)


class EmbeddedPostgres(Embedded):
    """`url` names a database `thingdesk` whose owner is the role `thingdesk` (may create
    databases); it stays the same while we run, whatever happens to the server.

    `settings` are added to ours. `on_death` hears when the server ended by itself; it is started
    again. Entering raises EmbeddedError with what is wrong and how to mend it.
    """

    url: str

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        on_death: Callable[[Died], None] | None = None,
    ) -> None:
        self._home = data_dir.absolute()
        self._data = self._home / "postgres"
        self._settings = settings or {}
        self._on_death = on_death
        self._lock = FolderLock(self._home / "postgres.lock", "the embedded PostgreSQL")
        self._socket_folder: Path | None = None
        self._password = ""

    async def _begin(self) -> None:
        await self._make_database()
        self.url = self._url(NAME, NAME)

    async def _tear_down(self) -> None:
        if self._server is not None:
            await self._server.stop()
        if self._socket_folder is not None:
            await asyncio.to_thread(sockets.remove_folder, self._socket_folder)
        self._lock.release()

    def _set_up(self) -> Supervised:
        make_private(self._home)
        self._lock.take()
        account = account_for(self._data)
        program = reachable(postgres_programs(), account)
        self._password = keep_secret(self._home / "postgres.password")
        folder = sockets.make_folder(self._home, account)
        self._socket_folder = folder
        if not self._data.exists():
            cluster.initialise(program, self._data, account, self._password, folder)
        cluster.check_version(program, self._data)
        return self._supervised(program, account, folder)

    def _supervised(self, postgres: Path, account: Account | None, folder: Path) -> Supervised:
        settings = {
            **cluster.settings(),
            "unix_socket_directories": str(folder),
            **self._settings,
        }
        output = self._home / "postgres.output"
        program = Program(
            name="The embedded PostgreSQL",
            command=(
                *(str(postgres), "-D", cluster.seen_as(self._data, account)),
                *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
            ),
            folder=self._data,
            output=output,
            account=account,
            # Fast: end the sessions, write a checkpoint. Immediate: end, and recover next time.
            stop=((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0)),
        )
        return Supervised(
            program,
            probe=self._serves,
            prepare=lambda: cluster.end_leftovers(self._data),
            explain=lambda: cluster.explain(self._data, output),
            start_within=_START_WITHIN,
            on_death=self._on_death,
        )

    def _url(self, role: str, database: str) -> str:
        folder = quote(str(self._socket_folder), safe="")
        return f"postgresql://{role}:{self._password}@/{database}?host={folder}"

    async def _serves(self) -> bool:
        try:
            connection = await asyncpg.connect(
                self._url("postgres", "postgres"), timeout=_PROBE_TIMEOUT
            )
        except _NOT_YET:
            return False
        except asyncpg.InvalidPasswordError as error:
            raise EmbeddedError(
                f"The password in {self._home / 'postgres.password'} is not that of the data in "
                f"{self._data}.",
                "Put the password file back that belongs to this data, for example from a backup.",
            ) from error
        await connection.close()
        return True

    async def _make_database(self) -> None:
        connection = await asyncpg.connect(self._url("postgres", "postgres"))
        try:
            if not await connection.fetchval("select 1 from pg_roles where rolname = $1", NAME):
                # Our own password is URL-safe base64: nothing in it ends a literal.
                await connection.execute(
                    f"create role {NAME} login createdb password '{self._password}'"
                )
            if not await connection.fetchval("select 1 from pg_database where datname = $1", NAME):
                await connection.execute(f"create database {NAME} owner {NAME}")
        finally:
            await connection.close()
