"""What the registry remembers: organizations, tenants, and who may ask for tokens."""

import sqlalchemy as sa

#: Raised when a table below changes; an older registry is refused, never guessed at.
VERSION = 1

METADATA = sa.MetaData()

#: One row a name: `version`, the signing key (`signing-key`, a PEM), the scenario of the folder.
FACTS = sa.Table(
    "facts",
    METADATA,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

ORGANIZATIONS = sa.Table(
    "organizations",
    METADATA,
    sa.Column("key", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("folded", sa.String(64), nullable=False, unique=True),  # the name, case removed
)

TENANTS = sa.Table(
    "tenants",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(36), nullable=False, unique=True),
    sa.Column("organization_key", sa.ForeignKey("organizations.key"), nullable=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("folded", sa.String(64), nullable=False),
    sa.Column("scenario", sa.Text, nullable=False),
    sa.Column("database", sa.String(128), nullable=False),
    sa.UniqueConstraint("organization_key", "folded"),
    sqlite_autoincrement=True,  # an id is never given twice: it names the database
)

#: Applications that ask for tokens with client_credentials. `scopes` is null for all of them.
CLIENTS = sa.Table(
    "client_applications",
    METADATA,
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("name", sa.String(128), nullable=False),
    sa.Column("secret", sa.String(256), nullable=False),  # hashed
    sa.Column("scopes", sa.Text),
)

#: Personal access tokens; the token itself is shown once and kept nowhere.
ACCESS_TOKENS = sa.Table(
    "personal_access_tokens",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.String(128), nullable=False),
    sa.Column("tenant_key", sa.ForeignKey("tenants.key", ondelete="CASCADE"), nullable=False),
    sa.Column("user_id", sa.BigInteger, nullable=False),
    sa.Column("scopes", sa.Text),
    sa.Column("created", sa.BigInteger, nullable=False),  # seconds since 1970, wall time
    sa.Column("expires", sa.BigInteger),
)
