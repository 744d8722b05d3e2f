from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. What is well and has something to mend is a note."""

    what: str
    found: str
    well: bool = True
    mend: str = ""
