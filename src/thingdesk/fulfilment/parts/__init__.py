"""Parts: what each provider has in stock, and what of it is set aside for a case.

Always true: free stock is never below zero, and a reservation ends once, released or used.
"""
