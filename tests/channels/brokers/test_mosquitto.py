"""mosquitto-go-auth asks as its HTTP backend does: backends/http.go of iegomez/mosquitto-go-auth at
065ec97e, in JSON (`acc` a number) and as a form; it takes 2xx for yes, and in response mode json
`ok` as well.
"""

from typing import Any

import httpx
import pytest
from tests.channels.brokers.conftest import SECRET, Broker
from tests.parties.making import Signing

from thingdesk.intake import Kind
from thingdesk.topics import Down, topic

READ, WRITE, READ_WRITE, SUBSCRIBE = 1, 2, 3, 4


class GoAuth:
    """Its host is written `name:secret@host`, of which Go makes basic authentication."""

    def __init__(self, http: httpx.AsyncClient, how: str) -> None:
        self._http, self._how = http, how

    async def ask(self, path: str, **given: str | int) -> bool:
        auth = httpx.BasicAuth("broker", SECRET)
        more: dict[str, Any] = {self._how: given}
        answer = await self._http.post(f"/brokers/mosquitto/{path}", auth=auth, **more)
        yes: bool = answer.json()["ok"]
        assert answer.is_success == yes
        assert answer.status_code in (httpx.codes.OK, httpx.codes.FORBIDDEN)
        return yes


@pytest.fixture(params=["json", "data"])
def plugin(http: httpx.AsyncClient, request: pytest.FixtureRequest) -> GoAuth:
    return GoAuth(http, request.param)


async def test_a_machine_enters_with_its_token(plugin: GoAuth, press: Signing) -> None:
    name, token = press.machine, press.token()
    assert await plugin.ask("user", username=name, password=token, clientid=name)
    assert not await plugin.ask("user", username=name, password=token, clientid="other")
    assert not await plugin.ask("user", username=name, password="guessed", clientid=name)
    assert not await plugin.ask("user", username="other", password=token, clientid="other")


async def test_nobody_may_do_everything(plugin: GoAuth, press: Signing) -> None:
    assert not await plugin.ask("superuser", username=press.machine)


@pytest.mark.parametrize(
    ("kind", "may"),
    [(one, {WRITE}) for one in Kind] + [(one, {READ, SUBSCRIBE}) for one in Down],
)
async def test_rights_are_those_at_the_desks_own_broker(
    plugin: GoAuth, press: Signing, kind: Kind | Down, may: set[int]
) -> None:
    asked = {"username": press.machine, "clientid": press.machine}
    for acc in (0, READ, WRITE, READ_WRITE, SUBSCRIBE):
        own = topic(press.machine, kind)
        assert await plugin.ask("acl", **asked, topic=own, acc=acc) == (acc in may)
        assert not await plugin.ask("acl", **asked, topic=topic("other", kind), acc=acc)
        assert not await plugin.ask("acl", **asked, topic="factory/1", acc=acc)


async def test_emqx_and_mosquitto_are_answered_by_the_same_desk(
    broker: Broker, plugin: GoAuth, press: Signing
) -> None:
    own = {"username": press.machine, "clientid": press.machine}
    where = topic(press.machine, Kind.SIGNALS)
    said = await broker.result("authorization", **own, action="publish", topic=where)
    assert said == "allow"
    assert await plugin.ask("acl", **own, topic=where, acc=WRITE)
