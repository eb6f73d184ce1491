"""Buckets: places where automations keep files."""

from enum import IntFlag

import sqlalchemy as sa
from sqlalchemy import ForeignKey, Index

from concertmaster.entities._kinds import Entity, SetAt
from concertmaster.entities._structures import Tag
from concertmaster.odata.declare import Guid, Int64, Json, Key, Mapped, prop

BucketOptions = IntFlag(
    "BucketOptions",
    {"None": 0, "ReadOnly": 1, "AuditReadAccess": 2, "AccessDataThroughOrchestrator": 4},
)
BucketOptions.__doc__ = "How the files of a bucket may be reached."


#: In which folders a bucket is to be found, beside the one that it was made in.
bucket_folders = sa.Table(
    "bucket_folders",
    Entity.metadata,
    sa.Column("bucket_id", sa.ForeignKey("buckets.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("folder_id", sa.ForeignKey("folders.id", ondelete="CASCADE"), primary_key=True),
    sa.Index(None, "folder_id"),
)


class Bucket(
    Entity,
    entity_set="Buckets",
    methods="GET POST PUT DELETE",
    permission="Buckets",
    scope="OR.Administration",
    folder="required",
    shared=bucket_folders,
):
    """A named store of files in a folder."""

    name: Mapped[str] = prop(length=128, required=True)
    description: Mapped[str | None] = prop(length=512)
    identifier: Mapped[Guid] = prop(required=True, unique=True, immutable=True)
    storage_provider: Mapped[str | None]
    storage_parameters: Mapped[str | None]
    storage_container: Mapped[str | None]
    options: Mapped[BucketOptions] = prop(default=BucketOptions["None"])
    credential_store_id: Mapped[Int64 | None]
    external_name: Mapped[str | None] = prop(length=450)
    password: Mapped[str | None] = prop(secret=True)
    folders_count: Mapped[int] = prop(default=1, computed=True)
    id: Mapped[Key]

    tags: Mapped[Json] = prop(complex=Tag, collection=True, default=list)

    secret: Mapped[Guid] = prop(hidden=True)  # signs the addresses of its files
    organization_unit_id: Mapped[int | None] = prop(ForeignKey("folders.id"), hidden=True)

    __table_args__ = (Index(None, "organization_unit_id", "name", unique=True),)


class BucketFile(Entity):
    """A file in a bucket."""

    bucket_id: Mapped[Int64] = prop(ForeignKey("buckets.id", ondelete="CASCADE"))
    path: Mapped[str] = prop(length=1024)
    content_type: Mapped[str | None] = prop(length=256)
    size: Mapped[Int64]
    last_modified: Mapped[SetAt]
    id: Mapped[Key]

    file: Mapped[str] = prop(hidden=True)

    __table_args__ = (Index(None, "bucket_id", "path", unique=True),)
