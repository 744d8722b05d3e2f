"""How many files, and so connections, a process may have open."""

import resource
from contextlib import suppress

# what the desk itself has open: its database, its broker, streams between them, its log
_OWN = 200


def most() -> int:
    """As many as the process has: once it has taken all, what the system lets it have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft


def take_all() -> None:
    """May have open as many as it may ask for. That less is the default is for programs that call
    select(2), as systemd says (https://0pointer.net/blog/file-descriptor-limits.html).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(ValueError, OSError):  # where the system allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def too_few(connections: int) -> str:
    """How to mend it where one sender's connections may leave none for others; else nothing."""
    found, needed = most(), 2 * connections + _OWN
    if found == resource.RLIM_INFINITY or found >= needed:
        return ""
    return (
        f"Let it have {needed} open files or more (`LimitNOFILE=` of the service, `ulimit -Hn`),"
        f" or set THINGDESK_CONNECTIONS to {max(1, (found - _OWN) // 2)} or less."
    )
