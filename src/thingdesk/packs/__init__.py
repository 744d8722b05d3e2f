"""Ready services. A pack imports `thingdesk.sdk` and nothing else of the product."""
