"""The words of what happens to those who want a person."""

from thingdesk.web.words.tone import Named, Say, Tone, Value, moment


def _asked(v: Value, _: Named) -> str:
    again = " again, behind all others" if v["again"] else ""
    return f"{v['machine']} asked for a person on its owner's behalf{again}"


def _handed_over(v: Value, names: Named) -> str:
    kind, _, one = str(v["by"]).partition(":")
    who = f"{names(one)} says so" if kind == "staff" and one else f"{kind} handed over"
    return f"The owner talks to a person: {who}"


def _missed(v: Value, _: Named) -> str:
    then = "they wait again, at the front" if v["front"] else "another time is proposed"
    return f"A person was ready, and the owner was not there: {then}"


HOLDS: dict[str, tuple[Tone, Say]] = {
    "hold.asked": (Tone.OPEN, _asked),
    "hold.taken": (Tone.VERIFYING, lambda v, names: f"{names(v['by'])} is ready for the owner"),
    "hold.handed_over": (Tone.VERIFYING, _handed_over),
    "hold.missed": (Tone.WRONG, _missed),
    "hold.booked": (Tone.OPEN, lambda v, _: f"Staff call the owner back: {moment(v['at'])}"),
    "hold.ended": (Tone.WELL, lambda v, _: f"The owner talked to a person: {v['words']}"),
    "hold.withdrawn": (Tone.STILL, lambda v, _: f"No person is wanted any more: {v['reason']}"),
}
