"""Queues: named lists of work, and what holds for every item of one."""

import sqlalchemy as sa
from sqlalchemy import Index

from concertmaster.entities._kinds import Entity, FolderId, FolderPath, SetAt, UniqueKey, link
from concertmaster.entities._structures import Tag
from concertmaster.odata.declare import Int64, Json, Key, Mapped, prop

LAST_INT32 = 2_147_483_647


class QueueDefinition(
    Entity,
    entity_set="QueueDefinitions",
    methods="GET POST PUT DELETE",
    permission="Queues",
    scope="OR.Queues",
    folder="required",
):
    """A queue: how often its items are tried, how soon they are due, what they may hold."""

    key: Mapped[UniqueKey]
    name: Mapped[str] = prop(name_like=True, length=50, required=True)
    description: Mapped[str | None] = prop(length=250)
    max_number_of_retries: Mapped[int] = prop(default=0, minimum=0, maximum=50)
    accept_automatically_retry: Mapped[bool] = prop(default=False)
    retry_abandoned_items: Mapped[bool] = prop(default=False)
    enforce_unique_reference: Mapped[bool] = prop(default=False)
    encrypted: Mapped[bool] = prop(default=False)
    specific_data_json_schema: Mapped[str | None]
    output_data_json_schema: Mapped[str | None]
    analytics_data_json_schema: Mapped[str | None]
    creation_time: Mapped[SetAt]
    process_schedule_id: Mapped[Int64 | None]
    sla_in_minutes: Mapped[int] = prop(default=0, minimum=0, maximum=LAST_INT32)
    risk_sla_in_minutes: Mapped[int] = prop(default=0, minimum=0, maximum=LAST_INT32)
    release_id: Mapped[Int64 | None] = prop(link("releases.id"))
    is_process_in_current_folder: Mapped[bool | None] = prop(computed=True)
    folders_count: Mapped[int] = prop(default=1, computed=True)
    organization_unit_id: Mapped[FolderId]
    organization_unit_fully_qualified_name: Mapped[FolderPath | None]
    id: Mapped[Key]

    tags: Mapped[Json] = prop(complex=Tag, collection=True, default=list)

    __table_args__ = (Index(None, "organization_unit_id", "name", unique=True),)


#: Where queues can be seen beside the folder they live in.
queue_folders = sa.Table(
    "queue_folders",
    Entity.metadata,
    sa.Column(
        "queue_definition_id",
        sa.ForeignKey("queue_definitions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("folder_id", sa.ForeignKey("folders.id", ondelete="CASCADE"), primary_key=True),
    sa.Index(None, "folder_id"),
)
