"""Ports that cannot be had, in words for who set them."""

import errno
import socket


class PortError(RuntimeError):
    """A port cannot be listened on; the message says which setting to change."""


def listen(host: str, port: int, setting: str) -> socket.socket:
    """A socket that listens there; port 0 picks a free one. Raises PortError."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise PortError(f"{why_not(host, port, error)} {another(setting)}.") from error


def why_not(host: str, port: int, error: OSError) -> str:
    """What keeps somebody from listening there."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken by another program."
    return f"Nobody can listen on port {port} of {host}: {error.strerror}."


def another(setting: str) -> str:
    """What to do about it, without a full stop."""
    return f"Set {setting} to another one (0 picks a free one)"
