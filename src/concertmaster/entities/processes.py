"""Processes: the packages in a feed, each in its versions."""

from enum import IntEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import relationship

from concertmaster.entities._enums import TargetFramework
from concertmaster.entities._kinds import Entity
from concertmaster.entities._structures import ArgumentMetadata, Tag
from concertmaster.odata.declare import Guid, Instant, Int64, Json, Key, Mapped, prop


class PackageType(IntEnum):
    """What a package holds."""

    Undefined = 0
    Process = 1
    ProcessLibrary = 2
    ProcessOrchestration = 3
    WebApp = 4
    Agent = 5
    TestAutomationProcess = 6
    Api = 7
    MCPServer = 8
    BusinessRules = 9
    CaseManagement = 10


class ProjectType(IntEnum):
    """What kind of project a package was made from."""

    Undefined = 0
    Process = 1
    ProcessLibrary = 2
    BusinessProcess = 3
    BusinessProcessLibrary = 4
    TestAutomationProcess = 5
    ProcessOrchestration = 6
    BusinessProcessOrchestration = 7
    WebApp = 8
    BusinessWebApp = 9
    Agent = 10
    BusinessAgent = 11
    Api = 12
    MCPServer = 13
    BusinessRules = 14
    CaseManagement = 15


class DataVariationContentType(IntEnum):
    """The form of test data."""

    Json = 0


class EntryPointDataVariation:
    """Test data for an entry point."""

    content: str | None
    content_type: DataVariationContentType | None
    id: Int64 | None


def _without_feed(row: DefaultExecutionContext) -> str:
    key: str = row.get_current_parameters()["key"]  # type: ignore[no-untyped-call]
    return key.rpartition("/")[2]


class Process(
    Entity,
    entity_set="Processes",
    methods="GET DELETE",
    permissions={  # in the tenant's feed, or in a folder's
        "GET": "Packages.View or FolderPackages.View",
        "DELETE": "Packages.Delete or FolderPackages.Delete",
    },
    scope="OR.Execution",
    folder="optional",
    key="Key",  # the same package may lie in several feeds: unique within one
):
    """One version of a package: who made it, when, and what can be started in it."""

    is_active: Mapped[bool] = prop(default=False)
    supports_multiple_entry_points: Mapped[bool] = prop(default=False)
    main_entry_point_path: Mapped[str | None]
    requires_user_interaction: Mapped[bool] = prop(default=True)
    is_attended: Mapped[bool] = prop(default=False)
    target_framework: Mapped[TargetFramework] = prop(default=TargetFramework.Portable)
    package_type: Mapped[PackageType] = prop(default=PackageType.Process)
    title: Mapped[str | None]
    version: Mapped[str] = prop(length=128)
    package_key: Mapped[str] = prop(  # "Package:1.0.0"
        length=450, name="Key", index=True, default=lambda row: _without_feed(row)
    )
    description: Mapped[str | None]
    published: Mapped[Instant | None]
    is_latest_version: Mapped[bool] = prop(default=False)
    old_version: Mapped[str | None]
    release_notes: Mapped[str | None]
    authors: Mapped[str | None]
    project_type: Mapped[ProjectType] = prop(default=ProjectType.Process)
    tags: Mapped[str | None]
    is_compiled: Mapped[bool] = prop(default=False)
    license_url: Mapped[str | None]
    project_url: Mapped[str | None]
    id: Mapped[str] = prop(length=450)  # the package's name, the same in all versions

    arguments: Mapped[Json | None] = prop(complex=ArgumentMetadata)
    resource_tags: Mapped[Json] = prop(complex=Tag, collection=True, default=list)

    # In the tenant's feed it is the same, in another "<feed>/Package:1.0.0".
    key: Mapped[str] = prop(length=450, primary_key=True, hidden=True)
    feed_id: Mapped[Guid | None] = prop(hidden=True, index=True)  # None is the tenant's
    file: Mapped[str | None] = prop(hidden=True)  # where the package lies; None: never uploaded
    runtime: Mapped[str | None] = prop(hidden=True)  # what a robot must be able to run, if it says

    entry_points: Mapped[list["EntryPoint"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )

    __table_args__ = (Index(None, "id", "version"),)


class EntryPoint(Entity):
    """A workflow that a package can be started with, and its arguments."""

    unique_id: Mapped[Guid | None]
    path: Mapped[str | None]
    input_arguments: Mapped[str | None]
    output_arguments: Mapped[str | None]
    id: Mapped[Key]

    data_variation: Mapped[Json | None] = prop(complex=EntryPointDataVariation)

    process_key: Mapped[str | None] = prop(
        ForeignKey("processes.key", ondelete="CASCADE"), hidden=True, index=True
    )
