"""Settings, read from the environment: `THINGDESK_` and the name in capitals; or, so that a
password is in nobody's environment, from a file of that name in small letters.
"""

import os
from collections.abc import Iterable
from datetime import timedelta
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, FilePath, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from thingdesk.platform import given

Role = Literal["web", "ingest", "work"]
ROLES: tuple[Role, ...] = ("web", "ingest", "work")
ReadyPack = Literal["equipment", "vehicle", "meter", "person"]
READY_PACKS: tuple[ReadyPack, ...] = ("equipment", "vehicle", "meter", "person")


_SHARED = Path("/run/secrets")


def secrets(shared: Path = _SHARED) -> Path | None:
    """Where a supervisor puts files that only this process reads: systemd, or a container's.

    Raises OSError where the folder is meant for this process, and closed to it, and where one of
    the desk's is no file: a mount that is missing is a folder, and would count as not set.
    """
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    folder = Path(given) if given else shared
    try:
        ours = [one for one in folder.iterdir() if one.name.lower().startswith("thingdesk_")]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        if given:
            raise
        return None  # another software's
    for one in ours:
        if not (one.is_file() and one.resolve().is_relative_to(folder.resolve())):
            raise OSError(f"{one} is no file of that folder")
    return folder


_Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(given.split)]


class Settings(BaseSettings):
    """Every setting of the desk, with its default."""

    model_config = SettingsConfigDict(env_prefix="THINGDESK_", extra="ignore")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the desk reads no such file
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - its folder is known later
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, else the environment, else a file."""
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets())

    data_dir: Path = Field(
        default=Path("var"), description="Where the embedded servers and keys live."
    )
    database_url: Annotated[
        str | None, AfterValidator(given.url("postgresql", "postgres", host=False))
    ] = Field(default=None, description="An external PostgreSQL; else embedded.")
    broker_url: Annotated[str | None, AfterValidator(given.url("mqtt", "mqtts"))] = Field(
        default=None, description="An external MQTT broker; else embedded."
    )
    broker_secret: str | None = Field(
        default=None,
        min_length=16,
        max_length=200,
        description="What your broker shows when it asks who may enter; none: it may not ask.",
    )
    emqx_api_url: Annotated[str | None, AfterValidator(given.url("http", "https"))] = Field(
        default=None,
        description="http://key:secret@host:18083, EMQX's API: sessions end when keys are revoked.",
    )
    platforms: FilePath | None = Field(
        default=None, description="The map of IoT platforms in front: what their words mean here."
    )
    platform_secret: str | None = Field(
        default=None,
        min_length=16,
        max_length=200,
        description="What platforms show when they post; none: they may not post.",
    )
    platform_broker_url: Annotated[str | None, AfterValidator(given.url("mqtt", "mqtts"))] = Field(
        default=None, description="Another MQTT 5 broker that the role ingest reads by the map."
    )
    http_host: str = Field(default="127.0.0.1", description="Where the web role listens.")
    http_port: int = Field(
        default=8080, ge=0, le=65535, description="Its port, up to 65535; 0 picks a free one."
    )
    proxies: _Networks = Field(
        default=(IPv4Network("127.0.0.1/32"),),
        description="Where proxies stand whose word counts on who asks: 10.0.0.7/32.",
    )
    connections: int = Field(
        default=1000,
        ge=1,
        description="HTTP connections of one address to a process at most; a proxy has no bound.",
    )
    mqtt_host: str = Field(default="127.0.0.1", description="Where the embedded broker listens.")
    mqtt_port: int = Field(
        default=1883, ge=0, le=65535, description="Its port, up to 65535; 0 picks a free one."
    )
    public_url: Annotated[str | None, AfterValidator(given.url("http", "https"))] = Field(
        default=None, description="How owners and providers reach the desk."
    )
    roles: Annotated[tuple[Role, ...], NoDecode, BeforeValidator(given.split)] = Field(
        default=ROLES, min_length=1, description="What this process does: any of web, ingest, work."
    )
    webhook_networks: _Networks = Field(
        default=(), description="Private networks that webhooks may reach: 127.0.0.0/8,::1/128."
    )
    oidc_issuer: Annotated[str | None, AfterValidator(given.url("http", "https"))] = Field(
        default=None, description="The OpenID Connect provider by which staff log in, too."
    )
    oidc_client_id: str = Field(default="", description="The desk's name at that provider.")
    oidc_client_secret: str = Field(
        default="", repr=False, description="Its secret there; best in a file. None: by PKCE alone."
    )
    oidc_domains: Annotated[tuple[str, ...], NoDecode, BeforeValidator(given.split)] = Field(
        default=(), description="Whose e-mail addresses may log in there: example.org; empty: all."
    )
    oidc_roles: Annotated[tuple[str, ...], NoDecode, BeforeValidator(given.split)] = Field(
        default=(), description="Which groups have a role: admin=it,agent=*; makes accounts, too."
    )
    oidc_groups: str = Field(default="groups", description="The claim that names the groups.")
    oidc_scope: str = Field(default="openid email profile", description="What is asked for there.")
    oidc_networks: _Networks = Field(default=(), description="Its private networks: 10.0.0.0/8.")
    zone: Annotated[str, AfterValidator(given.zone)] = Field(
        default="UTC", description="The organisation's time zone, for its business hours."
    )
    open_cases: int = Field(
        default=20,
        ge=1,
        description="Open cases of one machine at most; those for safety are counted apart.",
    )
    calls: int = Field(
        default=1200,
        ge=1,
        description="Calls a minute that one machine may make over HTTP, beside what it sends.",
    )
    keep_signals: int = Field(
        default=400,
        ge=31,
        le=36_500,
        description="Days for which signals and the findings from them are kept.",
    )
    smtp_url: Annotated[
        str | None, BeforeValidator(given.or_none), AfterValidator(given.url("smtp", "smtps"))
    ] = Field(
        default=None, description="smtp://[name:password@]host:port for mail; empty for none."
    )
    mail_from: Annotated[str, AfterValidator(given.sender)] = Field(
        default="desk@localhost",
        description="The sender of the desk's mail: name@place, or Name <name@place>.",
    )
    letterbox_host: str = Field(
        default="127.0.0.1", description="Where your mail server hands in answers, by LMTP."
    )
    letterbox_port: int | None = Field(
        default=None, ge=0, le=65535, description="Its port; none: no mail is taken in."
    )
    contact: str = Field(
        default="",
        max_length=300,
        description="How owners reach a person: a mail address, a telephone number, or words.",
    )
    staff_hours: Annotated[str, AfterValidator(given.hours)] = Field(
        default="09:00-17:00",
        description="From when to when staff call owners back on weekdays, in the desk's zone.",
    )
    call_backs: int = Field(
        default=1, ge=0, le=100, description="How many of the staff call back at a time; 0: none."
    )
    currency: str = Field(
        default="EUR",
        pattern="^[A-Z]{3}$",
        description="The currency in which owners give mandates (ISO 4217).",
    )
    lease: float = Field(
        default=10.0, gt=0, description="Seconds until a dead worker's runs move on."
    )
    operations_host: str = Field(
        default="127.0.0.1", description="Where /health, /ready and /metrics are answered."
    )
    operations_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Their port, one for each process; 0 picks a free one; none: not answered.",
    )
    log: Literal["auto", "json", "plain"] = Field(
        default="auto", description="Log lines: json, plain, or plain only in a terminal (auto)."
    )
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(given.capitals)
    ] = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    trouble_codes: FilePath | None = Field(
        default=None, description="A file of trouble code descriptions, before the ready ones."
    )
    ready_packs: Annotated[tuple[ReadyPack, ...], NoDecode, BeforeValidator(given.split)] = Field(
        default=READY_PACKS,
        description="Which of the ready packs are offered; empty for none.",
    )
    packs: Annotated[tuple[str, ...], NoDecode, BeforeValidator(given.split)] = Field(
        default=(), description="Modules with services of your own, beside the ready packs."
    )

    @property
    def has_database(self) -> bool:
        """Whether there is one, or one is set: no command but `up` and those that register make
        one.
        """
        return self.database_url is not None or (self.data_dir / "postgres").exists()

    @property
    def signals_kept(self) -> timedelta:
        return timedelta(days=self.keep_signals)

    @property
    def which_database(self) -> str:
        """Which one a command works on, without its password."""
        if self.database_url:
            parts = urlsplit(self.database_url)
            return f"{parts.hostname or ''}{parts.path} (THINGDESK_DATABASE_URL)"
        new = "" if self.has_database else "a new one, "
        return f"{new}in {self.data_dir.absolute()}"


def problems(error: ValidationError) -> list[str]:
    """What is wrong with settings, a line each: which, what it is, and what it may be."""
    found: dict[str, str] = {}
    for one in error.errors(include_url=False):
        name = str(one["loc"][0])
        shown = "" if name.endswith(("_url", "_secret")) else f" is {one['input']!r}"
        words = one["msg"].removeprefix("Value error, ")
        meaning = (Settings.model_fields[name].description or "").rstrip(".")
        found.setdefault(name, f"{_variable(name)}{shown}: {words} ({meaning})")
    return list(found.values())


def misspelt(variables: Iterable[str]) -> list[str]:
    """What of these variables of the environment is no setting, and which one may be meant."""
    known = [_variable(one) for one in Settings.model_fields]
    wrong = sorted(one for one in variables if one.startswith("THINGDESK_") and one not in known)
    close = {one: get_close_matches(one, known, n=1, cutoff=0.9) for one in wrong}
    return [f"{one} is no setting: did you mean {near[0]}?" for one, near in close.items() if near]


def _variable(name: str) -> str:
    return f"THINGDESK_{name.upper()}"
