from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from thingdesk.channels.operations.readiness import Readiness

_UNREADY = 503


def install(app: FastAPI, readiness: Readiness) -> None:
    """Let `app` answer `/health`, which takes a working event loop, and `/ready`, which takes more:
    503 with the reasons until everything is there.
    """

    @app.get("/health")
    async def health() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @app.get("/ready")
    async def ready() -> JSONResponse:
        reasons = await readiness.reasons()
        if reasons:
            return JSONResponse({"status": "not ready", "reasons": reasons}, _UNREADY)
        return JSONResponse({"status": "ready"})


def install_metrics(
    app: FastAPI, scrape: Callable[[], Awaitable[bytes]], content_type: str
) -> None:
    """Let `app` answer `/metrics` as a Prometheus server expects it."""

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(await scrape(), media_type=content_type)
