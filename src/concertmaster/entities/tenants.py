"""Tenants: as one tenant sees them, which is itself."""

from typing import Any

from concertmaster.entities._kinds import Entity, SmallKey
from concertmaster.odata.declare import Instant, Int64, Json, Mapped, prop


class TenantLicense:
    """What a tenant has paid for."""

    creation_time: Instant | None
    code: str | None
    allowed: dict[str, Any] | None
    id: Int64 | None


class Tenant(Entity, entity_set="Tenants", permissions={"GET": ""}, scope="OR.Administration"):
    """A part of an organization with folders, users and robots of its own."""

    name: Mapped[str] = prop(length=64, unique=True)
    key: Mapped[str | None]
    display_name: Mapped[str | None] = prop(length=128)
    admin_email_address: Mapped[str | None] = prop(length=256)
    admin_name: Mapped[str | None] = prop(length=32)
    admin_surname: Mapped[str | None] = prop(length=32)
    admin_user_key: Mapped[str | None]
    admin_password: Mapped[str | None] = prop(length=32, secret=True)
    last_login_time: Mapped[Instant | None]
    is_active: Mapped[bool] = prop(default=True)
    organization_name: Mapped[str | None]
    id: Mapped[SmallKey]

    license: Mapped[Json | None] = prop(complex=TenantLicense)
