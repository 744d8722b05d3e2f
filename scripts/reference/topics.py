"""Topics and paths, with examples that the real reader takes."""

from collections.abc import Iterator

from fastapi.routing import APIRoute
from scripts.reference import examples, vectors
from scripts.reference.words import data, page, said, table

from thingdesk.cases import MOST_HOPS
from thingdesk.channels import http
from thingdesk.intake import TYPES, Kind
from thingdesk.platform.cloudevents import MOST_BYTES, MOST_DEPTH, MOST_EVENTS
from thingdesk.platform.embedded import GUEST_STAYS
from thingdesk.topics import CLOCK, TIME, Down, topic

INTRO = f"""
Machines and desk exchange CloudEvents 1.0 in structured JSON: one event, or an array of them. A
payload has at most {MOST_BYTES // 1024} KiB and {MOST_EVENTS:,} events, nested {MOST_DEPTH} deep.
In a batch each event stands for itself: one that is refused does not keep the others from being
stored. Fields of an event:

| field | |
| --- | --- |
| `specversion` | `1.0` |
| `id` | 1 to 128 printable ASCII characters without blanks, chosen by the machine. It is the \
same event when it comes again with the same content; with other content it is refused |
| `source` | who made it; not read, the sender is known from its token |
| `type` | what it is, see below; each topic and path takes one type |
| `time` | when it was observed, RFC 3339 with a zone; without it the receive time stands |
| `data` | what it says |
| `hops` | through how many hands it went: a whole number, 0 when it is left out. See below |

Machine ids are `[A-Za-z0-9_-]{{1,64}}`. A machine identifies itself by a token that it signs with
its Ed25519 key: a compact JWS (`alg` EdDSA, `typ` JWT, `kid` the RFC 7638 thumbprint of the key)
with `iss` and `sub` (its id), `aud` (`thingdesk`), `iat`, `exp` (at most 600 s later) and `jti`.
Over HTTP it is the bearer (`Authorization: Bearer …`), over MQTT the password; there the user name
and the client id are the machine's id.

A token is refused when its time is not the desk's: `iat` may be 30 s ahead. A machine that does not
know the time hears it from the desk before it signs one: `GET /v1/time` needs no token, and at the
desk's own broker the user name `{CLOCK}` needs no password. Its client id is `clock:00` to
`clock:99`, at random, without a session that is kept; it hears `{TIME}` alone and is sent away
after {GUEST_STAYS} s. Too many at once are refused: try again later.

The times of a machine's events are the machine's own. A signal without `time`, or with one that
is more than 5 minutes ahead of its receipt or more than 366 days behind it, is stored with the time
of its receipt and marked as not trusted. A machine that knows that its clock is behind leaves
`time` out.

**Hops.** What the desk tells of a case has `hops`: notices, commands and recalls as an attribute of
the event, a receipt in the entry of a report. Whoever reports because of that, or passes it on to
somebody who does, sends the report with this number as its `hops`. A report with more than
{MOST_HOPS} is refused (`too_many_hops`), as it may go in a circle: over MQTT and HTTP, and with the
same word [wherever else a service can be asked
for](../how-to/ask-over-http.md#what-ends-a-dialogue). It is part of the event, and so of its
[hash](#the-hash-of-an-event): an event that comes again has the same number, and with another one
it is another event. Of all reports that became one case the greatest number counts.
"""
UP = {
    Kind.SIGNALS: "an observation: `values` (metric: number between -1e15 and 1e15), `codes` "
    "(trouble codes that are set; an empty list says that there are none; `p0301` and `P0301-00` "
    "are taken as `P0301`) "
    "and `position` (degrees); at least one",
    Kind.REPORTS: "a request for a service: `service`, its `input`, and `subject` when it is "
    "about another machine of the same owner",
    Kind.ACKS: "the machine has a notice, and needs no more repeats",
    Kind.RESULTS: "what became of a command: `done`, `refused`, `failed`, `expired` or `recalled`",
}
DOWN = {
    Down.RECEIPTS: "at QoS 0, receipts and refusals of what the machine sent at QoS 1; "
    "one that is lost comes when the machine repeats",
    Down.NOTICES: "notices, repeated with the same id until they are acknowledged",
    Down.COMMANDS: "commands and their recalls, repeated with the same id until there is a result",
}
MQTT = f"""
**Versions.** Topics, payloads and promises are the same in MQTT 3.1.1 and MQTT 5; a machine speaks
what its broker does. To a broker of yours the desk itself speaks 5, for shared subscriptions, so it
has to know both or 5 alone. `thingdesk_machine` tries 5 and falls back to 3.1.1.

| broker | MQTT 3.1.1 | MQTT 5 |
| --- | --- | --- |
| the desk's own | yes | refused at the connection (CONNACK 132, unsupported protocol version) |
| mosquitto 2, by which external brokers are tested | yes | yes |
| EMQX 5, HiveMQ 4, RabbitMQ from 3.13 on, AWS IoT Core | yes | yes, as their makers say |

**Quality.** Publish at QoS 1: what comes at QoS 0 is stored as well, but has no answer. QoS 2 would
promise nothing more, as an event counts once by its `id`: the desk's own broker ends the connection
of who publishes at it, or asks for a last will at it. An acknowledgement (PUBACK) is the broker's,
and says that the broker has it; the desk's word is the receipt. Notices and commands come at QoS 1,
receipts and the time at QoS 0. Nothing is retained.

**Sessions.** Connect with a session that the broker keeps (3.1.1: clean session off; 5: clean
start off and a session expiry of days) and subscribe at QoS 1 to `td/{{machine}}/receipts`,
`…/notices` and `…/commands`: what comes down meanwhile waits for you. Nothing is lost without
one, it only comes later: the desk repeats notices and commands, and the machine what has no
receipt. Two connections with one client id end each other. The desk's own broker ends a
connection when a key of its machine is revoked, and one that sends too much at once; that machine
may return after a minute.

**Foreign topics.** At the desk's own broker a machine may publish to its own {len(Kind)} topics
up, and subscribe to its own {len(Down)} topics down and nothing wider. Another subscription
is refused (SUBACK 128). What is published elsewhere is acknowledged, as 3.1.1 has no word for a
no, and dropped; a last will too. The desk's log names machine and topic, sparingly. At a broker
of yours its own rules hold: [how to set them](../how-to/external-servers.md).

A payload above {MOST_BYTES // 1024} KiB is refused with `too_large`; the desk's own broker ends a
connection that sends more than 1 MiB.
"""
RECEIPT = """
A receipt is the desk's signed word that events are stored; a machine repeats an event until it
holds the receipt. `receipt` is a compact JWS (`alg` EdDSA, `typ` `thingdesk-receipt+jwt`, `kid` one
of `GET /v1/desk`). `hash` is [that of the event](#the-hash-of-an-event). A report's entry names its
`case`, or the `outcome` of an instant service; both
where the same was refused a moment ago: `outcome` then is `refused`, with `words`, `code`,
`reason`, `recovery`, and `again`, the time from which on it is taken again. It has `hops`,
too. What one message
brought can come back in several receipts, so that none is longer than brokers take, and what
several messages brought, sixteen events at most, in one: match by the ids. A receipt's
claims:
"""


