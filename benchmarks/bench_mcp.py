"""MCP calls a second, each recognised, stored and receipted, beside the same tool on a bare server.

The bare server of the library answers from memory; it knows nobody and stores nothing. Both run in
one process, in turns, and are called by the same connections.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import uvloop

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks.harness import ROOT, a_desk, machine
from tests.ports import free_port

SECONDS, ROUNDS, CONNECTIONS, MACHINES = 4.0, 3, 32, 8
VERSION = "2026-07-28"
_META = {
    "io.modelcontextprotocol/protocolVersion": VERSION,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_PARAMS = {"name": "bench.echo", "arguments": {"words": "again"}, "_meta": _META}


def request(port: int, token: str | None) -> bytes:
    body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": _PARAMS})
    head = [
        "POST /mcp HTTP/1.1",
        f"host: 127.0.0.1:{port}",
        "content-type: application/json",
        "accept: application/json, text/event-stream",
        f"mcp-protocol-version: {VERSION}",
        "mcp-method: tools/call",
        "mcp-name: bench.echo",
        f"content-length: {len(body)}",
        *([f"authorization: Bearer {token}"] if token else []),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


async def call(port: int, said: bytes, until: float, took: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (began := time.perf_counter()) < until:
        writer.write(said)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        answer = await reader.readexactly(length)
        assert b'"state":"ended"' in answer or b'"words":"again"' in answer, answer
        took.append(time.perf_counter() - began)
    writer.close()
    await writer.wait_closed()


async def rate(port: int, tokens: list[str | None]) -> tuple[float, float]:
    """Calls a second, and the median of one."""
    took: list[float] = []
    until = time.perf_counter() + SECONDS
    says = [request(port, tokens[n % len(tokens)]) for n in range(CONNECTIONS)]
    await asyncio.gather(*(call(port, said, until, took) for said in says))
    return len(took) / SECONDS, statistics.median(took)


@contextmanager
def bare() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, str(ROOT / "benchmarks" / "mcp_tool.py"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        yield port
        process.terminate()


async def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as folder, bare() as other:
        packs = "benchmarks.mcp_tool"
        async with a_desk(
            Path(folder), MACHINES, roles="web", packs=packs, calls=100_000
        ) as running:
            tokens: list[str | None] = [one.token() for one in running.machines]
            port = running.desk.http_port
            for n in range(ROUNDS):
                limit, alone = await rate(other, [None])
                ours, waited = await rate(port, tokens)
                print(
                    f"round {n + 1}: {ours:6.0f} calls/s   bare server {limit:6.0f}/s   ratio "
                    f"{ours / limit:.2f}   ours of a call {1 - ours / limit:.0%}   median "
                    f"{waited * 1000:.1f} ms, bare {alone * 1000:.1f} ms",
                    flush=True,
                )


if __name__ == "__main__":
    uvloop.run(main())
