"""Who may do what in which folder."""

import base64
import os
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from concertmaster.domain.access import Caller, load_robot, resolve_folder
from concertmaster.domain.access_cache import AccessCache
from concertmaster.domain.conditions import condition
from concertmaster.domain.errors import FolderNotFound, NotAuthenticated
from concertmaster.entities import (
    Folder,
    Permission,
    Robot,
    RobotType,
    Role,
    User,
    UserRole,
    folder_user_roles,
    folder_users,
)
from concertmaster.settings import Settings
from concertmaster.store import Registry, Tenant

NOW = "2024-01-01T00:00:00.0000000Z"
ADMIN, ANN, BOB, CUT_OFF = 1, 2, 3, 4
SHARED, FINANCE, ACCOUNTS, SECRET = 1, 2, 3, 4

FOLDERS = {
    SHARED: ("Shared", None),
    FINANCE: ("Finance", None),
    ACCOUNTS: ("Finance/Accounts", FINANCE),
    SECRET: ("Größe", None),
}
ROLES = {
    1: ("Administrator", True, ()),
    2: ("Reader", False, ("Queues.View", "Jobs.View")),
    3: ("Worker", False, ("Transactions.Create",)),
    4: ("Robot", True, ("Jobs.View", "Assets.View")),
}


def guid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012}"


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    url = os.environ.get("CONCERTMASTER_TEST_DATABASE_URL") or None
    opened = Registry.open(Settings(ephemeral=True, database_url=url, scenario="empty"), fill)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def tenant(registry: Registry) -> Tenant:
    return registry.default


@pytest.fixture
def fresh(registry: Registry) -> Iterator[Tenant]:
    """For tests that change what others rely on."""
    made = registry.create("acme", "fresh")
    yield made
    registry.drop(made)


def fill(tenant: Tenant) -> None:
    """Ann reads everywhere she is let in, and works in Finance; Bob has Shared alone."""
    with tenant.session() as session, session.begin():
        for id_, (path, parent) in FOLDERS.items():
            session.add(
                Folder(
                    id=id_, key=guid(id_), display_name=path.rpartition("/")[2],
                    fully_qualified_name=path, parent_id=parent,
                )
            )  # fmt: skip
            session.flush()
        for id_, (name, static, permissions) in ROLES.items():
            granted = [Permission(name=permission, is_granted=True) for permission in permissions]
            denied = [Permission(name="Users.View", is_granted=False)]
            session.add(Role(id=id_, name=name, is_static=static, permissions=granted + denied))
        for id_, name in {ADMIN: "admin", ANN: "ann", BOB: "bob", CUT_OFF: "cut"}.items():
            session.add(
                User(id=id_, key=guid(100 + id_), user_name=name, creation_time=NOW,
                     is_active=id_ != CUT_OFF)
            )  # fmt: skip
        session.flush()
        session.add(UserRole(user_id=ADMIN, role_id=1))
        session.add(UserRole(user_id=ANN, role_id=2))
        session.execute(sa.insert(folder_users), [
            {"folder_id": FINANCE, "user_id": ANN}, {"folder_id": SECRET, "user_id": ANN},
            {"folder_id": SHARED, "user_id": BOB},
        ])  # fmt: skip
        session.execute(
            sa.insert(folder_user_roles).values(folder_id=FINANCE, user_id=ANN, role_id=3)
        )
        session.add(
            Robot(id=1, name="r1", type=RobotType.Unattended, user_id=BOB, robot_key=guid(7))
        )
        session.add(
            Robot(id=2, name="r2", type=RobotType.Unattended, organization_unit_id=SHARED,
                  robot_key=guid(8))
        )  # fmt: skip


def caller(tenant: Tenant, user_id: int) -> Caller:
    return tenant.own(AccessCache).user(user_id)


# --- expressions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "granted", "holds"),
    [
        ("", "", True),
        ("Queues.View", "queues.view", True),
        ("Queues.View", "queues.edit", False),
        ("Queues.View and Transactions.Create", "queues.view", False),
        ("Queues.View and Transactions.Create", "queues.view transactions.create", True),
        ("A.View or B.View and C.View", "a.view", True),
        ("(A.View or B.View) and C.View", "a.view", False),
        ("((A.View))", "a.view", True),
        ("(A.View) AND (B.View)", "a.view b.view", True),
    ],
)
def test_expressions(expression: str, granted: str, holds: bool) -> None:
    assert condition(expression)(frozenset(granted.split())) is holds


