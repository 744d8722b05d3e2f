"""What happened, in words for people: why there is a case, and each kind of event."""

from thingdesk.web.words.beginning import happened
from thingdesk.web.words.kinds import KINDS, Tone
from thingdesk.web.words.timeline import ON_THE_WALL, Line, Names, say

__all__ = ["KINDS", "ON_THE_WALL", "Line", "Names", "Tone", "happened", "say"]
