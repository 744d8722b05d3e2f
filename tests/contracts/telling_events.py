"""Hostile text in what comes as events and mails: of machines, of platforms, and of owners."""

import asyncio
import json
import smtplib

from tests.channels.platforms.maps import said
from tests.contracts.hostile import Schema, leaves, made, places, put, resolved
from tests.contracts.telling import noted, texts, together
from tests.contracts.world import SECRET, Told, World
from tests.line import line
from tests.whose import owner_of

_TOO_LONG = 500
"""A line longer than any in a mail: refused for good, so that it does not come again."""


async def mqtt(world: World) -> None:
    """By the description in AsyncAPI, of whatever machines send."""
    document = (await world.http.get("/v1/asyncapi.json")).json()
    sent = [one for one in document["operations"].values() if one["action"] == "receive"]
    channels = [one["channel"]["$ref"].rpartition("/")[2] for one in sent]
    assert set(channels) >= {"signals", "reports", "acks", "results"}, channels
    messages = document["components"]["messages"]
    await together(
        _said(world, channel, resolved(messages[name]["payload"], document))
        for channel in channels
        for name in document["channels"][channel]["messages"]
    )


async def _said(world: World, channel: str, schema: Schema) -> None:
    car = await world.car()
    async with line(car.signing, world.desk.mqtt_port) as wire:
        for at in places(schema):
            for kind, text, mark in texts(world, at[-1]):
                event = made(schema, at, text)
                if at != ("id",):
                    event["id"] = f"of-{mark}"
                told = await wire.say(channel, json.dumps(event).encode())
                refused = told[0]["type"] == "thingdesk.refusal"
                about = "mqtt", f"{channel} {event['data'].get('service', '')} {at}", kind, mark
                world.note(Told(*about, 422 if refused else 200, {}, told[0]["data"], "", car.id))


async def platforms(world: World) -> None:
    """Whatever stands in what platforms really sent."""
    headers = {"authorization": f"Bearer {SECRET}"}
    for path, name in (
        ("thingsboard", "thingsboard_alarm"),
        ("home-assistant", "home_assistant_event"),
    ):
        body = said(name)
        for at in leaves(body):
            for kind, text, mark in texts(world, at[-1]):
                content = json.dumps(put(body, at, text))
                answer = await world.http.post(
                    f"/platforms/{path}", content=content, headers=headers
                )
                noted(world, ("platforms", f"{path} {at}", kind, mark), answer)


async def letters(world: World) -> None:
    """Mails of owners, and of who says so, about their cases."""
    for place in ("From", "To", "Subject", "References", "Message-ID", "X-Other", "body"):
        car = await world.car()
        case = await world.case(car)
        async with world.database.transaction() as tx:
            found = await owner_of(tx, car.id)
        assert found
        owner = found.email or ""
        for kind, text, mark in texts(world, place):
            fields = {
                "From": owner,
                "To": "desk@example.org",
                "References": f"<case.{case}@example.org>",
                "body": f"Hello {mark}",
            }
            fields[place] = f"{text} <{owner}>" if place == "From" else text
            body = fields.pop("body")
            lines = [f"{name}: {value}" for name, value in fields.items()]
            mail = "\r\n".join([*lines, "", body, ""]).encode(errors="surrogatepass")
            await asyncio.to_thread(_hand_in, world.letters, owner, mail)
            world.note(Told("letters", place, kind, mark, 200, {}, None, "", car.id))


def _hand_in(port: int, sender: str, mail: bytes) -> None:
    with smtplib.LMTP("127.0.0.1", port, timeout=60) as post:
        try:
            post.sendmail(sender, ["desk@example.org"], mail)
        except smtplib.SMTPDataError as refused:
            if refused.smtp_code != _TOO_LONG:
                raise
