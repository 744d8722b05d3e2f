"""Tells the systems of providers about their jobs, by signed HTTP POST.

What leaves: `job.offered` and `job.cancelled`, in the form of Standard Webhooks
(https://www.standardwebhooks.com). A delivery ends when the other side answers 2xx, or is given
up at 410, at an address that is not allowed, or after the last attempt. A delivery may come twice
(`webhook-id` tells), and never goes to a private network that the operator has not allowed.
"""

from thingdesk.channels.webhook.deliver import Webhooks
from thingdesk.channels.webhook.signature import Unsigned, sign, verify

__all__ = ["Unsigned", "Webhooks", "sign", "verify"]
