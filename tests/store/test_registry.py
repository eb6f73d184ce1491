"""Tenants come, are found in any letter case, are apart from one another, and go."""

import os
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from concertmaster.entities import Folder
from concertmaster.settings import Settings
from concertmaster.store import DataRefused, NameRefused, NameTaken, Registry, Tenant, migrations
from concertmaster.store.databases import Files
from concertmaster.store.tables import FACTS
from contending import in_the_way, waiting

_SERVER = bool(os.environ.get("CONCERTMASTER_TEST_DATABASE_URL"))
on_sqlite = pytest.mark.skipif(_SERVER, reason="about files")
on_a_server = pytest.mark.skipif(not _SERVER, reason="one process serves a folder")


def add_folder(tenant: Tenant, name: str) -> None:
    with tenant.session() as session, session.begin():
        session.add(Folder(key=f"{name:0>36}"[:36], display_name=name, fully_qualified_name=name))


def folders(tenant: Tenant) -> list[str]:
    with tenant.connect() as connection:
        return list(connection.scalars(sa.select(Folder.display_name)))


def kept(tmp_path: Path, **words: object) -> Settings:
    return Settings(data=tmp_path / "kept", database_url=None, scenario="empty", **words)


def test_the_default_tenant_is_there(registry: Registry) -> None:
    assert str(registry.default) == "acme/Default"
    assert registry.tenant("ACME", "default") is registry.default
    assert registry.by_key(registry.default.key) is registry.default
    assert registry.named("DEFAULT") is registry.default
    assert registry.tenant("acme", "other") is None


def test_tenants_are_apart(registry: Registry) -> None:
    one, two = registry.create("acme", "one"), registry.create("globex", "two")
    add_folder(one, "Only here")
    assert folders(one) == ["Only here"]
    assert folders(two) == []
    assert one.organization_key == registry.default.organization_key != two.organization_key
    assert len({one.key, two.key, registry.default.key}) == 3
    assert [tenant.id for tenant in registry.tenants()] == [1, 2, 3]


def test_a_dropped_tenant_is_gone_and_its_name_free(registry: Registry) -> None:
    one = registry.create("acme", "one")
    add_folder(one, "Gone")
    registry.drop(one)
    assert registry.tenant("acme", "one") is None
    assert not one.blobs.exists()
    again = registry.create("acme", "One")
    assert folders(again) == []
    assert again.id > one.id


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a b", "-a", "a\n", "x" * 64, "ä"])
def test_names_that_no_url_can_hold_are_refused(registry: Registry, name: str) -> None:
    with pytest.raises(NameRefused):
        registry.create("acme", name)


def test_a_name_is_given_once(registry: Registry) -> None:
    with pytest.raises(NameTaken):
        registry.create("Acme", "DEFAULT")


def test_the_default_tenant_stays(registry: Registry) -> None:
    with pytest.raises(NameRefused):
        registry.drop(registry.default)


def test_a_tenant_whose_seed_fails_never_was(settings: Settings) -> None:
    def seed(tenant: Tenant) -> None:
        add_folder(tenant, "Half")
        if tenant.name == "broken":
            raise RuntimeError("no")

    registry = Registry.open(settings, seed)
    try:
        with pytest.raises(RuntimeError):
            registry.create("acme", "broken")
        assert registry.tenant("acme", "broken") is None
        assert folders(registry.default) == ["Half"]
    finally:
        registry.close()


@on_sqlite
def test_data_survives(tmp_path: Path) -> None:
    seeded: list[str] = []
    first = Registry.open(kept(tmp_path), lambda tenant: seeded.append(tenant.name))
    key = first.default.key
    add_folder(first.create("acme", "more"), "Kept")
    secret = first.fact("signing-key", lambda: "made once")
    first.close()

    second = Registry.open(kept(tmp_path), lambda tenant: seeded.append(tenant.name))
    more = second.tenant("acme", "more")
    assert second.default.key == key
    assert more is not None
    assert folders(more) == ["Kept"]
    assert second.fact("signing-key", lambda: "made twice") == secret == "made once"
    assert seeded == ["Default", "more"]
    assert (tmp_path / "kept" / ".gitignore").read_text() == "*\n"
    second.close()


@on_a_server
def test_two_replicas_that_ask_first_remember_one_fact(registry: Registry) -> None:
    with in_the_way(registry._engine) as other:
        other.execute(sa.insert(FACTS).values(name="signing-key", value="the other's"))
        with waiting(
            registry._engine, lambda: registry.fact("signing-key", lambda: "mine")
        ) as answer:
            other.commit()
    assert answer.result() == "the other's"


@on_sqlite
def test_another_scenario_on_existing_data_is_refused(tmp_path: Path) -> None:
    Registry.open(kept(tmp_path)).close()
    other = kept(tmp_path).model_copy(update={"scenario": "guide"})
    with pytest.raises(DataRefused, match="reset"):
        Registry.open(other)


@on_sqlite
def test_data_of_another_version_is_refused(tmp_path: Path) -> None:
    first = Registry.open(kept(tmp_path))
    with first.write() as connection:
        connection.execute(sa.text("UPDATE facts SET value = '999' WHERE name = 'version'"))
    first.close()
    with pytest.raises(DataRefused, match="999"):
        Registry.open(kept(tmp_path))


def test_ephemeral_keeps_nothing(settings: Settings) -> None:
    registry = Registry.open(settings)
    folder = registry.folder
    registry.create("acme", "one")
    registry.close()
    assert not folder.exists()
    assert not settings.data.exists()


@on_sqlite
def test_a_template_that_a_crash_left_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    shutil.copyfile(__file__, folder / "template-0123456789.db")
    registry = Registry.open(kept(tmp_path))
    assert folders(registry.default) == []
    assert len(list(folder.glob("template-*"))) == 1
    registry.close()


def test_two_processes_make_the_template_of_a_folder_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = migrations.make_blank

    def while_another_does(file: Path) -> None:
        make(file)
        monkeypatch.setattr(migrations, "make_blank", make)
        Files(tmp_path).blank()

    monkeypatch.setattr(migrations, "make_blank", while_another_does)
    assert Files(tmp_path).blank().stat().st_size > 0
    assert len(list(tmp_path.iterdir())) == 2, "the template, and what hides it from git"
