"""thingdesk: the customer-service desk for machine customers."""
