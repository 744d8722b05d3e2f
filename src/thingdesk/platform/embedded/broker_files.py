"""The embedded broker's folder: its configuration, and what its log says when it does not start."""

import json
import os
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from thingdesk.platform import ports, private
from thingdesk.platform.embedded.account import Account
from thingdesk.platform.embedded.callout import ACCOUNT, ANSWER_WITHIN, DELIVERY, DESK
from thingdesk.platform.embedded.errors import EmbeddedError

CONFIG, LOG = "broker.conf", "broker.log"
SYSTEM = "thingdesk.system"

_MIB = 1024 * 1024
# More than the desk takes: what is too large for the desk reaches it and gets an answer that says
# so, where the broker would end the connection without a word.
_PAYLOAD = 1 * _MIB
_STORE = 4096 * _MIB
# What waits for an acknowledgement of one subscription: a group that the desk commits, and no more
# than a busy desk takes in within `ack_wait`. What it has not come to by then comes again, and
# would leave it less and less time for what is new. The broker sends all of it at once, and ends a
# connection for which more than _PENDING bytes wait: so many messages of the desk's four
# subscriptions, each as large as the desk takes, stay below that.
_UNACKNOWLEDGED = 600
_PENDING = 640 * _MIB
_WRITE_WITHIN = "60s"


@dataclass(frozen=True)
class Listening:
    host: str
    port: int
    control_port: int


def write(
    folder: Path,
    account: Account | None,
    where: Listening,
    ack_wait: timedelta,
    issuer: str,
    root: str,
    passwords: dict[str, str],
) -> None:
    """Makes the folder and writes the configuration, which the broker reads as JSON.

    Its paths are seen from inside the folder, so that the folders above may stay closed.
    """
    private.make_folder(folder)
    private.close(folder)
    if account is not None:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    inside = str(folder) if account is None else "/proc/self/cwd"
    config = {
        **_server(where.control_port, inside),
        "mqtt": {
            "host": where.host,
            "port": where.port,
            "ack_wait": f"{ack_wait.total_seconds()}s",
            "max_ack_pending": _UNACKNOWLEDGED,
            # what is begun at quality 2 and never released is kept for ever, in the room of all
            "reject_qos2_publish": True,
        },
        **_entrance(issuer, root, passwords),
    }
    text = json.dumps(config, indent=1, ensure_ascii=False)
    private.write(folder / CONFIG, text.encode(), account.ids if account else None)


def _server(port: int, inside: str) -> dict[str, object]:
    return {
        "server_name": "thingdesk",
        "host": "127.0.0.1",
        "port": port,
        "max_payload": _PAYLOAD,
        "max_pending": _PENDING,
        "write_deadline": _WRITE_WITHIN,
        "log_file": f"{inside}/{LOG}",
        "logfile_size_limit": 10 * _MIB,
        "logfile_max_num": 5,
        # Written at once, on the disk within a second: what a power cut takes is repeated until
        # its receipt arrives.
        "jetstream": {
            "store_dir": f"{inside}/store",
            "sync_interval": "1s",
            "max_file_store": _STORE,
        },
    }


def _entrance(issuer: str, root: str, passwords: dict[str, str]) -> dict[str, object]:
    system = {"user": SYSTEM, "password": passwords[SYSTEM]}
    return {
        "accounts": {
            ACCOUNT: {"jetstream": "enabled", "users": [_desk(root, passwords[DESK])]},
            "SYSTEM": {"users": [system]},
        },
        "system_account": "SYSTEM",
        "authorization": {
            "timeout": ANSWER_WITHIN + 1,
            "auth_callout": {
                "issuer": issuer,
                "account": "SYSTEM",
                "auth_users": [DESK, SYSTEM],
            },
        },
    }


def _desk(root: str, password: str) -> dict[str, object]:
    own = [root, f"{root}.>"]  # with MQTT's # both of them are one
    rights = {"publish": own, "subscribe": [*own, DELIVERY]}
    return {"user": DESK, "password": password, "permissions": rights}


def find_port(host: str, port: int) -> int:
    """The port itself if it is free, or for 0 one that is."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            mend = f"{ports.another('THINGDESK_MQTT_PORT')}, or THINGDESK_BROKER_URL to the broker"
            raise EmbeddedError(
                ports.why_not(host, port, error), f"{mend} that is there."
            ) from error
        found: int = probe.getsockname()[1]
        return found


def explain(folder: Path, output: Path) -> EmbeddedError:
    """An error from the last words of a broker that ended by itself."""
    words = _tail(output) + _tail(folder / LOG)
    last_words = re.findall(r"(?:\[FTL\]|nats-server:) (.*)", words)
    reason = last_words[-1] if last_words else "no word"
    mend = "Mend what it complains about."
    if "no space left" in reason:
        mend = "Make room on that disk."
    elif "address already in use" in reason:
        mend = "Set THINGDESK_MQTT_PORT to another port (0 picks a free one)."
    return EmbeddedError(
        f"The embedded broker ended by itself: {reason}.", f"{mend} See {folder / LOG}."
    )


def _tail(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(errors="replace")[-4000:]
    return ""
