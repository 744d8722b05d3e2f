"""EMQX 5 asks as its documentation shows: en_US/access-control/authn/http.md and authz/http.md of
emqx/emqx-docs at 07b2503e, with what its templates put in (emqx_auth_template.erl of emqx/emqx: a
certificate comes as base64, what is missing as an empty text).
"""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key
from tests.access.agents import an_agent
from tests.access.making import ALL
from tests.channels.brokers.conftest import DESK, Broker
from tests.parties.making import Signing, registered, signing

from thingdesk import mandates, parties, topics
from thingdesk.access import Surface
from thingdesk.channels.brokers import SESSION
from thingdesk.channels.brokers.certificate import key_of
from thingdesk.intake import Kind
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.topics import Down, topic

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


async def enters(broker: Broker, name: str, password: str, client_id: str = "", **more: str) -> str:
    given = {"username": name, "password": password, "clientid": client_id or name, **more}
    return await broker.result("authentication", **given)


async def test_a_machine_enters_with_its_token_and_for_so_long(
    broker: Broker, press: Signing
) -> None:
    given = {"username": press.machine, "clientid": press.machine, "password": press.token()}
    answer = (await broker.ask("emqx/authentication", **given)).json()
    until = (clock.now() + SESSION).timestamp()
    assert until - 20 < answer.pop("expire_at") <= until
    assert answer == {"result": "allow", "is_superuser": False}


async def test_a_good_token_is_good_for_its_own_machine_alone(
    broker: Broker, press: Signing, database: Database
) -> None:
    other = await registered(database)
    assert await enters(broker, other.machine, press.token()) == "deny"
    assert await enters(broker, press.machine, press.token(), other.machine) == "deny"
    assert await enters(broker, press.machine, press.hmac_token()) == "ignore"
    assert await enters(broker, press.machine, press.token(aud="elsewhere")) == "deny"


async def test_a_revoked_key_opens_nothing(
    broker: Broker, press: Signing, database: Database
) -> None:
    token = press.token()
    assert await enters(broker, press.machine, token) == "allow"
    async with database.transaction() as tx:
        await parties.revoke_key(tx, press.kid, "sold")
    assert await enters(broker, press.machine, token) == "deny"


@pytest.mark.parametrize(
    ("name", "password"),
    [("press-1", "of somebody whom the broker knows"), ("a bridge", ""), ("", ""), ("press-1", "")],
)
async def test_whom_the_desk_does_not_know_others_may_know(
    broker: Broker, name: str, password: str
) -> None:
    assert await enters(broker, name, password) == "ignore"


async def test_who_asks_for_the_time_is_a_guest(broker: Broker) -> None:
    given = {"username": topics.CLOCK, "clientid": "clock:07", "password": ""}
    answer = (await broker.ask("emqx/authentication", **given)).json()
    assert answer["result"] == "allow"
    assert answer["expire_at"] <= clock.now().timestamp() + 8
    assert await enters(broker, topics.CLOCK, "", "press-1") == "deny"
    for does, where, said in (
        ("subscribe", topics.TIME, "allow"),
        ("publish", topics.TIME, "deny"),
        ("subscribe", "td/press-1/receipts", "deny"),
        ("subscribe", "td/#", "deny"),
    ):
        assert await may(broker, topics.CLOCK, does, where, "clock:07") == said


def certificate(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "whatever")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(clock.now() - DAY)
        .not_valid_after(clock.now() + DAY)
    )
    return built.sign(key, None if isinstance(key, Ed25519PrivateKey) else hashes.SHA256())


def held(press: Signing) -> x509.Certificate:
    key = load_der_private_key(press.key.as_der(private=True), None)
    assert isinstance(key, Ed25519PrivateKey)
    return certificate(key)


async def test_a_machine_enters_with_the_certificate_of_its_key(
    broker: Broker, press: Signing, database: Database
) -> None:
    pem, der = (held(press).public_bytes(one) for one in (Encoding.PEM, Encoding.DER))
    for shown in (b64encode(der), b64encode(pem), pem):
        assert await enters(broker, press.machine, "", cert_pem=shown.decode()) == "allow"
    text = b64encode(der).decode()
    assert await enters(broker, press.machine, "", "another", cert_pem=text) == "deny"
    other = await registered(database)
    assert await enters(broker, other.machine, "", cert_pem=text) == "deny"
    async with database.transaction() as tx:
        await parties.revoke_key(tx, press.kid, "sold")
    assert await enters(broker, press.machine, "", cert_pem=text) == "ignore"


def test_a_certificate_may_end_with_any_byte() -> None:
    made = (signing() for _ in range(10_000))
    shown = ((one, held(one).public_bytes(Encoding.DER)) for one in made)
    one, der = next((one, der) for one, der in shown if der[-1:].isspace())
    assert key_of(b64encode(der).decode()) == one.x


