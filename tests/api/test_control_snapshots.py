"""`/_control/snapshots`: a tenant kept, put back, carried elsewhere; files that are refused."""

import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stand_in import Client, StandIn, Start

SNAPSHOTS = "/_control/snapshots"


@pytest.fixture(scope="module")
def stand_in(start_stand_in: Start) -> StandIn:
    return start_stand_in("empty")


@pytest.fixture
def admin(stand_in: StandIn) -> Client:
    """In a tenant as it was in the beginning, without snapshots."""
    client = stand_in.client(folder="Shared")
    client.ok("POST", "/_control/reset", 204)
    for snapshot in client.ok("GET", SNAPSHOTS)["value"]:
        client.ok("DELETE", f"{SNAPSHOTS}/{snapshot['name']}", 204)
    return client


def queues(client: Client, path: str = "") -> list[str]:
    return [row["Name"] for row in client.rows(f"{path}/odata/QueueDefinitions?$orderby=Name")]


def add_queue(client: Client, name: str) -> int:
    made: int = client.ok("POST", "/odata/QueueDefinitions", 201, json={"Name": name})["Id"]
    return made


def names(client: Client) -> list[str]:
    return [snapshot["name"] for snapshot in client.ok("GET", SNAPSHOTS)["value"]]


def upload(client: Client, bucket: dict[str, Any], path: str, content: bytes) -> None:
    told = client.ok("GET", f"{_files(bucket)}GetWriteUri?path={path}&expiryInMinutes=5")
    assert client.stand_in.http.put(told["Uri"], content=content).status_code == 201


def download(client: Client, bucket: dict[str, Any], path: str) -> bytes | None:
    told = client.get(f"{_files(bucket)}GetReadUri?path={path}&expiryInMinutes=5")
    if told.status_code != 200:
        return None
    content: bytes = client.stand_in.http.get(told.json()["Uri"]).content
    return content


def _files(bucket: dict[str, Any]) -> str:
    return f"/odata/Buckets({bucket['Id']})/UiPath.Server.Configuration.OData."


def make_bucket(client: Client) -> dict[str, Any]:
    told = {"Name": "Files", "Identifier": "11111111-1111-1111-1111-111111111111"}
    made: dict[str, Any] = client.ok("POST", "/odata/Buckets", 201, json=told)
    return made


# --- taken and put back -----------------------------------------------------------------------


def test_rows_clock_and_files_come_back(stand_in: StandIn, admin: Client) -> None:
    add_queue(admin, "Kept")
    bucket = make_bucket(admin)
    upload(admin, bucket, "a.txt", b"kept")
    admin.ok("PUT", "/_control/clock", json={"now": "2031-05-01T12:00:00Z", "frozen": True})
    taken = admin.ok("POST", SNAPSHOTS, 201, json={"name": "before"})
    assert taken["name"] == "before"
    assert taken["tenant"] == "acme/Default"
    assert taken["size"] > 4

    add_queue(admin, "Later")
    upload(admin, bucket, "a.txt", b"changed")
    upload(admin, bucket, "b.txt", b"more")
    admin.ok("PUT", "/_control/clock", json={"frozen": False})
    for body in (None, {"snapshot": "BEFORE"}):
        path = "/_control/reset" if body else f"{SNAPSHOTS}/before/restore"
        admin.ok("POST", path, 204, json=body)
        assert queues(admin) == ["Kept"]
        assert download(admin, bucket, "a.txt") == b"kept"
        assert download(admin, bucket, "b.txt") is None
        clock = admin.ok("GET", "/_control/clock")
        assert (clock["now"], clock["frozen"]) == ("2031-05-01T12:00:00.0000000Z", True)
        assert add_queue(admin, "Later") > 0
        upload(admin, bucket, "a.txt", b"changed")  # what the snapshot holds stays
    assert names(admin) == ["before"]


def test_new_rows_follow_on_the_highest_ids(admin: Client) -> None:
    highest = max(add_queue(admin, name) for name in ("A", "B", "C"))
    admin.ok("POST", SNAPSHOTS, 201, json={"name": "counted"})
    admin.ok("POST", f"{SNAPSHOTS}/counted/restore", 204)
    assert add_queue(admin, "D") == highest + 1