def make() -> str:
    return page(
        "Topics and paths",
        INTRO,
        "## MQTT",
        table(("topic", "who publishes", "what"), topics()),
        MQTT,
        "## HTTP",
        "Under the desk's URL. What a machine posts is answered with `receipts` (none when "
        "nothing was stored) and `refused`, two lists. An answer that is no success is "
        "`application/problem+json`, see [refusals](refusals.md). No answer may be kept by a cache "
        "(`Cache-Control: no-store`), the time least of all; a case has an `ETag` to ask again by "
        "(`private, no-cache`).",
        table(("path", "what"), paths()),
        "## Up: what machines send",
        *_up(),
        vectors.section(),
        "## Down: what the desk sends",
        *_down(),
    )


def topics() -> Iterator[tuple[str, str, str]]:
    for up in Kind:
        yield f"`{topic('{machine}', up)}`", "machine", UP[up]
    for down in Down:
        yield f"`{topic('{machine}', down)}`", "desk", DOWN[down]
    yield f"`{TIME}`", "desk", "what time it is, every second, for who cannot sign a token yet"


def paths() -> Iterator[tuple[str, str]]:
    for router in http.ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                methods = " ".join(sorted(route.methods or ()))
                path = http.PREFIX + route.path
                yield f"`{methods} {path}`", said(route.endpoint, path)


def _up() -> Iterator[str]:
    for kind, shown in (
        (Kind.SIGNALS, [examples.SIGNAL]),
        (Kind.REPORTS, [examples.REPORT, examples.ASSISTANT, examples.READING]),
        (Kind.ACKS, [examples.ACK]),
        (Kind.RESULTS, [examples.RESULT]),
    ):
        yield f"### {TYPES[kind]}\n\nTo `td/{{machine}}/{kind}` or `POST /v1/{kind}`: {UP[kind]}."
        yield from map(data, shown)


def _down() -> Iterator[str]:
    yield "### thingdesk.receipt\n" + RECEIPT.rstrip()
    yield data(examples.CLAIMS)
    yield data(examples.receipt())
    yield "### thingdesk.refusal\n\n`event` is null when not even the id could be read."
    yield data(examples.refusal())
    yield "### thingdesk.notice\n\n`words` are for people, `data` for the machine."
    yield data(examples.notice())
    yield (
        "### thingdesk.command\n\nAfter `expires` the machine does nothing, and answers `expired`. "
        "`preconditions` (`min` and `max` with a number; `equals` with a number, a text or a truth "
        "value) must hold when it begins, by what the machine last measured; what it does not know "
        "does not hold. It then answers `refused`, with `code` `precondition` and a `reason` in "
        "`detail`. The first result counts, also when it comes after `expires`; until it comes the "
        "desk does not know what became of a command that it has put out."
    )
    yield data(examples.command())
    yield (
        "### thingdesk.recall\n\nThe desk takes a command back that it has put out, on the topic "
        "and path of commands, and repeated as they are. A machine that has not begun it drops "
        "it, now and when it comes again, and answers `recalled`. One that has begun carries it on "
        "and answers what came of it; one that has answered says the same again."
    )
    yield data(examples.recall())
    yield (
        f"### thingdesk.time\n\nOn `{TIME}`; `GET /v1/time` answers its `data`. `time` is a "
        "compact JWS like a receipt, with the `typ` `thingdesk-time+jwt` and the claims `iss` and "
        "`iat`. It says that it is `iat` or later, so the latest one counts. If a token of that "
        "time is refused, the desk's clock was ahead: sign tokens by what it says with the "
        "refusal then, until it says something later. Judge by the latest alone whether a command "
        "has expired: an old one that is played back must not bring it back."
    )
    yield data(examples.time())
