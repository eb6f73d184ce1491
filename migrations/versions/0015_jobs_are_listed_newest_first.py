"""jobs are listed newest first"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

#: Name → its columns; those in order of creation go from the newest to the oldest.
BEFORE = {
    "ix_jobs_organization_unit_id_creation_time": ("organization_unit_id", "creation_time"),
    "ix_jobs_organization_unit_id_state_creation_time": (
        "organization_unit_id", "state", "creation_time",
    ),
    "ix_jobs_robot_id_state_creation_time_organization_unit_id": (
        "robot_id", "state", "creation_time", "organization_unit_id",
    ),
}  # fmt: skip
AFTER = {
    "ix_jobs_newest": ("organization_unit_id",),
    "ix_jobs_newest_of_state": ("organization_unit_id", "state"),
    "ix_jobs_newest_of_robot": ("robot_id", "state", "organization_unit_id"),
}


def upgrade() -> None:
    for name in BEFORE:
        op.drop_index(name, table_name="jobs")
    for name, columns in AFTER.items():
        op.create_index(name, "jobs", [*columns, sa.text("creation_time DESC")])


def downgrade() -> None:
    for name in AFTER:
        op.drop_index(name, table_name="jobs")
    for name, columns in BEFORE.items():
        op.create_index(name, "jobs", list(columns))
