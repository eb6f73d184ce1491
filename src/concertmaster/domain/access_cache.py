"""Callers that were loaded, for as long as what they are made of stays as it is."""

from collections.abc import Callable, Mapping

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from concertmaster.domain.access import (
    NOTHING,
    Caller,
    load_application,
    load_caller,
    load_machine,
    load_named,
    load_robot,
)
from concertmaster.entities import (
    Entity,
    folder_machines,
    folder_user_roles,
    folder_users,
    queue_folders,
)
from concertmaster.odata.declare import WRITTEN
from concertmaster.odata.query import Statement, run
from concertmaster.store import Tenant
from concertmaster.store.engines import after_commit

#: What a caller is made of: a write to one of these makes every remembered caller void.
WATCHED = frozenset(
    {"users", "user_roles", "roles", "permissions", "folders", "robots", "machines"}
    | {folder_users.name, folder_user_roles.name, folder_machines.name, queue_folders.name}
)


#: A statement under this option leaves remembered callers alone, whatever it writes to.
UNCHANGED = "concertmaster_access_unchanged"

#: How often something changed that callers are made of: the word from one replica to another.
ACCESS_VERSION = sa.Table(
    "access_version",
    Entity.metadata,
    sa.Column("id", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
)

_VERSION = Statement("SELECT number FROM access_version", None, {})
_NEXT_VERSION = (
    "INSERT INTO access_version (id, number) VALUES (1, 1) "
    "ON CONFLICT (id) DO UPDATE SET number = access_version.number + 1"
)


#: Those of a token; None is without bounds.
Scopes = frozenset[str] | None


class AccessCache:
    """Callers of one tenant, until something changes that they are made of.

    Every write that passes through this process is watched. On PostgreSQL other replicas write
    too: a writer raises a number in the same transaction, and a reader asks for the number first,
    so that a revocation holds at once everywhere.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.shared = tenant.dialect == "postgresql"
        self._version = 0
        self._callers: dict[object, Caller] = {}
        self._watch(tenant.engine)

    def user(self, user_id: int, *, robot_id: int | None = None, scopes: Scopes = None) -> Caller:
        def load(session: Session) -> Caller:
            return load_caller(session, user_id, robot_id=robot_id).bounded_by(scopes)

        return self._get((user_id, robot_id, scopes), load)

    def named(self, name: str) -> Caller:
        return self._get(("name", name), lambda session: load_named(session, name))

    def robot(self, robot_key: str) -> Caller:
        return self._get(robot_key, lambda session: load_robot(session, robot_key))

    def machine(self, license_key: str) -> Caller:
        key = ("machine", license_key)
        return self._get(key, lambda session: load_machine(session, license_key))

    def application(self, client_id: str, scopes: Scopes = None) -> Caller:
        def load(session: Session) -> Caller:
            return load_application(session, client_id).bounded_by(scopes)

        return self._get(("app", client_id, scopes), load)

    def forget(self) -> None:
        self._callers = {}

    def _get(self, key: object, load: Callable[[Session], Caller]) -> Caller:
        if self.shared:
            self._catch_up()
        callers = self._callers  # what is loaded while something changes goes to the old dictionary
        found = callers.get(key)
        if found is None:
            with self.tenant.reader() as session:
                found = callers[key] = load(session)
        return found

    def _catch_up(self) -> None:
        readers = self.tenant.readers
        connection = readers.take()
        try:
            found = run(connection, _VERSION, {})
        finally:
            readers.give(connection)
        version = found[0][0] if found else 0
        if version != self._version:
            self.forget()
            self._version = version

    def _watch(self, engine: sa.Engine) -> None:
        changed, committing = "access_changed", "access_committing"

        @event.listens_for(engine, "after_execute")
        def _executed(
            connection: sa.Connection,
            statement: object,
            _many: object,
            _parameters: object,
            options: Mapping[str, object],
            _result: object,
        ) -> None:
            if (
                _writes_access(getattr(statement, "statement", statement))
                and UNCHANGED not in options
            ):
                connection.info[changed] = True

        @event.listens_for(engine, "commit")
        def _committing(connection: sa.Connection) -> None:
            written = connection.info.pop(WRITTEN, NOTHING)
            if connection.info.pop(changed, False) or not WATCHED.isdisjoint(written):
                connection.info[committing] = True
                if self.shared:
                    connection.exec_driver_sql(_NEXT_VERSION)
                self.forget()

        def committed(connection: sa.PoolProxiedConnection) -> None:
            # A reader may have looked between the event above and the commit that followed it.
            if connection.info.pop(committing, False):
                self.forget()

        after_commit(engine, committed)

        @event.listens_for(engine, "rollback")
        def _rolled_back(connection: sa.Connection) -> None:
            connection.info.pop(changed, None)
            connection.info.pop(committing, None)
            connection.info.pop(WRITTEN, None)


def _writes_access(statement: object) -> bool:
    if isinstance(statement, sa.TextClause):
        return True  # what it writes is not known; nothing happens unless it is committed
    return (
        isinstance(statement, sa.UpdateBase) and getattr(statement.table, "name", None) in WATCHED
    )
