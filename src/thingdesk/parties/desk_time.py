"""What time it is, by the desk's word: for a machine whose own clock is off, as it needs the time
before it can sign a token.
"""

from thingdesk.parties.desk_key import DeskKey
from thingdesk.platform import clock

TIME_TYPE = "thingdesk-time+jwt"


def desk_time(key: DeskKey) -> str:
    """A compact JWS with `iss` and `iat`, of the type TIME_TYPE, which is neither a receipt nor a
    link. It says that the time is `iat` or later: an old one that somebody repeats is still true.
    """
    return key.sign({"iss": "thingdesk", "iat": int(clock.now().timestamp())}, TIME_TYPE)
