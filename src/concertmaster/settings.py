"""Every switch once: a field is a flag, a `CONCERTMASTER_…` variable and its documentation."""

import ipaddress
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "CONCERTMASTER_"

#: What the documentation tells everyone. They sign in to every new stand-in.
DEFAULT_USER = "admin"
DEFAULT_PASSWORD = "concertmaster"  # noqa: S105 - published
DEFAULT_CLIENT = "concertmaster"
DEFAULT_CLIENT_SECRET = "concertmaster-secret"  # noqa: S105 - published

#: Names of organizations and tenants: they are segments of URLs.
NAME = r"^[A-Za-z0-9][A-Za-z0-9._~-]{0,62}$"


class Settings(BaseSettings):
    """How the server is run. `Settings()` reads the environment; keywords win over it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, validate_default=True, env_ignore_empty=True
    )

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8070, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    data: Path = Field(Path(".concertmaster"), description="folder for databases and blobs")
    ephemeral: bool = Field(False, description="keep nothing: all data is gone when it stops")
    database_url: SecretStr | None = Field(
        None,
        description="postgresql+psycopg://… of a server to use; if not set, SQLite files",
    )
    storage: str | None = Field(
        None,
        description="s3://… or another fsspec URL to keep files at; if not set, in the data folder",
    )
    scenario: str = Field(
        "demo",
        min_length=1,
        description="what a new tenant holds: empty, demo, guide or a YAML file",
    )
    organization: str = Field(
        "acme", pattern=NAME, description="organization of the default tenant"
    )
    tenant: str = Field("Default", pattern=NAME, description="name of the default tenant")
    access_token: SecretStr | None = Field(
        None, description="a fixed token that signs in as the administrator, beside the issued ones"
    )
    allow_default_credentials: bool = Field(
        False, description="listen on other than loopback addresses with the published credentials"
    )
    token_lifetime: int = Field(
        86_400, ge=1, le=315_360_000, description="seconds for which an issued access token is good"
    )
    transactions_by_robots_only: bool = Field(
        False, description="answer StartTransaction to robots only, as the real product does"
    )
    robot_timeout: int = Field(
        120, ge=1, le=86_400, description="seconds of silence after which a robot is unresponsive"
    )
    robot_logs: Literal["sql", "elasticsearch"] = Field(
        "sql", description="whose limits the robot logs have: elasticsearch has a window of 10,000"
    )
    journal_size: int = Field(
        1_000, ge=0, le=1_000_000,
        description="requests that each tenant's journal keeps; 0 turns it and its hints off",
    )  # fmt: skip
    webhook_delivery: Literal["once", "at-least-once"] = Field(
        "once",
        description="what becomes of events that a webhook's receiver did not take: lost, as in the"
        " real product, or sent again until it does",
    )
    webhook_timeout: int = Field(
        10, ge=1, le=300, description="seconds that a webhook's receiver has to answer"
    )
    strict: bool = Field(
        False, description="refuse unknown members and options in place of ignoring them"
    )
    log_level: Literal["critical", "error", "warning", "info", "debug"] = Field(
        "warning", description="how much the server says while it runs"
    )

    @field_validator("database_url")
    @classmethod
    def _postgresql_only(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        scheme, _, rest = value.get_secret_value().partition("://")
        if scheme not in ("postgresql+psycopg", "postgresql", "postgres") or not rest:
            raise ValueError("only postgresql+psycopg:// URLs are understood")
        return SecretStr(f"postgresql+psycopg://{rest}")

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _published_credentials_stay_home(self) -> "Settings":
        if not self.allow_default_credentials and not is_loopback(self.host):
            raise ValueError(
                f"will not listen on {self.host} while the published credentials sign in; "
                f"set {PREFIX}ALLOW_DEFAULT_CREDENTIALS=1 if the network is yours"
            )
        return self


def is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def flag(name: str) -> str:
    """`database_url` → `--database-url`."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """`database_url` → `CONCERTMASTER_DATABASE_URL`."""
    return PREFIX + name.upper()