@pytest.mark.parametrize(
    "text", ["A.View and", "(A.View", "A.View)", "and", "A.View B.View", "A, B", "()"]
)
def test_a_slip_in_a_declaration_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="expression"):
        condition(text)


# --- permissions --------------------------------------------------------------------------


def test_an_administrator_may_do_everything_everywhere(tenant: Tenant) -> None:
    admin = caller(tenant, ADMIN)
    assert admin.folders == frozenset(FOLDERS)
    assert admin.may("Whatever.Delete")
    assert admin.may("Queues.View", SECRET)


def test_roles_of_the_tenant_hold_where_the_caller_can_enter(tenant: Tenant) -> None:
    ann = caller(tenant, ANN)
    assert ann.folders == {FINANCE, ACCOUNTS, SECRET}
    assert ann.may("Queues.View")
    assert ann.may("Queues.View", SECRET)
    assert not ann.may("Queues.View", SHARED)
    assert not ann.may("Queues.View", 4711)


def test_roles_of_a_folder_hold_there_and_below(tenant: Tenant) -> None:
    ann = caller(tenant, ANN)
    wanted = "Queues.View and Transactions.Create"
    assert ann.may(wanted, FINANCE)
    assert ann.may(wanted, ACCOUNTS)
    assert not ann.may(wanted, SECRET)
    assert not ann.may(wanted)
    assert ann.folders_where(wanted) == {FINANCE, ACCOUNTS}
    assert ann.may_somewhere(wanted)
    assert not ann.may_somewhere("Users.View")


def test_what_is_not_granted_is_denied(tenant: Tenant) -> None:
    assert not caller(tenant, ANN).may("Users.View", FINANCE)
    assert not caller(tenant, BOB).may("Queues.View", SHARED)


def test_who_is_cut_off_is_nobody(tenant: Tenant) -> None:
    for user_id in (CUT_OFF, 4711):
        with pytest.raises(NotAuthenticated):
            caller(tenant, user_id)


def test_a_robot_works_where_its_user_does(tenant: Tenant) -> None:
    robot = tenant.own(AccessCache).robot(guid(7))
    assert (robot.robot_id, robot.user_id, robot.folders) == (1, BOB, {SHARED})
    assert robot.may("Assets.View", SHARED)
    classic = tenant.own(AccessCache).robot(guid(8))
    assert (classic.robot_id, classic.user_id, classic.folders) == (2, None, {SHARED})
    assert classic.may("Jobs.View", SHARED)
    assert not classic.may("Jobs.View", FINANCE)
    with tenant.reader() as session, pytest.raises(NotAuthenticated):
        load_robot(session, "nobody")


def test_an_application_is_bounded_by_its_scopes(tenant: Tenant) -> None:
    application = (
        tenant.own(AccessCache).application("me").bounded_by(frozenset({"OR.Queues.Read"}))
    )
    assert application.may("Queues.View", SECRET)
    assert application.allows("OR.Queues or OR.Queues.Read")
    assert not application.allows("OR.Queues or OR.Queues.Write")
    assert application.allows("")
    assert application.bounded_by(frozenset({"OR.Default"})).allows("OR.Jobs")
    assert caller(tenant, ANN).allows("OR.Jobs")


# --- remembering --------------------------------------------------------------------------


def test_callers_are_remembered(tenant: Tenant) -> None:
    assert caller(tenant, ANN) is caller(tenant, ANN)


def test_a_revocation_holds_at_once(fresh: Tenant) -> None:
    assert caller(fresh, ANN).may("Queues.View", FINANCE)
    with fresh.session() as session, session.begin():
        session.delete(session.scalars(sa.select(UserRole).where(UserRole.user_id == ANN)).one())
    assert not caller(fresh, ANN).may("Queues.View", FINANCE)
    with fresh.writing.begin() as connection:
        connection.execute(sa.delete(folder_users).where(folder_users.c.user_id == ANN))
    assert caller(fresh, ANN).folders == frozenset()


