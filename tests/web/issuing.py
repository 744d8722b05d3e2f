"""An OpenID Connect provider that lies when it is told to."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from thingdesk.platform import clock
from thingdesk.platform.serve import listen, serve
from thingdesk.web.issuer import RETURN, Issuer, Registration

SECRET = "a secret of the desk, and of nobody else"
WHO = {"email": "ada@example.org", "email_verified": True, "name": "Ada"}
DESK = "http://desk.example"


@dataclass
class Elsewhere:
    """What it says of itself and of whoever logs in; `sign` and `header` are how it says so."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    who: dict[str, Any] = field(default_factory=lambda: {"sub": "ada", **WHO})
    lies: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "1"})
    sign: Any = None
    nonces: dict[str, str] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)

    def token(self, nonce: str) -> str:
        now = int(clock.now().timestamp())
        claims = {"iss": self.url, "aud": "desk", "nonce": nonce, "iat": now, "exp": now + 60}
        claims |= {**self.who, **self.lies}
        said = {name: value for name, value in claims.items() if value is not None}
        algorithms = ["RS256", "HS256", "none"]
        key = self.sign or self.key
        return jws.serialize_compact(self.header, orjson.dumps(said), key, algorithms)

    async def metadata(self, _: Request) -> Response:
        said = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "authorization_response_iss_parameter_supported": True,
        }
        return JSONResponse({**said, **self.about})

    async def keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def exchange(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.forms.append({**form, "authorization": request.headers.get("authorization", "")})
        token = self.token(self.nonces[form["code"]])
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def answer(self, asked: str, code: str = "code") -> dict[str, str]:
        """What it gives the browser that was sent to the address `asked`."""
        query = {name: value[0] for name, value in parse_qs(urlsplit(asked).query).items()}
        self.nonces[code] = query["nonce"]
        return {"code": code, "state": query["state"], "iss": self.url}


@asynccontextmanager
async def elsewhere() -> AsyncIterator[Elsewhere]:
    one = Elsewhere()
    routes = [
        Route("/.well-known/openid-configuration", one.metadata),
        Route("/keys", one.keys),
        Route("/token", one.exchange, methods=["POST"]),
    ]
    async with serve(Starlette(routes=routes), listen("127.0.0.1", 0, "PORT")) as served:
        one.url = served.url
        yield one


def known(one: Elsewhere, **more: Any) -> Issuer:
    """The issuer as the desk knows it."""
    given = {"networks": (ip_network("127.0.0.0/8"),), **more}
    return Issuer(Registration(one.url, "desk", SECRET, DESK + RETURN, **given))


async def come_back(browser: httpx.AsyncClient, said: Mapping[str, str]) -> httpx.Response:
    return await browser.get(RETURN, params=dict(said))


def shared_secret() -> OctKey:
    return OctKey.import_key(SECRET)
