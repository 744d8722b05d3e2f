import asyncio
import hmac
import logging
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import orjson

from thingdesk.parties import Vouched
from thingdesk.platform import addresses, clock, formats, ids
from thingdesk.platform.errors import Recovery, refuse
from thingdesk.platform.outward import Forbidden, Names, Unfetched, ask, make_http
from thingdesk.platform.settings import Settings
from thingdesk.web.issuer.registration import (
    Metadata,
    Registration,
    Unfit,
    is_safe,
    read_metadata,
    read_roles,
)
from thingdesk.web.issuer.token import UnknownKey, read_id_token

RETURN = "/log-in/oidc/callback"
"""Where browsers come back to."""
_KEPT = timedelta(hours=1)
_PAUSE = timedelta(seconds=5)
_AT_ONCE = 4
_Found = TypeVar("_Found")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in that was begun: where the browser goes, and what it has to bring back."""

    url: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class Issuer:
    """The OpenID Connect provider of the operator."""

    def __init__(self, registration: Registration) -> None:
        self.about = registration
        self._names = Names()
        self._known: tuple[datetime, Metadata, list[Any]] | None = None
        self._failed: tuple[datetime, type[Exception], str] | None = None
        self._lock = asyncio.Lock()
        self._few = asyncio.Semaphore(_AT_ONCE)

    @classmethod
    def of(cls, settings: Settings) -> "Issuer | None":
        """The one that is set; None where none is. Raises Unfit where it cannot work."""
        issuer = settings.oidc_issuer
        if issuer is None:
            return None
        if not is_safe(issuer):
            raise Unfit("THINGDESK_OIDC_ISSUER is no https:// address")
        if not settings.oidc_client_id:
            raise Unfit("THINGDESK_OIDC_CLIENT_ID is not set")
        if settings.public_url is None:
            raise Unfit("THINGDESK_PUBLIC_URL is not set: browsers come back to it")
        return cls(
            Registration(
                issuer,
                settings.oidc_client_id,
                settings.oidc_client_secret.strip(),
                settings.public_url.rstrip("/") + RETURN,
                tuple(one.lower().lstrip("@") for one in settings.oidc_domains),
                read_roles(settings.oidc_roles),
                settings.oidc_groups,
                settings.oidc_scope,
                settings.oidc_networks,
            )
        )

    async def examine(self) -> str:
        """What it answers, for whoever runs the desk. Raises Unfit, Unfetched and Forbidden."""
        _, keys = await self._metadata(anew=True)
        return f"{self.about.issuer} answers, with {len(keys)} keys"

    async def begin(self) -> Begun:
        """Begin a log-in. Raises Refused where the issuer cannot be reached."""
        metadata, _ = await self._reached(self._metadata())
        state, nonce, verifier = ids.secret(), ids.secret(), ids.secret(48)
        asked = {
            "response_type": "code",
            "client_id": self.about.client_id,
            "redirect_uri": self.about.back,
            "scope": self.about.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": urlsafe_b64encode(sha256(verifier.encode()).digest())
            .rstrip(b"=")
            .decode(),
            "code_challenge_method": "S256",
        }
        place = metadata.authorization_endpoint
        url = f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"
        return Begun(url, state, nonce, verifier)

    async def finish(self, begun: Mapping[str, str], said: Mapping[str, str]) -> Vouched:
        """Who the issuer vouches for, by what the browser brought back. Raises Refused."""
        async with self._few:
            return await self._reached(self._finish(begun, said))

    async def leave(self) -> str | None:
        """Where somebody logs out at the issuer; None where it does not say."""
        metadata, _ = await self._reached(self._metadata())
        place = metadata.end_session_endpoint
        return place and f"{place}?{urlencode({'client_id': self.about.client_id})}"

    async def _finish(self, begun: Mapping[str, str], said: Mapping[str, str]) -> Vouched:
        metadata, _ = await self._metadata()
        self._check_return(metadata, begun, said)
        given = await self._exchange(metadata, said["code"], begun["verifier"])
        claims = await self._claims(str(given.get("id_token", "")), begun["nonce"])
        missing = "email" not in claims or (self.about.roles and self.about.groups not in claims)
        if missing and metadata.userinfo_endpoint:
            more = await self._more(metadata.userinfo_endpoint, str(given.get("access_token", "")))
            if more.get("sub") != claims["sub"]:
                raise Unfit("it tells more about somebody else")
            claims = {**more, **claims}
        return self._vouched(claims)

    def _check_return(
        self, metadata: Metadata, begun: Mapping[str, str], said: Mapping[str, str]
    ) -> None:
        if not hmac.compare_digest(begun["state"].encode(), said.get("state", "").encode()):
            raise Unfit("it is not for this browser")
        issuer = said.get("iss")
        if issuer != self.about.issuer and (issuer is not None or metadata.says_who):
            raise Unfit("it comes from another issuer")
        if "error" in said:
            words = f"{self.about.name} did not log you in"
            if said["error"] == "access_denied":
                words += ": it was declined there"
            raise refuse("oidc_declined", words)
        if not said.get("code"):
            raise Unfit("it has no code")

    async def _exchange(self, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
        about = self.about
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": about.back,
            "code_verifier": verifier,
        }
        headers = {"accept": "application/json"}
        if about.client_secret and not metadata.by_post:
            pair = f"{quote(about.client_id, safe='')}:{quote(about.client_secret, safe='')}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = about.client_id
            if about.client_secret:
                form["client_secret"] = about.client_secret
        return await self._json(metadata.token_endpoint, headers, form)

    async def _claims(self, token: str, nonce: str) -> Mapping[str, Any]:
        about, now = self.about, clock.now()
        wanted = {"issuer": about.issuer, "client_id": about.client_id, "nonce": nonce}
        _, keys = await self._metadata()
        try:
            return read_id_token(token, keys, **wanted, now=now)
        except UnknownKey:
            _, keys = await self._metadata(anew=True)
            return read_id_token(token, keys, **wanted, now=now)

    async def _more(self, place: str, token: str) -> dict[str, Any]:
        return await self._json(place, {"authorization": f"Bearer {token}"})

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        about = self.about
        email = claims.get("email") if claims.get("email_verified") is True else None
        if not isinstance(email, str) or addresses.problem(email):
            email = None
        domain = (email or "").rpartition("@")[2].lower()
        if about.domains and domain not in about.domains:
            words = f"only verified addresses of {', '.join(about.domains)} log in here"
            raise refuse("oidc_not_allowed", words, Recovery.CONTACT_US)
        roles = about.roles_of(claims.get(about.groups))
        if about.roles and not roles:
            words = "you are in no group that may log in here"
            raise refuse("oidc_not_allowed", words, Recovery.CONTACT_US)
        name = formats.line(str(claims.get("name") or ""))[:128]
        return Vouched(about.issuer, claims["sub"], email, name, roles)

    async def _metadata(self, *, anew: bool = False) -> tuple[Metadata, list[Any]]:
        async with self._lock:
            now = clock.now()
            if self._known and not anew and now - self._known[0] <= _KEPT:
                return self._known[1:]
            if self._failed and now - self._failed[0] < _PAUSE:
                # who waited behind somebody who had no answer gets theirs
                _, kind, words = self._failed
                raise kind(words)
            try:
                self._known = (now, *await self._looked_up())
            except (Unfetched, Forbidden, Unfit) as error:
                self._failed = clock.now(), type(error), str(error)
                raise
            return self._known[1:]

    async def _looked_up(self) -> tuple[Metadata, list[Any]]:
        place = f"{self.about.issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata = read_metadata(await self._json(place), self.about.issuer)
        keys = (await self._json(metadata.jwks_uri)).get("keys")
        if not isinstance(keys, list) or not keys:
            raise Unfit("it has no keys")
        return metadata, keys

    async def _json(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        names, networks = self._names, self.about.networks
        async with make_http() as http:
            got = await ask(http, url, names=names, allowed=networks, headers=headers, form=form)
        try:
            said = orjson.loads(got.body)
        except ValueError:
            said = None
        if got.status != 200 or not isinstance(said, dict):  # noqa: PLR2004 - 200 OK
            why = said.get("error") if isinstance(said, dict) else "what is no JSON object"
            raise Unfit(f"it answered {got.status}: {str(why)[:100]}")
        return said

    async def _reached(self, doing: Awaitable[_Found]) -> _Found:
        """What this comes to; what went wrong as a refusal, its details for the log alone."""
        name = self.about.name
        try:
            return await doing
        except (Unfetched, Forbidden) as error:
            _log.warning("%s cannot be asked who logs in: %s", name, error)
            words = f"{name} cannot be reached at the moment"
            raise refuse("oidc_unreachable", words, Recovery.RETRY) from error
        except Unfit as error:
            _log.warning("what came from %s logs nobody in: %s", name, error)
            words = f"what came from {name} does not prove who you are: {error}"
            raise refuse("oidc_untrue", words) from error
