"""Snapshots of a tenant: kept under a name, put back in milliseconds, carried away as one file.

A snapshot is a folder that appears under its name once it is complete: a SQLite database with all
rows of the tenant, its clock among them, and its blobs, which are hard links (a blob is written
once and never changed). It survives a reset, and goes with its tenant.
"""

import errno
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from concertmaster.settings import NAME
from concertmaster.store import migrations
from concertmaster.store.archives import BLOBS, DATA, INFO, ArchiveRefused, pack, unpack
from concertmaster.store.receiving import Check, receive
from concertmaster.store.registry import Registry
from concertmaster.store.tenant import Tenant

#: The form of the folder and of the archive; another one is refused.
FORMAT: Final = 1

#: Makes a database that was for the tenant of a key name the one that it is for now.
Adopt = Callable[[sa.Connection, Tenant, str], None]


class SnapshotNameRefused(ValueError):
    """A name that cannot be that of a file."""


class SnapshotTaken(ValueError):
    """There is a snapshot of that name."""


class NoSuchSnapshot(LookupError):
    """There is no snapshot of that name."""


@dataclass(frozen=True)
class Snapshot:
    """What `snapshot.json` says; the name is that of the folder."""

    name: str
    created: str  #: on the wall, UTC
    revision: str  #: of the schema
    tenant_key: str  #: whose it was
    tenant: str  #: `acme/Default`, for people
    size: int  #: bytes of the database and the blobs


