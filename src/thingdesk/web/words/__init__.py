"""Each kind of event in words for people."""

from thingdesk.web.words.fold import fold
from thingdesk.web.words.hours import hours_words
from thingdesk.web.words.kinds import KINDS
from thingdesk.web.words.policy import policy_words
from thingdesk.web.words.timeline import ON_THE_WALL, Line, Names, say
from thingdesk.web.words.tone import Tone

__all__ = [
    "KINDS",
    "ON_THE_WALL",
    "Line",
    "Names",
    "Tone",
    "fold",
    "hours_words",
    "policy_words",
    "say",
]
