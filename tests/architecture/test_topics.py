"""The desk's topics are named in one place, and the platform names none.

What machines know of them is their own (`thingdesk_machine`): they have nothing but the wire.
"""

import re

import pytest
from tests.architecture.source import Source, sources, texts

from thingdesk.intake import Kind
from thingdesk.topics import ROOT, Down

HOME = "thingdesk.topics"
TOPIC = re.compile(rf"(?<![\w-]){ROOT}(?:$|[/.:])")
PAGE = re.compile(r"https://\S+")
PARTS = {*Kind, *Down}


def named(source: Source) -> list[str]:
    """The topics that stand here as text; in the platform also the parts of a topic."""
    if source.is_in(HOME) or not source.is_in("thingdesk"):
        return []
    in_platform = source.is_in("thingdesk.platform")
    return [
        f"{source.path}:{line}: {text!r} is a topic, which {HOME} has"
        for text, line in texts(source.tree)
        if TOPIC.search(PAGE.sub("", text)) or (in_platform and text in PARTS)
    ]


def test_topics_are_named_in_one_place() -> None:
    assert not [line for source in sources("src") for line in named(source)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/thingdesk/channels/mqtt/send.py", "def f(machine): return f'td/{machine}/notices'"),
        ("src/thingdesk/platform/embedded/callout.py", "allowed = f'td.{machine}.signals'"),
        ("src/thingdesk/platform/embedded/callout.py", "CLOCK = 'td:clock'"),
        ("src/thingdesk/platform/embedded/broker_files.py", "own = ['td']"),
        ("src/thingdesk/platform/embedded/callout.py", "UPWARD = ['results']"),
    ],
)
def test_a_topic_elsewhere_is_found(path: str, text: str) -> None:
    assert len(named(Source(path, text))) == 1


def test_other_words_pass() -> None:
    text = "one, other = 'the width td is', 'std.signals'\nKINDS = ('signals',)\n"
    text += "VOCABULARY = 'https://www.w3.org/2022/wot/td/v1.1'"
    assert not named(Source("src/thingdesk/web/pages.py", text))
