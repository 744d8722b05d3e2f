"""Markdown, and docstrings in it."""

import inspect
import json
from collections.abc import Iterable, Sequence
from typing import Any

NOTE = "<!-- Made by `make reference` from the code: change it there. -->"


class Undocumented(Exception):
    """Something that readers meet says nothing about itself."""


def page(title: str, intro: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", NOTE, intro.strip(), *parts)) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def block(text: str, language: str = "text") -> str:
    return f"```{language}\n{text.strip()}\n```"


def data(value: Any) -> str:
    return block(json.dumps(value, indent=2, ensure_ascii=False), "json")


def said(thing: object, name: str) -> str:
    """What `thing` says of itself; raises Undocumented when that is nothing."""
    text = inspect.getdoc(thing) or ""
    # a dataclass without a docstring says its own signature
    own = getattr(thing, "__name__", "")
    if not text or (own and text.startswith(f"{own}(")):
        raise Undocumented(f"{name} has no docstring")
    return text


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
