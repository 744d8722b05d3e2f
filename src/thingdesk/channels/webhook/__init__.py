"""Tells other systems, by signed HTTP POST: those of providers of their jobs, and machines at
addresses that they registered of what happens to their cases.

What leaves is in the form of Standard Webhooks (https://www.standardwebhooks.com), or in that of
another surface. A delivery ends when the other side answers 2xx, or is given up at 410, at an
address that is not allowed, or after the last attempt. It may come twice (`webhook-id` tells), and
never goes to a private network that the operator has not allowed.
"""

from thingdesk.channels.webhook.deliver import Webhooks
from thingdesk.channels.webhook.form import OWN, OWN_FORM, Form
from thingdesk.channels.webhook.hooked import Hooked
from thingdesk.channels.webhook.jobs import Jobs
from thingdesk.channels.webhook.register import Registrar

__all__ = ["OWN", "OWN_FORM", "Form", "Hooked", "Jobs", "Registrar", "Webhooks"]
