"""Applications that ask for tokens in their own name, with an id and a secret."""

import json
from dataclasses import dataclass

import sqlalchemy as sa

from concertmaster.domain.passwords import hash_password, password_fits
from concertmaster.settings import DEFAULT_CLIENT, DEFAULT_CLIENT_SECRET
from concertmaster.store import Registry
from concertmaster.store.inserts import insert_or_leave
from concertmaster.store.tables import CLIENTS


@dataclass(frozen=True)
class Application:
    """Who asks, and the scopes it is registered for (None: all of them)."""

    id: str
    name: str
    scopes: frozenset[str] | None


class Applications:
    """The applications of one registry. `registry.own(Applications)` is the one."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.register(DEFAULT_CLIENT, DEFAULT_CLIENT_SECRET, name="Concertmaster")

    def register(
        self, client_id: str, secret: str, *, name: str = "", scopes: list[str] | None = None
    ) -> None:
        """Make an application known; one of that id that is known already stays as it is."""
        row = {
            "id": client_id,
            "name": name or client_id,
            "secret": hash_password(secret),
            "scopes": None if scopes is None else json.dumps(scopes),
        }
        with self._registry.write() as connection:
            insert_or_leave(connection, CLIENTS, row)

    def authenticate(self, client_id: str, secret: str) -> Application | None:
        """The application, if the secret is its own."""
        if "\0" in client_id:  # no text for PostgreSQL
            return None
        with self._registry.read() as connection:
            found = sa.select(CLIENTS).where(CLIENTS.c.id == client_id)
            row = connection.execute(found).one_or_none()
        if not password_fits(secret, row.secret if row else None) or row is None:
            return None
        scopes = None if row.scopes is None else frozenset(json.loads(row.scopes))
        return Application(row.id, row.name, scopes)
