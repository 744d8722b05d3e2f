"""Through how many hands a request has gone: what goes from hand to hand for ever is a loop."""

from thingdesk.platform.errors import FieldError, Recovery, refuse

MOST_HOPS = 8
"""Through how many hands a request may have gone before it reaches the desk."""


def read_hops(given: object) -> int:
    """The number of hops that was given; none is 0. Raises Refused for what is none, and for what
    has gone from hand to hand too often.
    """
    hops = 0 if given is None else given
    if isinstance(hops, float) and hops.is_integer():
        hops = int(hops)
    if not isinstance(hops, int) or isinstance(hops, bool) or hops < 0:
        mend = "send through how many hands it went, or leave it out"
        fields = (FieldError("hops", "is no whole number, 0 or more", mend),)
        raise refuse("unfit_hops", "the number of hops is a whole one, 0 or more", fields=fields)
    if hops > MOST_HOPS:
        words = f"it has gone through more than {MOST_HOPS} hands: it may go in a circle"
        raise refuse("too_many_hops", words, Recovery.CONTACT_US)
    return hops
