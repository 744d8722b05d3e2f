import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from thingdesk.platform import logs
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.serve import listen, serve

_log = logging.getLogger("thingdesk.test")
_UPGRADE = (
    b"GET / HTTP/1.1\r\nhost: desk\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
JWS = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJjYXItMSJ9.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for one in list(root.handlers):
        root.removeHandler(one)
    for one in before:
        root.addHandler(one)
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def written(form: str = "json") -> io.StringIO:
    stream = io.StringIO()
    logs.configure("INFO", form, stream)
    return stream


def fail(words: str) -> None:
    try:
        int(words)
    except ValueError:
        _log.exception("it failed")


def test_a_line_is_an_event_and_says_what_it_is_about() -> None:
    stream = written()
    with logs.about(case="c1", machine="press-7", owner=None):
        with logs.about(run="r1"):
            _log.warning("part %s\nis gone", "fan")
        _log.info("next")
    _log.info("last")
    first, second, last = lines(stream)
    assert first["level"] == "WARNING"
    assert first["words"] == "part fan\nis gone"
    assert first["at"].endswith("+00:00")
    assert (first["case"], first["machine"], first["run"]) == ("c1", "press-7", "r1")
    assert "owner" not in first
    assert second["case"] == "c1"
    assert "run" not in second
    assert "case" not in last


def test_an_error_is_in_its_line() -> None:
    stream = written()
    fail("no such part")
    (line,) = lines(stream)
    assert "no such part" in line["error"]
    assert line["error"].startswith("Traceback")


@pytest.mark.parametrize("form", ["json", "plain"])
def test_secrets_are_left_out(form: str) -> None:
    stream = written(form)
    _log.info("at postgresql://desk:hunter2@db/desk, mqtt://thingdesk.desk:pass-w0rd@[::1]:1883")
    _log.info("mailed http://desk.example/decision/%s", JWS)
    _log.info("mailed http://desk.example/set-up/%s", "setup-token")
    _log.info('header {"Authorization": "Bearer opaque-token"}')
    fail(f"postgresql://desk:hunter2@db {JWS}")
    text = stream.getvalue()
    for secret in ("hunter2", "pass-w0rd", "c2lnbmF0dXJl", "setup-token", "opaque-token"):
        assert secret not in text
    assert "postgresql://***@db/desk" in text
    assert "it failed" in text


def test_a_person_at_a_terminal_gets_plain_lines_and_a_collector_json() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert not logs.is_json("auto", Terminal())
    assert logs.is_json("auto", io.StringIO())
    assert logs.is_json("json", Terminal())
    stream = written("plain")
    with logs.about(case="c1"):
        _log.info("hello")
    assert stream.getvalue().endswith("INFO thingdesk.test: hello [case=c1]\n")


async def test_tasks_do_not_share_what_they_are_about() -> None:
    stream = written()
    gate = asyncio.Event()

    async def one(case: str) -> None:
        with logs.about(case=case):
            await gate.wait()
            _log.info("%s", case)

    async with asyncio.TaskGroup() as group:
        for case in ("a", "b"):
            group.create_task(one(case))
        await asyncio.sleep(0)
        gate.set()
    assert [(line["words"], line["case"]) for line in lines(stream)] == [("a", "a"), ("b", "b")]


async def test_nor_do_those_who_take_turns_in_one_transaction(database: Database) -> None:
    stream = written()

    async def answer(_: Transaction, items: list[str]) -> list[str]:
        return items

    async def one(tx: Transaction, case: str) -> None:
        with logs.about(case=case):
            await tx.share(answer, case)
            _log.info("%s", case)

    async with database.transaction() as tx:
        await tx.together(one(tx, case) for case in ("a", "b", "c"))
    assert [(line["words"], line["case"]) for line in lines(stream)] == [
        ("a", "a"),
        ("b", "b"),
        ("c", "c"),
    ]


async def test_who_sends_what_is_no_http_fills_no_log() -> None:
    stream = written()

    async def app(scope: Any, _: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    async with serve(app, listen("127.0.0.1", 0, "PORT")) as served:
        for sent in (b"\x16\x03\x01 no HTTP\r\n\r\n", _UPGRADE):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", int(served.url.rpartition(":")[2])
            )
            writer.write(sent)
            async with asyncio.timeout(60):
                assert (await reader.readline()).startswith(b"HTTP/1.1 ")
            writer.close()
            await writer.wait_closed()
    assert lines(stream) == []


def test_who_writes_mails_is_in_no_line() -> None:
    stream = written()
    logging.getLogger("mail.log").info("sender: %s", "owner@example.org")
    assert stream.getvalue() == ""
