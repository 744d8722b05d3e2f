from starlette.routing import Route, Router

from thingdesk.calling import Public
from thingdesk.catalog import Catalog
from thingdesk.channels.mqtt.asyncapi import describe

PATH = "/v1/asyncapi.json"


def install(app: Router, offered: Catalog, broker: str) -> None:
    """Let `app` answer what goes over MQTT, for machines that connect to `broker`."""
    app.routes.append(Route(PATH, Public(describe(offered, broker)).answer, methods=["GET"]))