class Snapshots:
    """The snapshots of one tenant."""

    def __init__(self, registry: Registry, tenant: Tenant) -> None:
        self._registry = registry
        self._tenant = tenant
        self._folder = registry.snapshots(tenant)

    def all(self) -> list[Snapshot]:
        """In order of their names."""
        found = [path for path in self._folder.glob("*") if not path.name.startswith(".")]
        return [_read(path) for path in sorted(found) if (path / INFO).is_file()]

    def take(self, name: str) -> Snapshot:
        """Keep the tenant as it is now.

        Raises:
            SnapshotNameRefused, SnapshotTaken
        """
        self._free(name)
        with self._aside() as aside:
            (aside / BLOBS).mkdir()
            _link(self._tenant.blobs, aside / BLOBS)
            self._registry.write_out(self._tenant, aside / DATA)
            _link(self._tenant.blobs, aside / BLOBS)  # those that came while rows were read
            _describe(aside, self._tenant)
            self._show(aside, name)
        return self.get(name)

    def get(self, name: str) -> Snapshot:
        return _read(self._path(name))

    def restore(self, name: str, adopt: Adopt) -> Tenant:
        """Put it in place of what the tenant holds. Raises NoSuchSnapshot."""
        path = self._path(name)
        found = _read(path)
        if found.revision != migrations.head():
            self._bring_up_to_date(path)

        def fill(new: Tenant) -> None:
            try:
                self._registry.take_in(path / DATA, new)
            except FileNotFoundError as gone:  # deleted meanwhile
                raise NoSuchSnapshot(name) from gone
            _link(path / BLOBS, new.blobs)
            if found.tenant_key != new.key:
                with new.writing.begin() as connection:
                    adopt(connection, new, found.tenant_key)

        return self._registry.replace(self._tenant, fill)

    def delete(self, name: str) -> None:
        """Raises NoSuchSnapshot."""
        self._discard(self._path(name))

    # --- as a file ----------------------------------------------------------------------------

    def export(self, name: str) -> Path:
        """A new file with everything; whoever asked removes it. Raises NoSuchSnapshot."""
        path = self._path(name)
        file = self._folder / f".{uuid.uuid4().hex}.zip"
        try:
            pack(path, file)
        except FileNotFoundError as gone:  # deleted meanwhile
            file.unlink(missing_ok=True)
            raise NoSuchSnapshot(name) from gone
        return file

    def receive(self, name: str, file: Path, check: Check) -> bool:
        """Keep a file as a snapshot, in place of one of that name; whether there was none.

        Raises:
            SnapshotNameRefused, ArchiveRefused
        """
        _checked(name)
        with self._aside() as aside:
            unpacked = aside / "unpacked"
            unpack(file, unpacked)
            info = _read(unpacked, name)
            receive(unpacked / DATA, aside / DATA, self._registry.blank(), check)
            (unpacked / BLOBS).mkdir(exist_ok=True)
            (unpacked / BLOBS).replace(aside / BLOBS)
            shutil.rmtree(unpacked)
            _write(aside, info.created, info.tenant_key, info.tenant)
            before = self._find(name)
            if before is not None:
                self._discard(before)
            self._show(aside, name)
        return before is None

    def room(self) -> Path:
        """A name for a file that is about to be received."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f".{uuid.uuid4().hex}.zip"

    # --- folders ------------------------------------------------------------------------------

    def _find(self, name: str) -> Path | None:
        """In any letter case, as file systems differ in that."""
        wanted = name.lower()
        there = self._folder.iterdir() if self._folder.is_dir() else iter(())
        return next((path for path in there if path.name.lower() == wanted), None)

    def _path(self, name: str) -> Path:
        found = self._find(name) if re.fullmatch(NAME, name) else None
        if found is None:
            raise NoSuchSnapshot(name)
        return found

    def _free(self, name: str) -> None:
        _checked(name)
        if self._find(name) is not None:
            raise SnapshotTaken(name)

    @contextmanager
    def _aside(self) -> Iterator[Path]:
        """A folder to work in that nobody sees; what is left there at the end goes."""
        aside = self._folder / f".{uuid.uuid4().hex}"
        aside.mkdir(parents=True)
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _show(self, aside: Path, name: str) -> None:
        try:
            aside.rename(self._folder / name)
        except OSError as error:  # two at once: a folder that is not empty is in the way
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.EACCES):
                raise
            raise SnapshotTaken(name) from error

    def _discard(self, path: Path) -> None:
        with self._aside() as aside:
            try:
                path.rename(aside / "gone")
            except FileNotFoundError as gone:
                raise NoSuchSnapshot(path.name) from gone

    def _bring_up_to_date(self, path: Path) -> None:
        """A snapshot that an earlier version took is migrated once."""
        with self._aside() as aside:
            shutil.copyfile(path / DATA, aside / DATA)
            engine = sa.create_engine(sa.URL.create("sqlite", database=str(aside / DATA)))
            migrations.upgrade_if_behind(engine)
            engine.dispose()
            (aside / DATA).replace(path / DATA)
            info = _read(path)
            _write(path, info.created, info.tenant_key, info.tenant)


def _checked(name: str) -> None:
    if not re.fullmatch(NAME, name):
        raise SnapshotNameRefused(f"'{name}' cannot be the name of a snapshot")


def _link(source: Path, target: Path) -> None:
    """The files below one folder, also below another; what is there already stays."""
    for path in source.rglob("*"):
        if not path.is_file() or path.name.endswith(".part"):  # it is being written
            continue
        there = target / path.relative_to(source)
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, there)
        except FileExistsError:
            continue
        except FileNotFoundError:  # deleted this moment
            continue
        except OSError:  # a file system without links
            shutil.copyfile(path, there)


# --- what a snapshot says of itself -----------------------------------------------------------


def _describe(folder: Path, tenant: Tenant) -> None:
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    _write(folder, created, tenant.key, str(tenant))


def _write(folder: Path, created: str, tenant_key: str, tenant: str) -> None:
    files = [folder / DATA, *(path for path in (folder / BLOBS).rglob("*") if path.is_file())]
    said = {
        "format": FORMAT,
        "created": created,
        "revision": migrations.head(),
        "tenantKey": tenant_key,
        "tenant": tenant,
        "size": sum(path.stat().st_size for path in files),
    }
    aside = folder / f"{INFO}.part"
    aside.write_text(json.dumps(said), encoding="utf-8")
    aside.replace(folder / INFO)


def _read(folder: Path, name: str | None = None) -> Snapshot:
    """Raises NoSuchSnapshot where it went meanwhile, ArchiveRefused for what we did not write."""
    try:
        said: Any = json.loads((folder / INFO).read_text(encoding="utf-8"))
    except FileNotFoundError as gone:
        raise NoSuchSnapshot(folder.name) from gone
    except (ValueError, RecursionError) as error:
        raise ArchiveRefused("The snapshot does not say what it is.") from error
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise ArchiveRefused("The snapshot is of a form that this version does not know.")
    words: Any = {attribute: said.get(word) for attribute, word in _WORDS.items()}
    if not all(isinstance(word, str) and len(word) < 200 for word in words.values()):
        raise ArchiveRefused("The snapshot does not say what it is.")
    size = said.get("size")
    return Snapshot(name=name or folder.name, size=size if isinstance(size, int) else 0, **words)


_WORDS: Final = {
    "created": "created",
    "revision": "revision",
    "tenant_key": "tenantKey",
    "tenant": "tenant",
}
