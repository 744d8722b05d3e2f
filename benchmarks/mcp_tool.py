"""One tool, twice: a service of a desk, and the same of a bare server of the library's."""

import socket
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "src")]

import uvicorn
import uvloop
from mcp.server import MCPServer
from pydantic import BaseModel

from thingdesk.sdk import Data, Field, Instant, Outcome, Promise, service


class Words(Data):
    words: str = Field(max_length=100)


@service("bench.echo", title="Say it again", promise=Promise(), instant=True)
async def echo(_: Instant, given: Words) -> Outcome:
    """Say it again."""
    return Outcome(words=given.words)


SERVICES = (echo,)
RULES = ()


class Said(BaseModel):
    words: str


def bare(port: int) -> None:
    server = MCPServer("bare")

    @server.tool(name="bench.echo", title="Say it again")
    async def again(words: str) -> Said:
        """Say it again."""
        return Said(words=words)

    config = uvicorn.Config(
        server.streamable_http_app(), host="127.0.0.1", port=port, log_level="warning"
    )
    listening = socket.create_server(("127.0.0.1", port))
    print("ready", flush=True)
    uvloop.run(uvicorn.Server(config).serve([listening]))


if __name__ == "__main__":
    bare(int(sys.argv[1]))
