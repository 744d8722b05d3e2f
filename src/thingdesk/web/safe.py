"""Addresses of our own, whatever somebody wrote."""


def local(wanted: str) -> str:
    """Where to go after a log-in: a page of ours, whatever the address says."""
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if ours else "/"
