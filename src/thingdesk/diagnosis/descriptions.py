"""What trouble codes mean in words, from a file that the operator loads."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_COLUMNS = 2


@dataclass(frozen=True, slots=True)
class BadLine:
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Descriptions:
    """Words by code, and the lines that could not be read."""

    words: Mapping[str, str]
    bad: tuple[BadLine, ...]


def read_descriptions(lines: Iterable[str]) -> Descriptions:
    """Two columns, comma between, quoted or not: the code, and its words.

    Empty lines are skipped, a code that comes again keeps its first words, and a line that cannot
    be read is reported and the rest goes on.
    """
    words: dict[str, str] = {}
    bad: list[BadLine] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        reason = _take(line, words)
        if reason:
            bad.append(BadLine(number, reason))
    return Descriptions(words, tuple(bad))


def _take(line: str, words: dict[str, str]) -> str | None:
    try:
        cells = next(csv.reader([line], strict=True, skipinitialspace=True))
    except (csv.Error, StopIteration) as error:
        return f"not comma separated: {error}"
    if len(cells) != _COLUMNS:
        return f"{len(cells)} columns where a code and its words belong"
    code, meaning = (cell.strip() for cell in cells)
    if not code or not meaning:
        return "the code or its words are empty"
    if code in words:
        return f"{code} has words already"
    words[code] = meaning
    return None
