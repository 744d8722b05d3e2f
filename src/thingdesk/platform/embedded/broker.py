"""An MQTT broker of our own (a NATS server), for a desk that was given none.

    async with EmbeddedBroker(data_dir, access=access, verifier=verify) as broker:
        ...  # connect to broker.url by MQTT 3.1.1

**The desk** connects with the account in `url` and may use all topics of `access`. Its client ids
must begin with SESSION_PREFIX: they contain a character that no other name may have, so that nobody
can take over a session of the desk's.

**Who else comes** is asked about at `verifier`, see `callout`, and has the rights that `access`
gives to that name. A subscription to anything else is answered with a failure; a message to
anything else is dropped and told to `on_refused`, not to the sender: MQTT 3.1.1 has no word for it.

**A guest** connects without a token, hears what `access` says, for seconds, and nothing else.

**Unacknowledged** messages of quality 1 come back after `ack_wait` and at a reconnect. A short
wait gains nothing, because whoever did not hear has lost the connection, and takes much: under a
load that lasts longer everything is sent twice, and there is no end to it.

**Runs as** the desk's account; when that is root, as an unprivileged one (see `account`), inside
its own folder. It listens on the loopback interface unless told otherwise, without TLS: for
machines elsewhere put a TLS proxy in front, or set THINGDESK_BROKER_URL to a broker that has it.

One desk to a data folder, and the end with the desk, as with PostgreSQL: see `postgres`.
"""

import asyncio
import json
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from nats import errors as nats_errors
from nats.aio.client import Client as Control
from nats.aio.msg import Msg

from thingdesk.platform.embedded import broker_files, broker_health, leftovers
from thingdesk.platform.embedded.access import Access
from thingdesk.platform.embedded.account import Account, account_for
from thingdesk.platform.embedded.broker_files import SYSTEM, Listening
from thingdesk.platform.embedded.callout import DESK, Callout, OnRefused, Verifier
from thingdesk.platform.embedded.embedded import Embedded
from thingdesk.platform.embedded.errors import EmbeddedError
from thingdesk.platform.embedded.files import FolderLock, keep_secret, make_private, new_secret
from thingdesk.platform.embedded.programs import broker_program, reachable
from thingdesk.platform.embedded.supervise import Died, Program, Supervised
from thingdesk.platform.embedded.violations import ViolationLog

SESSION_PREFIX = "thingdesk:"
_ECHO = "thingdesk.echo"
_START_WITHIN = 120.0
_ANSWER_WITHIN = 2.0


class _GoneError(EmbeddedError):
    """Who was to be cut off is not connected any more."""


