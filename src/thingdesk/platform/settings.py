"""Settings, read from the environment: `THINGDESK_` and the name in capitals."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROLES = ("web", "ingest", "work")


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(f"{value!r} is no time zone: give an IANA name such as Europe/Berlin")
    return value


class Settings(BaseSettings):
    """Every setting of the desk, with its default."""

    model_config = SettingsConfigDict(env_prefix="THINGDESK_", extra="ignore")

    data_dir: Path = Field(
        default=Path("var"), description="Where the embedded servers and keys live."
    )
    database_url: str | None = Field(
        default=None, description="An external PostgreSQL; else embedded."
    )
    broker_url: str | None = Field(
        default=None, description="An external MQTT broker; else embedded."
    )
    http_host: str = Field(default="127.0.0.1", description="Where the web role listens.")
    http_port: int = Field(
        default=8080, ge=0, le=65535, description="Its port; 0 picks a free one."
    )
    mqtt_host: str = Field(default="127.0.0.1", description="Where the embedded broker listens.")
    mqtt_port: int = Field(
        default=1883, ge=0, le=65535, description="Its port; 0 picks a free one."
    )
    public_url: str | None = Field(
        default=None, description="How owners and providers reach the desk."
    )
    roles: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=ROLES, description="What this process does: web, ingest, work."
    )
    webhook_networks: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split)
    ] = Field(
        default=(), description="Private networks that webhooks may reach: 127.0.0.0/8,::1/128."
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="The organisation's time zone, for its business hours."
    )
    open_cases: int = Field(
        default=20,
        ge=1,
        description="Open cases of one machine at most; those for safety are counted apart.",
    )
    smtp_url: str | None = Field(
        default=None, description="smtp://[name:password@]host:port for mail."
    )
    mail_from: str = Field(default="desk@localhost", description="The sender of the desk's mail.")
    contact: str = Field(
        default="",
        max_length=300,
        description="How owners reach a person: a mail address, a telephone number, or words.",
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
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    trouble_codes: Path | None = Field(
        default=None, description="A file of trouble code descriptions."
    )
    recordings: Path | None = Field(
        default=None, description="Real recordings for tests and the demo."
    )
    packs: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(), description="Modules with services of your own, beside the ready packs."
    )
