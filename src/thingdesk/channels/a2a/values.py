"""JSON in protocol buffers, where every number is a double. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from thingdesk.platform.canonical import EXACT


def value(data: Any) -> Value:
    return ParseDict(data, Value())


def struct(data: Mapping[str, Any]) -> Struct:
    return ParseDict(dict(data), Struct())


def moment(at: datetime) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(at)
    return made


def data(given: Value) -> Any:
    """What was sent, with the whole numbers that doubles hold exactly as such."""
    return _whole(MessageToDict(given))


def _whole(given: Any) -> Any:
    if isinstance(given, dict):
        return {name: _whole(one) for name, one in given.items()}
    if isinstance(given, list):
        return [_whole(one) for one in given]
    if isinstance(given, float) and given.is_integer() and int(given) in EXACT:
        return int(given)
    return given
