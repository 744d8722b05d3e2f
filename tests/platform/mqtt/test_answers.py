"""What goes down, through a real broker."""

from tests.platform.embedded.mqtt_peer import desk, machine

from thingdesk.platform.embedded import EmbeddedBroker
from thingdesk.platform.mqtt import BrokerAddress, Connection


async def test_what_no_broker_takes_keeps_nothing_else_back(broker: EmbeddedBroker) -> None:
    """The broker would end the desk's connection for it, and again at every repetition."""
    address = BrokerAddress.read(broker.url, shared=False)
    async with (
        machine(broker, "press-7") as peer,
        desk(broker),
        Connection(address, "test-too-large") as connection,
    ):
        assert await peer.subscribe("td/press-7/notices") == 1
        connection.publish("td/press-7/notices", b" " * 1_100_000)
        connection.publish("td/press-7/notices", b"small")
        assert await peer.next() == ("td/press-7/notices", b"small")
