"""Sessions at EMQX end with what they were opened by, by its API: DELETE
/api/v5/clients/{clientid} answers 204, or 404 for one that has none
(apps/emqx_management/test/emqx_mgmt_api_clients_SUITE.erl of emqx/emqx at 010d7d5d).
"""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
from tests.access.agents import an_agent
from tests.access.ending import ENDS, End
from tests.access.making import BASE, Asking, a_machine, shown
from tests.parties.making import Signing, registered

from thingdesk import parties
from thingdesk.access import Callers, Issued, Surface, Tokens
from thingdesk.channels.brokers import EmqxSessions
from thingdesk.channels.mqtt import ending_sessions
from thingdesk.platform import clock
from thingdesk.platform.database import Database

Made = Callable[[Database, Tokens], Awaitable[tuple[Asking, Issued]]]


class Api:
    """Answers as it is told, the last for ever, and keeps what it was asked."""

    def __init__(self, *answers: int) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, str]] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await self._head(reader):
            line, *headers = head.decode().splitlines()
            (shown,) = [one for one in headers if one.lower().startswith("authorization: basic ")]
            self.asked.append((line, b64decode(shown.rpartition(" ")[2]).decode()))
            code = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            writer.write(f"HTTP/1.1 {code} x\r\ncontent-length: 0\r\n\r\n".encode())
        writer.close()

    @staticmethod
    async def _head(reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    one = Api(204)
    async with await asyncio.start_server(one.serve, "127.0.0.1", 0) as server:
        one.port = server.sockets[0].getsockname()[1]
        yield one


def url(api: Api) -> str:
    return f"http://key:a%2Fsecret@127.0.0.1:{api.port}"


async def revoke(database: Database) -> Signing:
    press = await registered(database)
    async with database.transaction() as tx:
        await parties.revoke_key(tx, press.kid, "stolen")
    return press


async def by_own_key(database: Database, tokens: Tokens) -> tuple[Asking, Issued]:
    machine = await a_machine(database)
    return machine, await tokens.make(machine.asks(at="mqtt"))


async def by_its_owner(database: Database, _: Tokens) -> tuple[Asking, Issued]:
    agent = await an_agent(database, BASE, Surface.MQTT)
    return agent, agent.issued


@pytest.mark.parametrize(
    ("made", "ends"),
    [(by_own_key if name == "key" else by_its_owner, end) for name, (end, _) in ENDS.items()],
    ids=ENDS,
)
async def test_a_session_ends_with_what_it_was_opened_by(
    database: Database, api: Api, made: Made, ends: End
) -> None:
    async with Tokens(database, BASE) as tokens, Callers(database, BASE) as callers:
        machine, issued = await made(database, tokens)
        caller = await callers.recognise(shown(issued.token), Surface.MQTT)
    async with EmqxSessions(url(api)) as sessions:
        end = ending_sessions(database, sessions, clock.now())
        before = f"/clients/{machine.machine} "
        await end()  # a new yes ends what was by an earlier one
        api.asked.clear()
        await end()
        assert before not in str(api.asked)
        await ends(database, machine, issued, caller)
        await end()
    ended = (f"DELETE /api/v5{before}HTTP/1.1", "key:a/secret")
    assert ended in api.asked


async def test_a_machine_that_has_no_session_is_no_trouble(database: Database, api: Api) -> None:
    api._answers = [404]
    await revoke(database)
    async with EmqxSessions(url(api)) as sessions:
        await ending_sessions(database, sessions, clock.now())()


@pytest.mark.parametrize("code", [401, 500])
async def test_what_could_not_be_ended_is_tried_again(
    database: Database, api: Api, code: int, turnable: clock.Turnable
) -> None:
    press = await revoke(database)
    api._answers = [code, 204]
    async with EmqxSessions(url(api)) as sessions:
        end = ending_sessions(database, sessions, clock.now())
        with pytest.raises(OSError, match=str(code)) as raised:
            await end()
        assert "secret" not in str(raised.value)
        refused, *others = api.asked
        turnable.turn(timedelta(minutes=10))
        await end()
    assert api.asked.count(refused) == 2
    assert all(api.asked.count(one) == 1 for one in others)
    assert [line for line, _ in api.asked if f"/{press.machine} " in line]


async def test_each_end_ends_a_session_once_and_all_are_ended(database: Database, api: Api) -> None:
    """Whoever comes back with a good token stays; more end at once than one reading has."""
    began = clock.now()
    machine = (await revoke(database)).machine
    async with database.transaction() as tx:
        await tx.execute(
            "insert into access_ended (jti, machine, ended_at, until)"
            " select gen_random_uuid(), 'of-many-' || n, $1, $1 from generate_series(1, 1500) n",
            clock.now(),
        )
    async with EmqxSessions(url(api)) as sessions:
        end = ending_sessions(database, sessions, began)
        for _ in range(3):
            await end()
    lines = [line for line, _ in api.asked]
    assert len([line for line in lines if f"/{machine} " in line]) == 1
    assert len([line for line in lines if "/of-many-" in line]) == 1500
    assert len(lines) == len(set(lines))


async def test_one_that_cannot_be_ended_holds_up_no_other(database: Database, api: Api) -> None:
    began = clock.now()
    machines = [(await revoke(database)).machine for _ in range(3)]
    async with EmqxSessions(url(api)) as sessions:
        end = ending_sessions(database, sessions, began)
        await end()
        api.asked.clear()
        more = [(await revoke(database)).machine for _ in range(3)]
        api._answers = [500, 204]
        with pytest.raises(OSError, match="500"):
            await end()
        first = [line for line, _ in api.asked]
        await end()
    assert [any(f"/{one} " in line for line in first) for one in more] == [True] * 3
    assert [line for line, _ in api.asked[len(first) :]] == first[:1], "that one again"
    assert not any(f"/{one} " in line for one in machines for line in first)


async def test_an_api_that_is_away_says_so_without_its_secret() -> None:
    async with EmqxSessions("http://key:secret@127.0.0.1:1") as sessions:
        with pytest.raises(OSError, match="could not be reached") as raised:
            await sessions.end_session("press-1")
        assert "secret" not in str(raised.value)
