"""Sessions at EMQX end when keys are revoked, by its API: DELETE /api/v5/clients/{clientid} answers
204, or 404 for one that has none (apps/emqx_management/test/emqx_mgmt_api_clients_SUITE.erl of
emqx/emqx at 010d7d5d).
"""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from tests.parties.making import Signing, registered

from thingdesk import parties
from thingdesk.channels.brokers import EmqxSessions
from thingdesk.channels.mqtt import ending_sessions
from thingdesk.platform import clock
from thingdesk.platform.database import Database


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


async def test_a_session_ends_with_the_key(database: Database, api: Api) -> None:
    async with EmqxSessions(url(api)) as sessions:
        end = ending_sessions(database, sessions, clock.now())
        await end()
        assert api.asked == []
        press = await revoke(database)
        await end()
    assert api.asked == [(f"DELETE /api/v5/clients/{press.machine} HTTP/1.1", "key:a/secret")]


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
        (refused,) = api.asked
        turnable.turn(timedelta(minutes=10))
        await end()
    assert api.asked.count(refused) == 2
    assert [line for line, _ in api.asked if f"/{press.machine} " in line]


async def test_an_api_that_is_away_says_so_without_its_secret() -> None:
    async with EmqxSessions("http://key:secret@127.0.0.1:1") as sessions:
        with pytest.raises(OSError, match="could not be reached") as raised:
            await sessions.end_session("press-1")
        assert "secret" not in str(raised.value)
