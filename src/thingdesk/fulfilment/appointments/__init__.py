"""Appointments: slots from a provider's hours and capacity, booked for a machine.

Always true: no slot holds more appointments than the provider does jobs at the same time.
"""
