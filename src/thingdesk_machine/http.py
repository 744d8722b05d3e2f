"""The way to the desk over HTTP: the receipt is in the answer; notices and commands are polled."""

import asyncio
import json
import logging
import random
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from thingdesk_machine.envelope import Topic
from thingdesk_machine.errors import Offline, Rejected
from thingdesk_machine.incoming import refusal
from thingdesk_machine.options import Options
from thingdesk_machine.transport import Deliver, Passwords

logger = logging.getLogger(__name__)

TOKEN_SECONDS = 300.0
TIMEOUT_SECONDS = 30.0
LATER = {
    # said about the connection or the moment, not about the events, which therefore wait
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


class HttpTransport:
    def __init__(self, url: str, passwords: Passwords, options: Options) -> None:
        self._passwords = passwords
        self._options = options
        self._token = ""
        self._token_until = 0.0
        self._deliver: Deliver | None = None
        self._started = asyncio.Event()
        self._http = httpx.AsyncClient(
            base_url=url, timeout=TIMEOUT_SECONDS, verify=options.tls or True
        )

    async def run(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._started.set()
        failures = 0
        async with self._http:
            while True:
                draw = random.random()  # noqa: S311 - a spread, no secret
                try:
                    await self._poll("notices")
                    await self._poll("commands")
                except (Offline, Rejected) as error:
                    logger.info("nothing could be asked for: %s", error)
                    wait = self._options.reconnect.delay(failures, draw)
                    failures += 1
                else:
                    wait = self._options.poll * (1.0 - 0.1 * draw)
                    failures = 0
                await asyncio.sleep(wait)

    async def ready(self) -> None:
        await self._started.wait()

    async def lost(self) -> None:
        """Nothing is ever lost: what was taken was answered in the same breath."""
        await asyncio.Event().wait()

    async def send(self, topic: Topic, payload: bytes) -> None:
        answer = await self._ask("POST", f"/v1/{topic}", payload)
        down = [
            {"type": "thingdesk.receipt", "data": {"receipt": signed}}
            for signed in answer.get("receipts") or ()
        ]
        down.extend(
            {"type": "thingdesk.refusal", "data": refused}
            for refused in answer.get("refused") or ()
        )
        await self._hand_on(down)

    async def _poll(self, name: str) -> None:
        answer = await self._ask("GET", f"/v1/{name}")
        await self._hand_on(answer.get(name) or [])

    async def _hand_on(self, down: list[Any]) -> None:
        if down and self._deliver is not None:
            await self._deliver(json.dumps(down).encode())

    async def _ask(self, method: str, path: str, content: bytes | None = None) -> Mapping[str, Any]:
        response = await self._request(method, path, content)
        if _is_untimely(response):
            await self._learn_the_time()
            response = await self._request(method, path, content)
        return _answer(response)

    async def _request(self, method: str, path: str, content: bytes | None) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._bearer()}"}
        if content is not None:
            batch = "-batch" if content.startswith(b"[") else ""
            headers["content-type"] = f"application/cloudevents{batch}+json"
        return await self._send(method, path, content=content, headers=headers)

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            return await self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise Offline(f"{type(error).__name__}: {error}") from error

    async def _learn_the_time(self) -> None:
        try:
            said = _answer(await self._send("GET", "/v1/time")).get("time")
        except Rejected as error:  # that is about this question, and not about the events
            raise Offline(f"the desk does not say the time: {error}") from error
        self._passwords.refused(said if isinstance(said, str) else None)
        self._token_until = 0.0

    def _bearer(self) -> str:
        now = asyncio.get_running_loop().time()
        if now >= self._token_until:
            self._token, self._token_until = self._passwords.token(), now + TOKEN_SECONDS
        return self._token


def _answer(response: httpx.Response) -> Mapping[str, Any]:
    if not response.is_success:
        raise _failure(response)
    answer = _json(response)
    if answer is None:
        raise Offline(f"{response.url.path} answered something that is no JSON object")
    return answer


def _is_untimely(response: httpx.Response) -> bool:
    if response.status_code != HTTPStatus.UNAUTHORIZED:
        return False
    return (_json(response) or {}).get("code") == "token_expired"


def _failure(response: httpx.Response) -> Offline | Rejected:
    body = _json(response) or {"title": response.reason_phrase}
    said = refusal(body)
    # a problem that names an event is the desk's word on it, whatever the status; without one
    # the status may be about the connection, or come from something in between
    about_event = isinstance(body.get("event"), str) and said.recovery != "retry"
    if about_event or (response.is_client_error and response.status_code not in LATER):
        return Rejected(said)
    return Offline(
        f"{response.status_code} {said.code}: {said.reason}",
        _retry_after(response.headers.get("retry-after", "")),
    )


def _json(response: httpx.Response) -> dict[str, Any] | None:
    try:
        value = response.json()
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _retry_after(value: str) -> float:
    """Seconds, at most an hour; the form with a date is not in use here."""
    return min(float(value), 3600.0) if value.isdecimal() else 0.0


async def desk_keys(url: str, options: Options | None = None) -> list[dict[str, Any]]:
    """The public keys of the desk at an https address, as trustworthy as its certificate.

    Raises httpx.HTTPError, or ValueError where something else than a desk answers.
    """
    tls = (options or Options()).tls
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, verify=tls or True) as http:
        response = await http.get(f"{url.rstrip('/')}/v1/desk")
    response.raise_for_status()
    answer = _json(response)
    keys = answer.get("keys") if answer else None
    if not isinstance(keys, list):
        raise ValueError(f"{url} is no desk: it has no list of keys")  # noqa: TRY004 - see above
    return keys