def test_who_looks_while_a_revocation_is_committed_looks_again(fresh: Tenant) -> None:
    """Also where the connection that committed is kept at hand (`store/standing.py`)."""
    cache = fresh.own(AccessCache)
    assert cache.user(ANN).may("Queues.View", FINANCE)

    def look(_connection: sa.Connection) -> None:
        cache.user(ANN)  # sees, and remembers, what is true a moment longer

    sa.event.listen(fresh.engine, "commit", look)
    writer = fresh.writers.take()
    with writer.begin():
        writer.execute(sa.delete(folder_user_roles))
        writer.execute(sa.delete(UserRole))
    fresh.writers.give(writer)
    assert not cache.user(ANN).may("Queues.View", FINANCE)


def test_another_replica_s_revocation_holds_at_once(fresh: Tenant) -> None:
    if fresh.dialect != "postgresql":
        pytest.skip("a data folder has one process")
    twin = Tenant(
        fresh.id, fresh.key, fresh.name, fresh.organization, fresh.organization_key,
        fresh.scenario, fresh.database, fresh.url, fresh.blobs,
    )  # fmt: skip
    assert caller(fresh, ANN).folders
    assert caller(twin, ANN).folders
    with twin.writing.begin() as connection:
        connection.execute(sa.delete(folder_users).where(folder_users.c.user_id == ANN))
    assert caller(fresh, ANN).folders == frozenset()
    twin.close()


def test_what_was_rolled_back_and_what_is_not_watched_change_nothing(fresh: Tenant) -> None:
    before = caller(fresh, ANN)
    with fresh.session() as session:
        session.execute(sa.delete(UserRole))
        session.rollback()
    assert caller(fresh, ANN) is before


# --- folders of a request -----------------------------------------------------------------


def utf16(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-le")).decode()


PATH, ENCODED = "x-uipath-folderpath", "x-uipath-folderpath-encoded"
KEY, ID = "x-uipath-folderkey", "x-uipath-organizationunitid"


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({PATH: "Finance"}, FINANCE),
        ({PATH: "finance/ACCOUNTS"}, ACCOUNTS),
        ({PATH: "Größe"}, SECRET),
        ({PATH: "Größe".encode().decode("latin-1")}, SECRET),
        ({ENCODED: utf16("Größe")}, SECRET),
        ({KEY: guid(ACCOUNTS)}, ACCOUNTS),
        ({KEY: guid(ACCOUNTS).upper()}, ACCOUNTS),
        ({ID: "2"}, FINANCE),
        ({PATH: "Finance", KEY: guid(SECRET), ID: "1"}, FINANCE),
        ({PATH: "", ID: "2"}, FINANCE),
        ({ENCODED: utf16("."), ID: "3"}, ACCOUNTS),
        ({ENCODED: utf16(".."), ID: "3"}, FINANCE),
        ({ENCODED: utf16("./Accounts"), KEY: guid(FINANCE)}, ACCOUNTS),
        ({ENCODED: utf16("/Accounts"), ID: "3"}, ACCOUNTS),
        ({ENCODED: utf16("/Größe")}, SECRET),
        ({}, None),
    ],
)
def test_headers_name_a_folder(tenant: Tenant, headers: dict[str, str], wanted: int | None) -> None:
    assert resolve_folder(caller(tenant, ANN), headers) == wanted


@pytest.mark.parametrize(
    "headers",
    [
        {ID: "[object Object]"}, {ID: "1e3"}, {ID: "-1"}, {ID: "4711"}, {ID: "9" * 40}, {ID: "²"},
        {KEY: "nonsense"}, {KEY: guid(4711)}, {PATH: "Nowhere"}, {PATH: "Finance/"}, {ID: "1"},
        {PATH: "Shared"}, {ENCODED: "%%%"}, {ENCODED: "YQ=="}, {ENCODED: utf16("Finance/")},
        {ENCODED: utf16("..")}, {ENCODED: utf16("."), ID: "x"}, {ENCODED: utf16(".."), ID: "2"},
        {ENCODED: utf16("../../.."), ID: "3"}, {ENCODED: "ANg="}, {ENCODED: "Größe"},
    ],
)  # fmt: skip
def test_garbage_and_what_is_others_names_no_folder(
    tenant: Tenant, headers: dict[str, str]
) -> None:
    with pytest.raises(FolderNotFound):
        resolve_folder(caller(tenant, ANN), headers)


def test_who_has_one_folder_needs_no_header(tenant: Tenant) -> None:
    assert resolve_folder(caller(tenant, BOB), {}) == SHARED
