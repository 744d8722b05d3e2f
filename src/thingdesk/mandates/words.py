"""Why an owner is asked, and why something was not done, in words to the owner. Pure."""

_WHY = {
    "no_mandate": "You have given us no mandate for such things.",
    "mandate_revoked": "You have revoked your mandate.",
    "mandate_not_begun": "Your mandate has not begun yet.",
    "mandate_ended": "Your mandate has ended.",
    "machine_not_covered": "Your mandate is not for this machine.",
    "mandate_of_before": "Your mandate is from an earlier ownership.",
    "service_not_covered": "Your mandate is not for this service.",
    "remedy_not_covered": "Your mandate is not for this remedy.",
    "always_ask": "You want to be asked for this, always.",
    "provider_not_covered": "Your mandate is not for this provider.",
    "outside_times": "Your mandate is not for this time of the week.",
    "over_approval": "You want to be asked above an amount that this is more than.",
    "over_cases": "There were as many cases this month as your mandate is for.",
    "no_money": "Your mandate lets nothing be spent unasked.",
    "currency_differs": "It is not in the currency of your mandate.",
    "not_approved": "You did not say yes to it.",
    "no_provider": "Nobody who could do it is free.",
    "owner_changed": "The machine is not yours any more.",
    "approval_unfit": "What you permitted before was something else.",
}


def to_owner(code: str, reason: str) -> str:
    """The reason of a verdict or of an end; where it does not speak of the owner, as it is."""
    return _WHY.get(code, reason)
