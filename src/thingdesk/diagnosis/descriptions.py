"""What trouble codes mean in words: ready ones, and a file that the operator loads."""

import csv
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger(__name__)
_COLUMNS = 2
_MOST_TOLD = 20
_READY = Path(__file__).parent / "trouble_codes.csv"


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


def load_descriptions(path: Path | None) -> Mapping[str, str]:
    """The ready words by code, and in their place those of a file in UTF-8, where one is given;
    lines of it that cannot be read are logged.

    Raises OSError when there is no such file.
    """
    ready = _read(_READY).words
    if path is None:
        return ready
    found = _read(path)
    for one in found.bad[:_MOST_TOLD]:
        _log.warning("%s, line %d: %s", path, one.line, one.reason)
    _log.info("%d trouble codes have words, %d lines are bad", len(found.words), len(found.bad))
    return {**ready, **found.words}


def _read(path: Path) -> Descriptions:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        return read_descriptions(lines)


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
