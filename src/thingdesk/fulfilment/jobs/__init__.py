"""Jobs: offered to a provider, answered by a deadline, done with evidence.

What enters: an offer of a journey, the provider's answers. What leaves: a message to the journey
for each answer and each step of the work, what the provider's own system is told, and a new time of
arrival for an owner who waits for help. Always
true: an offer has one answer, and a late one is refused.
"""
