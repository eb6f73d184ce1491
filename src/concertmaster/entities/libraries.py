"""Libraries: packages that projects are built with, in the tenant's feed of libraries."""

from sqlalchemy import Index

from concertmaster.entities._kinds import Entity
from concertmaster.entities._structures import Tag
from concertmaster.entities.processes import ProjectType
from concertmaster.odata.declare import Instant, Int64, Json, Mapped, prop


class Library(
    Entity,
    entity_set="Libraries",
    methods="GET DELETE",
    permission="Libraries",
    scope="OR.Execution",
    key="Key",
):
    """One version of a library: who made it, when, and how large it is."""

    created: Mapped[Instant | None]
    last_updated: Mapped[Instant | None]
    owners: Mapped[str | None]
    icon_url: Mapped[str | None]
    summary: Mapped[str | None]
    package_size: Mapped[Int64] = prop(default=0)
    is_prerelease: Mapped[bool] = prop(default=False)
    title: Mapped[str | None]
    version: Mapped[str] = prop(length=128)
    key: Mapped[str] = prop(length=450, primary_key=True)  # "Package:1.0.0"
    description: Mapped[str | None]
    published: Mapped[Instant | None]
    is_latest_version: Mapped[bool] = prop(default=False)
    old_version: Mapped[str | None]
    release_notes: Mapped[str | None]
    authors: Mapped[str | None]
    project_type: Mapped[ProjectType] = prop(default=ProjectType.Undefined)
    tags: Mapped[str | None]
    is_compiled: Mapped[bool] = prop(default=False)
    license_url: Mapped[str | None]
    project_url: Mapped[str | None]
    id: Mapped[str] = prop(length=450)  # the library's name, the same in all versions

    resource_tags: Mapped[Json] = prop(complex=Tag, collection=True, default=list)

    file: Mapped[str | None] = prop(hidden=True)  # where it lies; None: never uploaded

    __table_args__ = (Index(None, "id", "version"),)
