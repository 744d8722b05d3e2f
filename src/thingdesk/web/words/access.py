"""The words of what owners let machines do for them, and of the keys that say so."""

from thingdesk.web.words.tone import Named, Say, Tone, Value, moment


def _by_way(v: Value) -> str:
    return f" by way of {v['by']}" if v["by"] != v["machine"] else ""


def _allowed(v: Value, _: Named) -> str:
    return f"The owner lets {v['machine']} act for them{_by_way(v)}"


def _key(v: Value, names: Named) -> str:
    who = f", made by {names(v['by'])}" if v.get("by") else ""
    return f"The desk signs with another key from {moment(v['signs_from'])} on{who}"


ACCESS: dict[str, tuple[Tone, Say]] = {
    "access.allowed": (Tone.WELL, _allowed),
    "access.denied": (
        Tone.STILL,
        lambda v, _: f"The owner did not let {v['by']} act for them",
    ),
    "access.ended": (Tone.STILL, lambda v, _: f"What an owner had allowed ended: {v['reason']}"),
    "access.token_ended": (Tone.STILL, lambda v, _: f"{v['machine']} gave a token back"),
    "desk.key_added": (Tone.STILL, _key),
}
