"""Names of one word, such as the kind of a machine. Pure."""

import unicodedata

# letters, with the marks that some scripts write them by, and digits
_FITTING = "LMN"


def problem(name: object) -> str | None:
    """What is wrong with a name that has to be one word."""
    fits = isinstance(name, str) and name and all(map(_fits, name))
    return None if fits else "is not one word of letters, digits, '_' or '-'"


def like(name: object) -> str:
    """A name of one word that is like this one."""
    words = "".join(c if _fits(c) else " " for c in str(name)).split()
    return "_".join(words) or "heat_pump"


def _fits(character: str) -> bool:
    return character in "_-" or unicodedata.category(character)[0] in _FITTING
