"""What became of holds, as this process counts it."""

from thingdesk.platform.metrics import Counter, Histogram

TAKEN = Counter("thingdesk.holds.taken", "Holds that staff took, by their state before.", "from")
OVER = Counter(
    "thingdesk.holds.over",
    "Holds by what became of them: ended, withdrawn, booked, or missed when nobody came.",
    "how",
)
WAITED = Histogram(
    "thingdesk.holds.waited",
    "How long those who waited in the queue had waited when staff took them.",
    unit="s",
    bounds=(15.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0),
)
