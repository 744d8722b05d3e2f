from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, Router

from thingdesk.catalog import Catalog
from thingdesk.channels.mqtt.asyncapi import describe

PATH = "/v1/asyncapi.json"


def install(app: Router, offered: Catalog, broker: str) -> None:
    """Let `app` answer what goes over MQTT, for machines that connect to `broker`."""

    async def asyncapi(_: Request) -> JSONResponse:
        return JSONResponse(describe(offered, broker))

    app.routes.append(Route(PATH, asyncapi))
