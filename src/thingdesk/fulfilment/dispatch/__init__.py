"""Dispatch: who of the providers comes into question for a need, in which order, and why."""