def test_a_snapshot_outlives_a_reset_and_goes_with_its_tenant(
    stand_in: StandIn, admin: Client
) -> None:
    admin.ok("POST", SNAPSHOTS, 201, json={"name": "kept"})
    admin.ok("POST", "/_control/reset", 204)
    assert names(admin) == ["kept"]
    made = admin.ok("POST", "/_control/tenants", 201, json={"name": "short"})
    theirs = Client(stand_in, {"authorization": f"Bearer {made['token']}"})
    assert theirs.ok("GET", f"/acme/short{SNAPSHOTS}")["value"] == []
    theirs.ok("POST", f"/acme/short{SNAPSHOTS}", 201, json={"name": "own"})
    folder = stand_in.registry.folder / "snapshots" / made["tenantId"]
    assert folder.is_dir()
    admin.ok("DELETE", "/_control/tenants/acme/short", 204)
    assert not folder.exists()


def test_names(admin: Client) -> None:
    admin.ok("POST", SNAPSHOTS, 201, json={"name": "one"})
    again = admin.post(SNAPSHOTS, {"name": "ONE"})
    assert (again.status_code, again.json()["errorCode"]) == (409, 1001)
    for name in ("", ".", "..", ".hidden", "a/b", "a b", "x" * 64, "a\n", None, 5):
        assert admin.post(SNAPSHOTS, {"name": name}).status_code == 400, name
    for method, path in (
        ("GET", "nobody"), ("DELETE", "nobody"), ("POST", "nobody/restore"), ("GET", "..%2Fone"),
        ("DELETE", "%2e%2e"), ("PUT", "nobody/restore"),
    ):  # fmt: skip
        assert admin.request(method, f"{SNAPSHOTS}/{path}").status_code in (404, 405), path
    missing = admin.post("/_control/reset", {"snapshot": "nobody"})
    assert (missing.status_code, missing.json()["errorCode"]) == (404, 1002)
    admin.ok("DELETE", f"{SNAPSHOTS}/One", 204)
    assert names(admin) == []


def test_they_are_for_administrators(stand_in: StandIn) -> None:
    for method in ("GET", "POST"):
        assert stand_in.http.request(method, SNAPSHOTS).status_code == 401
    for method in ("GET", "PUT", "DELETE"):
        assert stand_in.http.request(method, f"{SNAPSHOTS}/x").status_code == 401


# --- one file ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(start_stand_in: Start) -> bytes:
    """The file of a guide tenant of another stand-in: all kinds of rows, and a blob."""
    there = start_stand_in("guide").client(folder="Default")
    upload(there, make_bucket(there), "a.txt", b"carried")
    there.ok("POST", SNAPSHOTS, 201, json={"name": "guide"})
    answer = there.get(f"{SNAPSHOTS}/guide")
    assert answer.headers["content-type"] == "application/zip"
    assert not list((there.stand_in.registry.folder / "snapshots").rglob("*.zip"))
    return answer.content


def test_a_file_carries_a_tenant_elsewhere(
    stand_in: StandIn, admin: Client, exported: bytes
) -> None:
    admin.ok("PUT", f"{SNAPSHOTS}/imported", 201, content=exported)
    admin.ok("PUT", f"{SNAPSHOTS}/imported", 204, content=exported)
    admin.ok("POST", f"{SNAPSHOTS}/imported/restore", 204)
    items = admin.ok("GET", "/odata/QueueItems?$top=1&$count=true", headers=_DEFAULT)
    assert items["@odata.count"] == 3318
    (bucket,) = admin.rows("/odata/Buckets?$filter=Name eq 'Files'", headers=_DEFAULT)
    told = admin.ok(
        "GET", f"{_files(bucket)}GetReadUri?path=a.txt&expiryInMinutes=5", headers=_DEFAULT
    )
    assert stand_in.http.get(told["Uri"]).content == b"carried"
    (about,) = admin.rows("/odata/Tenants")
    assert about["Key"] == stand_in.tenant.key
    assert admin.ok("GET", "/_control/background")["paused"] is True


