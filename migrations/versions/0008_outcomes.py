"""outcomes"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "process_outcomes",
        sa.Column(
            "release_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("mode", sa.SmallInteger(), nullable=False),
        sa.Column("seconds", sa.Text(), nullable=True),
        sa.Column("failures", sa.Double(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["releases.id"],
            name=op.f("fk_process_outcomes_release_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_process_outcomes")),
    )
    op.create_table(
        "queued_results",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "release_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("when", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["releases.id"],
            name=op.f("fk_queued_results_release_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queued_results")),
    )
    with op.batch_alter_table("queued_results", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_queued_results_release_id"), ["release_id"], unique=False
        )

    op.create_table(
        "job_outcomes",
        sa.Column(
            "job_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("mode", sa.SmallInteger(), nullable=False),
        sa.Column("seconds", sa.Text(), nullable=True),
        sa.Column("failures", sa.Double(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column(
            "next_at",
            sa.String(28).with_variant(sa.String(28, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column(
            "begun_at",
            sa.String(28).with_variant(sa.String(28, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column(
            "ends_at",
            sa.String(28).with_variant(sa.String(28, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("lines", sa.Text(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "item_ends_at",
            sa.String(28).with_variant(sa.String(28, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("worked", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_outcomes_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_outcomes")),
    )
    with op.batch_alter_table("job_outcomes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_outcomes_next_at"), ["next_at"], unique=False)

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("alert_pending_seconds", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "overdue_at",
                sa.String(28).with_variant(sa.String(28, collation="C"), "postgresql"),
                nullable=True,
            )
        )
        batch_op.create_index(batch_op.f("ix_jobs_overdue_at"), ["overdue_at"], unique=False)

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("simulated", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("simulated")

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_jobs_overdue_at"))
        batch_op.drop_column("overdue_at")
        batch_op.drop_column("alert_pending_seconds")

    with op.batch_alter_table("job_outcomes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_outcomes_next_at"))

    op.drop_table("job_outcomes")
    with op.batch_alter_table("queued_results", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_queued_results_release_id"))

    op.drop_table("queued_results")
    op.drop_table("process_outcomes")
