"""Attachments: files that jobs take and give."""

from sqlalchemy import ForeignKey, Index

from concertmaster.entities._kinds import Entity, SetAt, SetBy
from concertmaster.entities._structures import BlobFileAccess
from concertmaster.odata.declare import Guid, Json, Mapped, prop


class Attachment(
    Entity,
    entity_set="Attachments",
    methods="GET POST DELETE",
    permissions={
        "GET": "BlobFiles.View",
        "POST": "BlobFiles.Create or Jobs.Create",
        "DELETE": "BlobFiles.Delete",
    },
    scope="OR.Folders",
    folder="required",
):
    """A file, with the address to send it to and fetch it from."""

    name: Mapped[str] = prop(length=256, required=True)
    last_modification_time: Mapped[SetAt | None]
    last_modifier_user_id: Mapped[SetBy | None]
    creation_time: Mapped[SetAt | None]
    creator_user_id: Mapped[SetBy | None]
    id: Mapped[Guid] = prop(primary_key=True, computed=True)

    # In no description, and what the Python SDK goes by.
    blob_file_access: Mapped[Json | None] = prop(complex=BlobFileAccess, computed=True)

    file: Mapped[str | None] = prop(hidden=True)  # None until it was sent
    secret: Mapped[Guid] = prop(hidden=True)  # signs its address
    organization_unit_id: Mapped[int | None] = prop(
        ForeignKey("folders.id"), hidden=True, index=True
    )


class JobAttachment(Entity):
    """A file that belongs to a job."""

    id: Mapped[Guid] = prop(primary_key=True, computed=True)
    attachment_id: Mapped[Guid] = prop(ForeignKey("attachments.id", ondelete="CASCADE"), index=True)
    job_key: Mapped[Guid]
    category: Mapped[str | None] = prop(length=128)
    creation_time: Mapped[SetAt | None]
    creator_user_id: Mapped[SetBy | None]

    __table_args__ = (Index(None, "job_key"),)