class EmbeddedBroker(Embedded):
    """`url` holds the desk's own name and password; all others connect to `host` and `port`.

    `mqtt_port` 0 picks a free port, which stays the same while we run. `on_refused` hears the
    name and the reason of every refusal; `on_death` that the broker ended by itself: it is
    started again. Entering raises EmbeddedError with what is wrong and how to mend it.
    """

    url: str
    host: str
    port: int

    def __init__(
        self,
        data_dir: Path,
        *,
        access: Access,
        verifier: Verifier,
        host: str = "127.0.0.1",
        mqtt_port: int = 1883,
        ack_wait: timedelta = timedelta(seconds=60),
        on_refused: OnRefused | None = None,
        on_death: Callable[[Died], None] | None = None,
    ) -> None:
        self._home = data_dir.absolute()
        self._folder = self._home / "broker"
        self._asked = (host, mqtt_port)
        self._ack_wait = ack_wait
        self._on_death = on_death
        self._on_refused = on_refused or _ignore
        self._root = access.root
        self._callout = Callout(access, verifier, self._on_refused)
        self._violations = ViolationLog(self._folder / broker_files.LOG, self._on_refused)
        self._lock = FolderLock(self._home / "broker.lock", "the embedded broker")
        self._control_password = new_secret()
        self._control: Control | None = None
        self._control_port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def end_session(self, name: str) -> bool:
        """Cuts this name off if it is connected, and says whether it was.

        Let the verifier refuse it before: it may reconnect at once.
        """
        found = await self._request("PING.CONNZ", {"mqtt_client": name})
        connections = found["data"].get("connections") or ()
        for connection in connections:
            kick = f"{found['server']['id']}.KICK"
            with suppress(_GoneError):  # it went by itself meanwhile
                await self._request(kick, {"cid": connection["cid"]})
        return bool(connections)

    async def _begin(self) -> None:
        self._keep(asyncio.create_task(self._violations.follow()))
        if self._server is not None:
            care = broker_health.look_after(self._folder, self._illness, self._server.restart)
            self._keep(asyncio.create_task(care))

    async def _illness(self) -> str | None:
        try:
            found = await self._request("PING.HEALTHZ", {})
        except EmbeddedError:  # it does not run: that is seen to elsewhere
            return None
        illness: str | None = found["data"].get("error")
        return illness

    async def _tear_down(self) -> None:
        if self._control is not None:
            await self._control.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._server is not None:
            await self._server.stop()
        self._lock.release()

    def _set_up(self) -> Supervised:
        make_private(self._home)
        self._lock.take()
        account = account_for(self._folder)
        program = reachable(broker_program(), account)
        leftovers.end(self._folder, "nats-server", (signal.SIGTERM,))
        self.host = self._asked[0]
        self.port = broker_files.find_port(*self._asked)
        self._control_port = broker_files.find_port("127.0.0.1", 0)
        password = keep_secret(self._home / "broker.password")
        broker_files.write(
            self._folder,
            account,
            Listening(self.host, self.port, self._control_port),
            self._ack_wait,
            self._callout.issuer.name,
            self._root,
            {DESK: password, SYSTEM: self._control_password},
        )
        self.url = f"mqtt://{DESK}:{password}@{_bracketed(self.host)}:{self.port}"
        self._violations.begin()
        return self._supervised(program, account)

    def _supervised(self, path: Path, account: Account | None) -> Supervised:
        output = self._home / "broker.output"
        program = Program(
            name="The embedded broker",
            command=(str(path), "-c", broker_files.CONFIG),
            folder=self._folder,
            output=output,
            account=account,
            stop=((signal.SIGTERM, 10.0),),
        )
        return Supervised(
            program,
            probe=self._serves,
            prepare=lambda: leftovers.end(self._folder, "nats-server", (signal.SIGTERM,)),
            explain=lambda: broker_files.explain(self._folder, output),
            start_within=_START_WITHIN,
            on_death=self._on_death,
        )

    async def _serves(self) -> bool:
        """It can ask about whoever comes, and one can knock."""
        if not await _accepts("127.0.0.1", self._control_port):
            return False
        try:
            if self._control is None:
                self._control = await self._connect()
            # Through the broker to our own ears: it has our subscriptions, after a restart too.
            await self._control.request(_ECHO, timeout=_ANSWER_WITHIN)
        except (nats_errors.Error, OSError):
            return False
        return await _accepts(_reached_at(self.host), self.port)

    async def _connect(self) -> Control:
        options: dict[str, Any] = {"max_reconnect_attempts": -1, "reconnect_time_wait": 0.05}
        control = Control()
        try:
            await control.connect(
                f"nats://127.0.0.1:{self._control_port}",
                user=SYSTEM,
                password=self._control_password,
                error_cb=_ignore_error,
                **options,
            )
        except BaseException:
            await control.close()
            raise
        await control.subscribe("$SYS.REQ.USER.AUTH", cb=self._asked_about)
        await control.subscribe(_ECHO, cb=_echo)
        return control

    async def _asked_about(self, message: Msg) -> None:
        # A task each: a slow answer about one must not delay the others.
        self._keep(asyncio.create_task(self._answer(message)))

    async def _answer(self, message: Msg) -> None:
        answer = await self._callout.answer(message.data)
        with suppress(nats_errors.Error):  # the broker is gone, and who asked with it
            await message.respond(answer)

    async def _request(self, what: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if self._control is None:
            raise EmbeddedError("The embedded broker does not run.", "Start it first.")
        try:
            answer = await self._control.request(
                f"$SYS.REQ.SERVER.{what}", json.dumps(arguments).encode(), timeout=_ANSWER_WITHIN
            )
        except nats_errors.Error as error:
            raise EmbeddedError(
                f"The embedded broker does not answer ({type(error).__name__}).", "Try again."
            ) from error
        content: dict[str, Any] = json.loads(answer.data)
        if problem := content.get("error"):
            if "no such client" in str(problem):
                raise _GoneError("The client has gone.", "Nothing is left to do.")
            raise EmbeddedError(f"The embedded broker refused: {problem}.", "Try again.")
        return content

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _accepts(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


def _reached_at(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only


def _bracketed(host: str) -> str:
    host = _reached_at(host)
    return f"[{host}]" if ":" in host else host


def _ignore(name: str, reason: str) -> None:
    pass


async def _echo(message: Msg) -> None:
    with suppress(nats_errors.Error):
        await message.respond(b"")


async def _ignore_error(_: Exception) -> None:
    """The library's own would write a stack for every failed attempt to reconnect."""
