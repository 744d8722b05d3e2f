from thingdesk.platform.errors import Recovery, Refusal

# One refusal for a notice that does not exist and for one of another machine: whoever guesses
# ids learns nothing from the answer.
NOT_YOURS = Refusal(
    "notice_unknown",
    "No notice with this id was sent to you.",
    Recovery.FIX_INPUT,
)
