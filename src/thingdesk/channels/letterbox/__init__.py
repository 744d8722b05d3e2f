"""What people answer to the desk's mails, handed in by the organisation's mail server over LMTP.

What enters: mails. What leaves: a word to staff, on the case that the mail answers. Always true: no
mail decides anything, for whose it is nobody has proven; what a program wrote by itself (RFC 3834)
goes no further; no mail is ever answered by mail, so that no two programs write to each other for
ever.
"""

from thingdesk.channels.letterbox.door import Letterbox

__all__ = ["Letterbox"]
