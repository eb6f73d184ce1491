"""packages and robots"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.String(28).with_variant(sa.String(28, collation="C"), "postgresql")


def upgrade() -> None:
    # Columns are added, no table is made anew: SQLite would take a dropped table's rows for
    # deleted ones, and what refers to them would go, too.
    op.add_column("jobs", sa.Column("run_as_user_id", sa.BigInteger()))
    op.add_column("jobs", sa.Column("wanted_robot_id", sa.BigInteger()))
    op.add_column("jobs", sa.Column("dispatched_to", sa.BigInteger()))
    op.add_column("jobs", sa.Column("dispatched_at", INSTANT))

    key = sa.Column("package_key", sa.String(length=450), nullable=False, server_default="")
    op.add_column("processes", key)
    op.execute("UPDATE processes SET package_key = key")
    op.add_column("processes", sa.Column("file", sa.String()))
    op.add_column("processes", sa.Column("runtime", sa.String()))
    op.create_index(op.f("ix_processes_package_key"), "processes", ["package_key"])
    op.create_index(op.f("ix_processes_feed_id"), "processes", ["feed_id"])

    op.add_column("sessions", sa.Column("service_user_name", sa.String()))
    op.add_column("sessions", sa.Column("capabilities", sa.String()))


def downgrade() -> None:
    op.drop_column("sessions", "capabilities")
    op.drop_column("sessions", "service_user_name")
    op.drop_index(op.f("ix_processes_feed_id"), "processes")
    op.drop_index(op.f("ix_processes_package_key"), "processes")
    op.drop_column("processes", "runtime")
    op.drop_column("processes", "file")
    op.drop_column("processes", "package_key")
    op.drop_column("jobs", "dispatched_at")
    op.drop_column("jobs", "dispatched_to")
    op.drop_column("jobs", "wanted_robot_id")
    op.drop_column("jobs", "run_as_user_id")
