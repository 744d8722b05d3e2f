"""What is refused in more than one place here."""

from thingdesk.platform.errors import Recovery, Refused, refuse


def wrong_client(problem: str) -> Refused:
    return refuse("client_unproven", f"the client did not prove who it is: {problem}")


def wrong_actor(problem: str) -> Refused:
    how = "the helper makes one for this alone, by Identity.actor_token, and it is good once"
    return refuse("actor_unproven", f"the actor_token is not good: {problem}; {how}")


def unknown_client() -> Refused:
    words = "the client_id is no machine of this desk, and no URL of a client's own description"
    return refuse("client_unknown", words, Recovery.CONTACT_US)


def shown_before() -> Refused:
    return refuse("proof_replayed", "this proof was shown before: make a new one", Recovery.RETRY)


def token_ended() -> Refused:
    words = "what the token was given for has ended, or was revoked"
    return refuse("token_ended", words, Recovery.ASK_OWNER)


def not_given() -> Refused:
    return refuse("grant_unknown", "this was not given to this client, or is good no longer")


def wrong_surface() -> Refused:
    words = "a token is for one place: name the address of one of ours, and one that was asked for"
    return refuse("resource_unknown", words)


def not_over_mqtt() -> Refused:
    words = (
        "a machine with a key of its own speaks MQTT by a token that it signed itself, one without"
        " by its own pairing; what was narrowed or passed on is for the other surfaces"
    )
    return refuse("token_not_for_mqtt", words)


def slow_down() -> Refused:
    return refuse("too_often", "you ask too often: wait longer", Recovery.RETRY)


def too_many_wait() -> Refused:
    words = "too many requests wait for their owners: come again in some minutes"
    return refuse("too_many_wait", words, Recovery.RETRY)
