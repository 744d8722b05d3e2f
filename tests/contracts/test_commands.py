"""What the desk says of commands is what the machine-side library understands."""

import orjson
from scripts.reference import examples

from thingdesk_machine.incoming import CommandBody, RecallBody, read


def test_a_command_and_its_recall_name_the_same_command() -> None:
    (sent,) = read(orjson.dumps(examples.command()))
    (taken_back,) = read(orjson.dumps(examples.recall()))
    assert isinstance(sent, CommandBody)
    assert taken_back == RecallBody(sent.id)
