"""A name and a password → a user who may sign in."""

from dataclasses import dataclass

import sqlalchemy as sa

from concertmaster.domain.access import ADMINISTRATOR
from concertmaster.domain.access_cache import UNCHANGED
from concertmaster.domain.errors import InvalidCredentials, NotAuthenticated
from concertmaster.domain.passwords import password_fits
from concertmaster.entities import Role, User, UserRole
from concertmaster.identity.tokens import Tokens
from concertmaster.settings import DEFAULT_USER
from concertmaster.store import Registry, Tenant


@dataclass(frozen=True)
class SignedIn:
    """A user whose password was right."""

    id: int
    key: str
    user_name: str
    email: str | None
    full_name: str | None


def sign_in(tenant: Tenant, name: str, password: str) -> SignedIn:
    """By user name or e-mail address, in any letter case."""
    if not _is_text(name):
        raise InvalidCredentials
    folded = sa.func.lower(name)
    columns = (
        User.id, User.key, User.user_name, User.email_address, User.full_name,
        User.password_hash, User.is_active,
    )  # fmt: skip
    matches = sa.or_(
        sa.func.lower(User.user_name) == folded, sa.func.lower(User.email_address) == folded
    )
    with tenant.connect() as connection:
        rows = connection.execute(sa.select(*columns).where(matches).order_by(User.id)).all()
    # A user name wins over someone else's e-mail address.
    row = min(rows, key=lambda row: row.user_name.lower() != name.lower(), default=None)
    if not password_fits(password, row.password_hash if row else None) or row is None:
        raise InvalidCredentials
    if not row.is_active:
        raise InvalidCredentials
    _note(tenant, row.id)
    return SignedIn(row.id, row.key, row.user_name, row.email_address, row.full_name)


def administrator(tenant: Tenant) -> SignedIn:
    """Whom a stand-in's own tokens act for: the default user, else the first administrator.

    Raises:
        NotAuthenticated: there is neither.
    """
    first = (
        sa.select(sa.func.min(UserRole.user_id))
        .join(Role, Role.id == UserRole.role_id)
        .where(Role.name == ADMINISTRATOR)
    )
    columns = (User.id, User.key, User.user_name, User.email_address, User.full_name)
    named = sa.func.lower(User.user_name) == DEFAULT_USER
    wanted = sa.select(*columns).where(sa.or_(named, User.id == first.scalar_subquery()))
    with tenant.connect() as connection:
        row = connection.execute(wanted.order_by(sa.desc(named))).first()
    if row is None:
        raise NotAuthenticated
    return SignedIn(*row)


def token_for(
    registry: Registry,
    tenant: Tenant,
    user: SignedIn,
    *,
    issuer: str,
    client_id: str = "concertmaster",
    scopes: frozenset[str] | None = None,
) -> str:
    return registry.own(Tokens).for_user(
        tenant,
        user_id=user.id,
        user_key=user.key,
        user_name=user.user_name,
        email=user.email,
        full_name=user.full_name,
        client_id=client_id,
        scopes=scopes,
        issuer=issuer,
    )


def _is_text(name: str) -> bool:
    """What a database can hold: JSON may bring NUL and lone surrogates."""
    return "\0" not in name and not any("\ud800" <= letter <= "\udfff" for letter in name)


def _note(tenant: Tenant, user_id: int) -> None:
    seen = sa.update(User).where(User.id == user_id).values(last_login_time=tenant.clock.now())
    with tenant.session() as session, session.begin():
        session.execute(seen, execution_options={UNCHANGED: True, "synchronize_session": False})
