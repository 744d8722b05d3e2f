"""Every setting, from platform.settings."""

from typing import Any

from scripts.reference.words import Undocumented, page, table

from thingdesk.platform.settings import Settings

INTRO = """
A setting is an environment variable. One that is not set has its default; one that cannot be read
stops the desk at its start. Where several are given, a comma stands between them.

What is not set there is read from a file with the setting's name in small letters, such as
`thingdesk_database_url`, in the folder of systemd's credentials (`LoadCredential`), or else in
`/run/secrets`, where containers have theirs.
"""


def rows(settings: type[Settings] = Settings) -> list[tuple[str, str, str]]:
    prefix = settings.model_config.get("env_prefix", "")
    found = []
    for name, field in settings.model_fields.items():
        if not field.description:
            raise Undocumented(f"the setting {name} has no description")
        default = _plain(field.get_default(call_default_factory=True))
        found.append((f"`{prefix}{name.upper()}`", default, field.description))
    return found


def make() -> str:
    return page("Settings", INTRO, table(("setting", "default", "meaning"), rows()))


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return "none" if value in (None, "") else f"`{value}`"
