"""`python -m thingdesk_machine token MACHINE.json`: a token of the machine's, for a terminal."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from joserfc.errors import JoseError

from thingdesk_machine.identity import TOKEN_SECONDS, Identity


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m thingdesk_machine", description="What makers of machines need by hand."
    )
    token = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "token",
        help="print a token signed with the machine's own key",
        description=f"Prints a token for the desk, good for {TOKEN_SECONDS // 60} minutes: HTTP"
        " bearer and MQTT password. It needs neither the desk nor a network.",
    )
    token.add_argument("file", type=Path, help="what Identity.save wrote, such as car-1.json")
    sys.stdout.write(f"{_token(parser.parse_args().file)}\n")


def _token(file: Path) -> str:
    try:
        identity = Identity.load(file)
    except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
        sys.exit(f"{file} is no identity of a machine, as Identity.save writes it: {error}")
    return identity.token(lambda: datetime.now(UTC))


if __name__ == "__main__":
    main()
