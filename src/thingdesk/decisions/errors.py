from thingdesk.decisions.model import Decision, State
from thingdesk.platform.errors import FieldError, Recovery, Refused, refuse


def unknown() -> Refused:
    return refuse("decision_unknown", "There is no such question.", Recovery.CONTACT_US)


def not_yours() -> Refused:
    return refuse(
        "decision_not_yours", "This question was put to somebody else.", Recovery.CONTACT_US
    )


def settled(decision: Decision) -> Refused:
    """It was settled before, and how."""
    option = decision.question.option(decision.chosen)
    words = f"“{option.words}”" if option else "no answer"
    if decision.state is State.ANSWERED:
        code, reason = "decision_answered", f"This was answered already: {words}."
    elif decision.state is State.EXPIRED:
        code, reason = "decision_expired", f"The time to answer is over; it is settled: {words}."
    elif decision.state is State.SPARED:
        code, reason = "decision_spared", f"This was settled without asking: {words}."
    else:
        code, reason = "decision_withdrawn", "No answer is needed any more."
    return refuse(code, reason, Recovery.CONTACT_US)


def expired() -> Refused:
    return refuse("decision_expired", "The time to answer is over.", Recovery.CONTACT_US)


def unknown_option(decision: Decision) -> Refused:
    names = ", ".join(option.id for option in decision.question.options)
    field = FieldError("option", "is none of the options", f"give one of: {names}")
    return refuse("option_unknown", "This is none of the options.", fields=(field,))
