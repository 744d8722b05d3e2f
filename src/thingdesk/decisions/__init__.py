"""Questions to owners and staff: asked, answered once or settled without an answer, and handed on.

What enters: questions of journeys, and answers. What leaves: a notice to the owner with a link, a
message to the run that waits, and events on the timeline. Always true: a decision is settled once,
and whoever comes later is told how; an approval without an answer is *no*; a run that asked hears
of it in the transaction that settles it, so it waits for its key without a deadline of its own.

The attention budget: an owner is asked at most so many questions in a calendar week of their zone
(`set_attention`, or what the owner chose by `choose_attention`; questions about safety are neither
limited nor counted). Beyond it

- a question that has a default is settled by it at once, recorded as *spared*, and not counted:
  the owner was not bothered;
- an approval is asked all the same, and counted. Its default is *no*, so to spare it would stop
  the journey without the owner knowing, and *yes* is not ours to say. What keeps approvals rare is
  a mandate, not silence;
- a question without a default is asked all the same, too, and counted: nobody else can answer it.

Mails are gathered besides: see `gather`.

So the budget bounds the questions that could be spared, and pages can show how far the others go
beyond it.
"""

from thingdesk.decisions.answer import answer
from thingdesk.decisions.ask import ask
from thingdesk.decisions.attention import (
    asked_this_week,
    attention,
    attention_of,
    choose_attention,
    set_attention,
)
from thingdesk.decisions.erase import erase
from thingdesk.decisions.errors import not_yours, unknown
from thingdesk.decisions.events import (
    AttentionChosen,
    AttentionSet,
    DecisionAnswered,
    DecisionAsked,
    DecisionExpired,
    DecisionSpared,
    DecisionWithdrawn,
)
from thingdesk.decisions.expire import expire
from thingdesk.decisions.model import (
    CHANNEL,
    NO,
    YES,
    Cost,
    Decision,
    Option,
    Proposal,
    Question,
    State,
    yes_or_no,
)
from thingdesk.decisions.read import get, of_case, open_for_owner, open_for_staff
from thingdesk.decisions.store import KEPT
from thingdesk.decisions.withdraw import withdraw
from thingdesk.decisions.words import (
    About,
    about_words,
    cost_words,
    option_words,
    payer_words,
    proposed,
    start_of,
)
from thingdesk.notices.model import To

__all__ = [
    "CHANNEL",
    "KEPT",
    "NO",
    "YES",
    "About",
    "AttentionChosen",
    "AttentionSet",
    "Cost",
    "Decision",
    "DecisionAnswered",
    "DecisionAsked",
    "DecisionExpired",
    "DecisionSpared",
    "DecisionWithdrawn",
    "Option",
    "Proposal",
    "Question",
    "State",
    "To",
    "about_words",
    "answer",
    "ask",
    "asked_this_week",
    "attention",
    "attention_of",
    "choose_attention",
    "cost_words",
    "erase",
    "expire",
    "get",
    "not_yours",
    "of_case",
    "open_for_owner",
    "open_for_staff",
    "option_words",
    "payer_words",
    "proposed",
    "set_attention",
    "start_of",
    "unknown",
    "withdraw",
    "yes_or_no",
]
