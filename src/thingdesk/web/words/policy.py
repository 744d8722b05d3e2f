"""The organisation's policy in plain words."""

from collections.abc import Sequence

from thingdesk.mandates import Policy


def policy_words(policy: Policy) -> list[str]:
    """What it allows, a sentence each."""
    return [
        _denied(policy.denied),
        f"No effect may cost more than {policy.per_effect}."
        if policy.per_effect
        else "An effect may cost whatever entitlements and mandates permit.",
        f"Only machines with an entitlement get {_names(policy.entitled_only)}."
        if policy.entitled_only
        else "Nothing needs an entitlement.",
        _pays(policy),
        "What is for safety is done at once: the organisation pays it where nobody else does."
        if policy.pays_safety
        else "What is for safety is done at once only where an entitlement pays it.",
        _unowned(policy),
    ]


def _unowned(policy: Policy) -> str:
    if policy.acts_for_unowned:
        return "A machine without an owner is the organisation's own, and the organisation pays."
    safety = ", but what is for safety" if policy.pays_safety else ""
    return f"For a machine without an owner nothing is done{safety}."


def _denied(names: Sequence[str]) -> str:
    return f"Never, whoever approves: {_names(names)}." if names else "Nothing is forbidden."


def _pays(policy: Policy) -> str:
    limit = f", up to {policy.pays_per_case} a case" if policy.pays_per_case else ""
    if policy.pays:
        return f"Without an entitlement the organisation pays {_names(policy.pays)}{limit}."
    if limit:
        return f"What the organisation pays without an entitlement is paid{limit}."
    return "Without an entitlement the organisation pays nothing of its own accord."


def _names(names: Sequence[str]) -> str:
    return ", ".join(names)
