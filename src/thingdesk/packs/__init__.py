"""Ready services. A pack imports `thingdesk.sdk` and nothing else of the product.

A pack is a module with `SERVICES`, and `RULES` where it has some. One of your own may be anywhere
that Python imports from.
"""
