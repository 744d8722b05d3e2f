"""How a person is reached, as it is shown. Pure."""

import re
from dataclasses import dataclass

_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,30}")
_PAGE = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Contact:
    """The words of the setting; `href` where they are an address that can be opened."""

    words: str
    href: str | None = None


def contact(text: str) -> Contact | None:
    """None where the organisation has not said how."""
    words = " ".join(text.split())
    if not words:
        return None
    if _MAIL.fullmatch(words):
        return Contact(words, f"mailto:{words}")
    if _TELEPHONE.fullmatch(words):
        return Contact(words, "tel:" + re.sub(r"[^+0-9]", "", words))
    return Contact(words, words if _PAGE.fullmatch(words) else None)