_DEFAULT = {"x-uipath-folderpath": "Default"}

Change = Callable[[Path], None]


def forged(exported: bytes, tmp_path: Path, change: Change, **entries: bytes | None) -> bytes:
    """The file with its database or its entries changed."""
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    database = tmp_path / "forged.db"
    database.write_bytes(parts["tenant.db"])
    change(database)
    parts["tenant.db"] = database.read_bytes()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts, **entries}.items():
            if content is not None:
                archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def sql(*statements: str) -> Change:
    def change(file: Path) -> None:
        connection = sqlite3.connect(file)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()

    return change


def same(_file: Path) -> None:
    pass


def broken(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[8192:200_000] = b"\x55" * (200_000 - 8192)
    file.write_bytes(data)


INFO = {"format": 1, "created": "x", "revision": "x", "tenantKey": "x", "tenant": "x"}

HOSTILE: dict[str, tuple[Change, dict[str, bytes | None]]] = {
    "a path out of the folder": (same, {"blobs/../../evil": b"x"}),
    "an absolute path": (same, {"/etc/evil": b"x"}),
    "a hidden name": (same, {"blobs/exports/.evil": b"x"}),
    "an entry of no kind": (same, {"evil.py": b"x"}),
    "no word of itself": (same, {"snapshot.json": None}),
    "no database": (same, {"tenant.db": None}),
    "no JSON": (same, {"snapshot.json": b"{"}),
    "nested JSON": (same, {"snapshot.json": b"[" * 60_000}),
    "too much JSON": (same, {"snapshot.json": b" " * 100_000}),
    "a form of tomorrow": (same, {"snapshot.json": json.dumps({**INFO, "format": 2}).encode()}),
    "words of no kind": (same, {"snapshot.json": json.dumps({**INFO, "tenant": [1]}).encode()}),
    "no SQLite": (lambda file: file.write_bytes(b"x" * 5000) and None, {}),
    "damaged pages": (broken, {}),
    "a trigger": (
        sql("CREATE TRIGGER evil AFTER INSERT ON users BEGIN DELETE FROM users; END"), {},
    ),
    "a view": (
        sql("DROP TABLE clock", "CREATE VIEW clock AS SELECT 1 AS id"), {},
    ),
    "a table of strangers": (sql("CREATE TABLE evil (x)"), {}),
    "a computed column": (
        sql("DROP TABLE clock", "CREATE TABLE clock (id INT, origin INT, set_at INT, scale REAL, "
            "frozen INT, paused AS (1))"), {},
    ),
    "no table of ours": (sql("DROP TABLE alembic_version"), {}),
    "a missing table": (sql("DROP TABLE clock"), {}),
    "a missing column": (sql("ALTER TABLE users RENAME COLUMN user_name TO x"), {}),
    "a schema of tomorrow": (sql("UPDATE alembic_version SET version_num = '9999'"), {}),
    "text for a number": (sql("UPDATE queue_items SET priority = 'x'"), {}),
    "a number for text": (sql("UPDATE users SET surname = x'00ff'"), {}),
    "an unknown state": (sql("UPDATE queue_items SET status = 77"), {}),
    "no moment": (sql("UPDATE queue_items SET creation_time = 'yesterday'"), {}),
    "no JSON in a cell": (sql("UPDATE queue_items SET specific_content = '{'"), {}),
    "text that is too long": (sql("UPDATE queue_items SET reference = printf('%.9000c', 'x')"), {}),
    "a row without its own": (sql("UPDATE queue_items SET queue_definition_id = 424242"), {}),
    "a path for a blob": (sql("UPDATE bucket_files SET file = 'x/../../../etc/passwd'"), {}),
    "nothing where something must be": (
        sql("PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = replace(sql, 'user_name VARCHAR NOT NULL', "
            "'user_name VARCHAR') WHERE name = 'users'",
            "PRAGMA writable_schema = OFF",
            "UPDATE users SET tenant_id = 'x'"), {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused(
    stand_in: StandIn, client_of_all: Client, exported: bytes, tmp_path: Path, case: str
) -> None:
    change, entries = HOSTILE[case]
    answer = client_of_all.put(
        f"{SNAPSHOTS}/evil", content=forged(exported, tmp_path, change, **entries)
    )
    assert answer.status_code == 400, answer.text
    assert answer.json()["errorCode"] == 1009
    assert "evil" not in names(client_of_all)
    folder = stand_in.registry.folder / "snapshots"
    assert not list(folder.rglob(".*"))


@pytest.fixture(scope="module")
def client_of_all(stand_in: StandIn) -> Client:
    return stand_in.client(folder="Shared")


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"x" * 1000, b"SQLite format 3\0" + b"\0" * 5000]
)
def test_what_is_no_archive(client_of_all: Client, content: bytes) -> None:
    assert client_of_all.put(f"{SNAPSHOTS}/evil", content=content).status_code == 400


def test_half_a_file(client_of_all: Client, exported: bytes) -> None:
    for cut in (len(exported) // 2, len(exported) - 10):
        assert client_of_all.put(f"{SNAPSHOTS}/evil", content=exported[:cut]).status_code == 400
    flipped = bytearray(exported)
    flipped[len(exported) // 3] ^= 0xFF
    assert client_of_all.put(f"{SNAPSHOTS}/evil", content=bytes(flipped)).status_code == 400


def test_a_file_that_unpacks_to_too_much(
    client_of_all: Client, exported: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from concertmaster.store import archives

    monkeypatch.setattr(archives, "MOST_BYTES", 4_000_000)
    bomb = {"blobs/packages/bomb": b"\0" * 50_000_000}
    content = forged(exported, tmp_path, same, **bomb)
    assert len(content) < 2_000_000
    assert client_of_all.put(f"{SNAPSHOTS}/evil", content=content).status_code == 400
    monkeypatch.setattr("concertmaster.control.snapshots.MOST", 10_000)
    assert client_of_all.put(f"{SNAPSHOTS}/evil", content=content).status_code == 413


def test_a_refused_file_leaves_the_one_before(client_of_all: Client, exported: bytes) -> None:
    client_of_all.ok("PUT", f"{SNAPSHOTS}/good", 201, content=exported)
    assert client_of_all.put(f"{SNAPSHOTS}/good", content=b"bad").status_code == 400
    client_of_all.ok("POST", f"{SNAPSHOTS}/good/restore", 204)
    client_of_all.ok("DELETE", f"{SNAPSHOTS}/good", 204)


def test_a_file_of_an_earlier_version_is_migrated(
    client_of_all: Client, exported: bytes, tmp_path: Path
) -> None:
    """The clock came with revision 0004."""
    import sqlalchemy as sa
    from alembic import command

    from concertmaster.store import migrations

    def downgrade(file: Path) -> None:
        engine = sa.create_engine(f"sqlite:///{file}")
        with engine.connect() as connection:
            command.downgrade(migrations.config(connection), "0003")
            connection.commit()
        engine.dispose()

    old = forged(exported, tmp_path, downgrade)
    client_of_all.ok("PUT", f"{SNAPSHOTS}/old", 201, content=old)
    client_of_all.ok("POST", f"{SNAPSHOTS}/old/restore", 204)
    assert client_of_all.ok("GET", "/_control/clock")["frozen"] is False
    client_of_all.ok("DELETE", f"{SNAPSHOTS}/old", 204)


# --- again and again --------------------------------------------------------------------------


def test_what_is_kept_and_put_back_many_times_stays_the_same(fresh: StandIn) -> None:
    client = fresh.client(folder="Shared")
    jobs = client.ok("GET", "/odata/Jobs?$top=0")["@odata.count"]
    for count in range(3):
        client.ok("POST", SNAPSHOTS, 201, json={"name": f"s{count}"})
        client.ok("POST", f"{SNAPSHOTS}/s{count}/restore", 204)
        client.ok("POST", "/_control/reset", 204)
        assert client.ok("GET", "/odata/Jobs?$top=0")["@odata.count"] == jobs
