"""thingdesk: the customer-service desk for machine customers."""

__version__ = "0.1.1"
