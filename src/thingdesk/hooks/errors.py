from thingdesk.hooks.model import MOST, MOST_OF_CASES
from thingdesk.platform.errors import FieldError, Recovery, Refused, refuse


def unknown() -> Refused:
    return refuse("hook_unknown", "there is no such hook of this machine", Recovery.CONTACT_US)


def too_many() -> Refused:
    words = (
        f"a machine has {MOST} hooks at most, and {MOST_OF_CASES} of one case each: end one that is"
        " needed no more"
    )
    return refuse("too_many_hooks", words)


def forbidden(why: str) -> Refused:
    """The address will never be called."""
    field = FieldError("url", why, "give an http or https address that is reached from outside")
    return refuse("hook_forbidden", f"the address cannot be called: {why}", fields=(field,))


def not_verified(why: str) -> Refused:
    """The test message was not taken."""
    field = FieldError("url", why, "answer the test message with 2xx, then register it again")
    return refuse("hook_not_verified", f"the test message was not taken: {why}", fields=(field,))


def not_given_up() -> Refused:
    words = "There is no such message that was given up, or its hook has ended."
    return refuse("hook_delivery_unknown", words, Recovery.CONTACT_US)
