"""Fields of a service's input as TMF's characteristics: what they may be, and are. Pure."""

from typing import Any

Made = dict[str, Any]
_VALUES: dict[type, str] = {bool: "Boolean", int: "Integer", float: "Float", str: "String"}
_TYPES = {"boolean", "integer", "number", "string"}
_REF = "#/$defs/"


def characteristic(name: str, value: Any) -> Made:
    """A field of the input with its value."""
    kind = _VALUES.get(type(value), "Object")
    shown = value if kind != "Object" or isinstance(value, dict) else {"value": value}
    made = {"@type": f"{kind}Characteristic", "name": name, "valueType": kind.lower()}
    return {**made, "value": shown}


def specified(schema: Made) -> list[Made]:
    """Each field that the input may have; of one that is chosen from a list, its values."""
    return [
        _field(name, one, _alternatives(one, schema.get("$defs", {})), schema.get("required", ()))
        for name, one in schema.get("properties", {}).items()
    ]


def _field(name: str, said: Made, found: list[Made], required: list[str]) -> Made:
    types = {str(one.get("type")) for one in found}
    whole = {**found[0], **said} if len(found) == 1 else said
    values = [value for one in found for value in _chosen_from(one)]
    made = {
        "@type": "CharacteristicSpecification",
        "id": name,
        "name": name,
        "description": whole.get("description") or whole.get("title") or name,
        "valueType": types.pop() if len(types) == 1 and types <= _TYPES else "object",
        "minCardinality": int(name in required),
        "maxCardinality": 1,
    }
    if "pattern" in whole:
        made["regex"] = whole["pattern"]
    if values and all(_chosen_from(one) for one in found):
        made["characteristicValueSpecification"] = [_value(one, said) for one in values]
    return made


def _alternatives(one: Made, parts: Made) -> list[Made]:
    """The schemas that a value may fit, without references, and without that of nothing."""
    if str(one.get("$ref", "")).startswith(_REF):
        return _alternatives(parts[one["$ref"].removeprefix(_REF)], parts)
    inner = one.get("anyOf") or one.get("oneOf")
    if not inner:
        return [one]
    found = [each for option in inner for each in _alternatives(option, parts)]
    return [each for each in found if each.get("type") != "null"]


def _chosen_from(one: Made) -> list[Any]:
    chosen = [one["const"]] if "const" in one else one.get("enum", ())
    return [each for each in chosen if each is not None]


def _value(value: Any, said: Made) -> Made:
    kind = _VALUES.get(type(value), "Object")
    made = {"@type": f"{kind}CharacteristicValueSpecification", "valueType": kind.lower()}
    default = {"isDefault": True} if "default" in said and said["default"] == value else {}
    return {**made, "value": value, **default}
