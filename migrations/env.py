"""Runs the migrations on the database that the caller holds, or on the one that `-x url=…` names."""

import sqlalchemy as sa
from alembic import context

from concertmaster.domain.access_cache import ACCESS_VERSION
from concertmaster.entities import Entity
from concertmaster.odata import declare
from concertmaster.store import timekeeping

METADATA = [Entity.metadata, timekeeping.METADATA]
assert ACCESS_VERSION.metadata is Entity.metadata  # a table that is no entity's


def render(kind: str, item: object, _context: object) -> str | bool:
    """Columns are written down as what they are in a database, not in the words of today's code."""
    if kind != "type":
        return False
    if isinstance(item, declare.InstantText | declare.GuidText):
        # By code point on every engine, whatever the server's language is.
        length = item.impl.length
        return f"sa.String({length}).with_variant(sa.String({length}, collation='C'), 'postgresql')"
    if isinstance(item, sa.types.TypeDecorator):
        return f"sa.{item.impl!r}"
    if isinstance(item, sa.BigInteger) and item._variant_mapping:
        return "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')"
    return False


def run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_item=render,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    url = context.get_x_argument(as_dictionary=True)["url"]
    with sa.create_engine(url).connect() as connection:
        run(connection)
        connection.commit()
