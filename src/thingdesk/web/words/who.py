"""The words of what is done to machines, owners, staff and providers, and by whom."""

from collections.abc import Callable

from thingdesk.web.words.tone import Named, Say, Tone, Value, moment


def _by(words: Callable[[Value, Named], str]) -> Say:
    """The words, and who of the staff did it, where the event says so."""

    def say(value: Value, names: Named) -> str:
        who = f", by {names(value['by'])}" if value.get("by") else ""
        return f"{words(value, names)}{who}"

    return say


def _roles(value: Value) -> str:
    return ", ".join(map(str, value["roles"]))


def _fields(value: Value) -> str:
    return ", ".join(map(str, value["fields"]))


def _entitled(v: Value, _: Named) -> str:
    return f"Entitled by {v['basis']} {v['reference']}; the {v['payer']} pays"


_HOW = {"passkey": " with a passkey", "issuer": " from elsewhere"}


def questions(v: Value) -> str:
    return "1 question" if v["questions"] == 1 else f"{v['questions']} questions"


WHO: dict[str, tuple[Tone, Say]] = {
    "entitlement.added": (Tone.WELL, _by(_entitled)),
    "entitlement.ended": (
        Tone.STILL,
        _by(lambda v, _: f"An entitlement ends {moment(v['ends'])}"),
    ),
    "policy.set": (
        Tone.STILL,
        _by(lambda v, _: f"The organisation's policy was changed, version {v['version']}"),
    ),
    "attention.set": (
        Tone.STILL,
        _by(lambda v, _: f"Owners are spared questions after {questions(v)} in a week"),
    ),
    "machine.registered": (Tone.STILL, lambda v, _: f"{v['machine']} was registered"),
    "machine.changed": (Tone.STILL, lambda v, _: f"{v['machine']} was changed"),
    "machine.key_added": (Tone.STILL, _by(lambda v, _: f"{v['machine']} has a new key")),
    "machine.key_revoked": (
        Tone.WRONG,
        _by(lambda v, _: f"A key of {v['machine']} was revoked: {v['reason']}"),
    ),
    "ownership.began": (
        Tone.STILL,
        _by(
            lambda v, names: (
                f"{v['machine']} acts for {names(v['owner'])} from {moment(v['begins'])}"
            )
        ),
    ),
    "ownership.ended": (
        Tone.STILL,
        _by(lambda v, names: f"{v['machine']} acts for {names(v['owner'])} no more"),
    ),
    "owner.registered": (
        Tone.STILL,
        _by(lambda v, names: f"{names(v['owner'])} was registered as an owner"),
    ),
    "owner.changed": (
        Tone.STILL,
        _by(lambda v, names: f"What is known of {names(v['owner'])} was changed ({_fields(v)})"),
    ),
    "owner.logged_in": (Tone.STILL, _by(lambda _, __: "The owner logged in by a mailed code")),
    "owner.links_ended": (
        Tone.WRONG,
        lambda v, names: (
            f"{names(v['by']) if v['by'] else 'The owner'} ended all links to the owner's pages"
        ),
    ),
    "owner.erased": (
        Tone.WRONG,
        _by(lambda _, __: "What was personal of the owner was erased"),
    ),
    "staff.added": (
        Tone.STILL,
        _by(lambda v, names: f"{names(v['staff'])} got an account ({_roles(v)})"),
    ),
    "staff.link_made": (
        Tone.STILL,
        _by(lambda v, names: f"{names(v['staff'])} got a link to set a password"),
    ),
    "staff.roles_set": (
        Tone.STILL,
        _by(lambda v, names: f"{names(v['staff'])} is {_roles(v)} now"),
    ),
    "staff.set_up": (Tone.STILL, lambda v, names: f"{names(v['staff'])} set a password"),
    "staff.disabled": (
        Tone.STILL,
        _by(lambda v, names: f"{names(v['staff'])} has no account any more"),
    ),
    "staff.logged_in": (
        Tone.STILL,
        lambda v, names: f"{names(v['staff'])} logged in{_HOW.get(str(v.get('how')), '')}",
    ),
    "staff.vouched_for": (
        Tone.STILL,
        lambda v, names: f"{v['issuer']} vouches for {names(v['staff'])} from now on",
    ),
    "staff.passkey_added": (
        Tone.STILL,
        lambda v, names: f"{names(v['staff'])} added a passkey: {v['name']}",
    ),
    "staff.passkey_removed": (
        Tone.STILL,
        lambda v, names: f"{names(v['staff'])} removed a passkey: {v['name']}",
    ),
    "staff.passkeys_reset": (
        Tone.WRONG,
        _by(lambda v, names: f"The passkeys of {names(v['staff'])} were removed"),
    ),
    "staff.passkey_doubted": (
        Tone.WRONG,
        lambda v, names: (
            f"A passkey of {names(v['staff'])} was refused, as there may be a copy of it:"
            f" {v['name']}"
        ),
    ),
    "staff.passkeys_required": (
        Tone.STILL,
        _by(
            lambda v, _: (
                "Everybody has to have a passkey"
                if v["required"]
                else "Nobody has to have a passkey any more"
            )
        ),
    ),
    "hook.registered": (
        Tone.STILL,
        lambda v, _: f"What happens to its cases is told to {v['host']}",
    ),
    "hook.ended": (Tone.STILL, lambda v, _: f"{v['host']} is told nothing more: {v['reason']}"),
    "hook.given_up": (
        Tone.WRONG,
        lambda v, _: f"{v['host']} could not be told of a case ({v['what']}): {v['reason']}",
    ),
    "hook.sent_again": (
        Tone.OPEN,
        _by(lambda v, _: f"{v['host']} is told again what it had not taken ({v['what']})"),
    ),
    "provider.registered": (
        Tone.STILL,
        lambda v, names: f"{names(v['provider'])} was registered as a provider",
    ),
}
