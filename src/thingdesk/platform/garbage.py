"""How often Python looks for objects that only hold each other, in a process that runs for long."""

import gc

_NEW = 50_000
"""Objects with content that are made, and not let go of, before the next look at the new ones.
Python looks after 700, which is a dozen messages: a quarter of the time that signals took.
"""


def look_seldom() -> None:
    """To be called once all is started: what is there by then stays, and is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW, 20, 20)
