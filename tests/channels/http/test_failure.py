"""Our own failure is answered, and who asks again is answered, too."""

import httpx
from fastapi import FastAPI
from tests.saying import refused

from thingdesk.channels.http import problems
from thingdesk.platform.serve import listen, serve


async def test_who_asks_is_told_that_the_connection_ends_and_may_ask_again() -> None:
    """The server ends it after an error, whatever it says of it."""
    app = FastAPI()
    app.add_exception_handler(Exception, problems.on_failure)

    @app.post("/")
    async def fail() -> None:
        raise OSError("as planned")

    async with (
        serve(app, listen("127.0.0.1", 0, "PORT")) as served,
        httpx.AsyncClient() as http,
    ):
        for _ in range(3):
            answer = await http.post(served.url)
            refused(answer, 503, "desk_failed", "retry")
            assert answer.headers["connection"] == "close"
