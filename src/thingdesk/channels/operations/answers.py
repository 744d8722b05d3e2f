from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Router

from thingdesk.channels.operations.readiness import Readiness
from thingdesk.platform.serve import AGAIN_SOON

_UNREADY = 503


def install(app: Router, readiness: Readiness) -> None:
    """Let `app` answer `/health`, which takes a working event loop, and `/ready`, which takes more:
    503 with the reasons until everything is there.
    """

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> JSONResponse:
        reasons = await readiness.reasons()
        if reasons:
            told = {"status": "not ready", "reasons": reasons}
            return JSONResponse(told, _UNREADY, AGAIN_SOON)
        return JSONResponse({"status": "ready"})

    app.add_route("/health", health, methods=["GET"])
    app.add_route("/ready", ready, methods=["GET"])


def install_metrics(app: Router, scrape: Callable[[], Awaitable[bytes]], content_type: str) -> None:
    """Let `app` answer `/metrics` as a Prometheus server expects it."""

    async def metrics(_: Request) -> Response:
        return Response(await scrape(), media_type=content_type)

    app.add_route("/metrics", metrics, methods=["GET"])
