"""files and job triggers"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column(
            "last_modification_time",
            sa.String(28).with_variant(sa.String(28, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("last_modifier_user_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "creation_time",
            sa.String(28).with_variant(sa.String(28, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("creator_user_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "id",
            sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("blob_file_access", sa.Text(), nullable=True),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column(
            "secret",
            sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "organization_unit_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organization_unit_id"],
            ["folders.id"],
            name=op.f("fk_attachments_organization_unit_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_attachments_organization_unit_id"),
            ["organization_unit_id"],
            unique=False,
        )

    op.create_table(
        "buckets",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("description", sa.String(length=512), nullable=True),
        sa.Column(
            "identifier",
            sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("storage_provider", sa.String(), nullable=True),
        sa.Column("storage_parameters", sa.String(), nullable=True),
        sa.Column("storage_container", sa.String(), nullable=True),
        sa.Column("options", sa.SmallInteger(), nullable=False),
        sa.Column("credential_store_id", sa.BigInteger(), nullable=True),
        sa.Column("external_name", sa.String(length=450), nullable=True),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("folders_count", sa.Integer(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column(
            "secret",
            sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "organization_unit_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["organization_unit_id"], ["folders.id"], name=op.f("fk_buckets_organization_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buckets")),
        sa.UniqueConstraint("identifier", name=op.f("uq_buckets_identifier")),
    )
    with op.batch_alter_table("buckets", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_buckets_organization_unit_id_name"),
            ["organization_unit_id", "name"],
            unique=True,
        )

    op.create_table(
        "bucket_files",
        sa.Column(
            "bucket_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("path", sa.String(length=1024), nullable=False),
        sa.Column("content_type", sa.String(length=256), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column(
            "last_modified",
            sa.String(28).with_variant(sa.String(28, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("file", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bucket_id"],
            ["buckets.id"],
            name=op.f("fk_bucket_files_bucket_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bucket_files")),
    )
    with op.batch_alter_table("bucket_files", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_bucket_files_bucket_id_path"), ["bucket_id", "path"], unique=True
        )

    op.create_table(
        "job_attachments",
        sa.Column(
            "id",
            sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "attachment_id",
            sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "job_key",
            sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("category", sa.String(length=128), nullable=True),
        sa.Column(
            "creation_time",
            sa.String(28).with_variant(sa.String(28, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("creator_user_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachments.id"],
            name=op.f("fk_job_attachments_attachment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_attachments")),
    )
    with op.batch_alter_table("job_attachments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_job_attachments_attachment_id"), ["attachment_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_job_attachments_job_key"), ["job_key"], unique=False)

    op.create_table(
        "job_triggers",
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("trigger_type", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column(
            "item_key",
            sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "timer",
            sa.String(28).with_variant(sa.String(28, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("trigger_message", sa.String(), nullable=True),
        sa.Column("trigger_configuration", sa.String(), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column(
            "organization_unit_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_triggers_job_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_unit_id"],
            ["folders.id"],
            name=op.f("fk_job_triggers_organization_unit_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_triggers")),
    )
    with op.batch_alter_table("job_triggers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_triggers_item_key"), ["item_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_triggers_job_id"), ["job_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_job_triggers_organization_unit_id"),
            ["organization_unit_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_job_triggers_status_trigger_type"),
            ["status", "trigger_type"],
            unique=False,
        )

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state_file", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_column("state_file")

    with op.batch_alter_table("job_triggers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_triggers_status_trigger_type"))
        batch_op.drop_index(batch_op.f("ix_job_triggers_organization_unit_id"))
        batch_op.drop_index(batch_op.f("ix_job_triggers_job_id"))
        batch_op.drop_index(batch_op.f("ix_job_triggers_item_key"))

    op.drop_table("job_triggers")
    with op.batch_alter_table("job_attachments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_attachments_job_key"))
        batch_op.drop_index(batch_op.f("ix_job_attachments_attachment_id"))

    op.drop_table("job_attachments")
    with op.batch_alter_table("bucket_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bucket_files_bucket_id_path"))

    op.drop_table("bucket_files")
    with op.batch_alter_table("buckets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_buckets_organization_unit_id_name"))

    op.drop_table("buckets")
    with op.batch_alter_table("attachments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attachments_organization_unit_id"))

    op.drop_table("attachments")