async def test_a_certificate_of_another_kind_of_key_proves_nothing(
    broker: Broker, press: Signing
) -> None:
    curve = certificate(ec.generate_private_key(ec.SECP256R1())).public_bytes(Encoding.DER)
    for shown in (b64encode(curve).decode(), "undefined", "?", "A" * 20_000, "-----BEGIN"):
        assert await enters(broker, press.machine, "", cert_pem=shown) == "ignore"


async def may(broker: Broker, name: str, does: str, where: str, client_id: str = "") -> str:
    given = {"username": name, "clientid": client_id or name, "action": does, "topic": where}
    return await broker.result("authorization", **given)


async def test_rights_are_those_at_the_desks_own_broker(broker: Broker, press: Signing) -> None:
    rights = topics.ACCESS.rights(press.machine)
    assert len(rights.publish) + len(rights.subscribe) == len(Kind) + len(Down)
    for own in rights.publish:
        assert await may(broker, press.machine, "publish", own) == "allow"
        assert await may(broker, press.machine, "subscribe", own) == "deny"
    for own in rights.subscribe:
        assert await may(broker, press.machine, "subscribe", own) == "allow"
        assert await may(broker, press.machine, "publish", own) == "deny"


@pytest.mark.parametrize("does", ["publish", "subscribe"])
@pytest.mark.parametrize(
    "where",
    [
        "td/press-x/receipts",
        "td/press-x/signals",
        "td/time",
        "td",
        "td/#",
        "#",
        "+/press-x/receipts",
        "$share/mine/td/press-x/receipts",
        "$share/mine/#",
        "$queue/td/press-x/notices",
        "$delayed/1/td/press-x/commands",
        "$exclusive/td/press-x/notices",
    ],
)
async def test_what_reaches_others_is_refused(
    broker: Broker, press: Signing, does: str, where: str
) -> None:
    assert await may(broker, press.machine, does, where) == "deny"
    assert await may(broker, "no machine", does, where) == "deny"


@pytest.mark.parametrize("kind", list(Down))
async def test_a_group_of_ones_own_is_no_way_around(
    broker: Broker, press: Signing, kind: Down
) -> None:
    own = topic(press.machine, kind)
    assert await may(broker, press.machine, "subscribe", f"$share/mine/{own}") == "deny"
    assert await may(broker, press.machine, "subscribe", own, "another client") == "deny"


@pytest.mark.parametrize("where", ["factory/1", "$SYS/brokers", "tdx/1", "a/td/b"])
async def test_of_other_topics_the_desk_says_nothing(
    broker: Broker, press: Signing, where: str
) -> None:
    assert await may(broker, press.machine, "publish", where) == "ignore"
    assert await may(broker, "a dashboard", "subscribe", where) == "ignore"


async def test_a_machine_without_a_key_has_the_rights_of_what_its_owner_let_it_do(
    broker: Broker, database: Database
) -> None:
    terms = replace(ALL, ends=clock.now() + MINUTE)
    agent = await an_agent(database, DESK, Surface.MQTT, terms)
    token = agent.issued.token
    given = {"username": agent.machine, "clientid": agent.machine, "password": token}
    answer = (await broker.ask("emqx/authentication", **given)).json()
    assert answer["result"] == "allow"
    assert answer["expire_at"] <= (clock.now() + MINUTE).timestamp()
    own = topic(agent.machine, Kind.REPORTS)
    assert await may(broker, agent.machine, "publish", own) == "allow"
    assert await may(broker, agent.machine, "publish", "td/press-x/reports") == "deny"
    async with database.transaction() as tx:
        await mandates.revoke(tx, agent.owner, "stop", mandate_id=agent.mandate)
    assert await may(broker, agent.machine, "publish", own) == "deny"
    assert await enters(broker, agent.machine, token) == "deny"


async def test_what_was_given_for_elsewhere_opens_no_topic(
    broker: Broker, database: Database
) -> None:
    agent = await an_agent(database, DESK, Surface.HTTP)
    assert await enters(broker, agent.machine, agent.issued.token) == "deny"
    assert await may(broker, agent.machine, "publish", topic(agent.machine, Kind.ACKS)) == "deny"


async def test_rights_end_with_the_key(broker: Broker, press: Signing, database: Database) -> None:
    own = topic(press.machine, Kind.REPORTS)
    assert await may(broker, press.machine, "publish", own) == "allow"
    async with database.transaction() as tx:
        await parties.revoke_key(tx, press.kid, "stolen")
    assert await may(broker, press.machine, "publish", own) == "deny"
    assert await may(broker, "never-seen", "publish", topic("never-seen", Kind.REPORTS)) == "deny"


async def test_what_it_wants_to_do_has_to_be_said(broker: Broker, press: Signing) -> None:
    assert await may(broker, press.machine, "all", topic(press.machine, Kind.REPORTS)) == "deny"
