"""Libraries: published into the tenant's feed of libraries, found there, taken away again."""

import uuid
from io import SEEK_END
from typing import BinaryIO

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from concertmaster.domain import packages
from concertmaster.domain.errors import InvalidPackage, ItemNotFound
from concertmaster.domain.errors import PackageAlreadyExists as AlreadyExists
from concertmaster.entities import Library, ProjectType
from concertmaster.odata.declare import same_name
from concertmaster.store.blobs import Blobs, Opened


def feed(tenant_key: str) -> str:
    """The key of a tenant's feed of libraries; the tenant's own is that of packages."""
    return str(uuid.uuid5(uuid.UUID(tenant_key), "libraries"))


def check_feed(tenant_key: str, asked: str | None) -> None:
    """Raises ItemNotFound for any feed but that of libraries."""
    named = (asked or "").strip("{} '").lower()
    if named and named != feed(tenant_key):
        raise ItemNotFound(entity="Feed")


def publish(session: Session, blobs: Blobs, content: BinaryIO, *, now: str) -> Library:
    """A new version of a library.

    Raises:
        InvalidPackage: it cannot be read, is too large, or is a process.
        PackageAlreadyExists: the feed has this version.
    """
    package = packages.examined(content)
    if not package.library:
        raise InvalidPackage("The package is a process: it belongs into a feed of packages.")
    others = versions(session, package.id)
    if any(other.version.lower() == package.version.lower() for other in others):
        raise AlreadyExists(package=f"{package.id} {package.version}")
    said = package.manifest
    library = Library(
        key=f"{package.id}:{package.version}", id=package.id, version=package.version,
        title=said.get("title") or package.id, description=said.get("description"),
        authors=said.get("authors"), owners=said.get("owners") or said.get("authors"),
        summary=said.get("summary"), icon_url=said.get("iconurl") or None,
        release_notes=said.get("releasenotes") or None, tags=said.get("tags") or None,
        license_url=said.get("licenseurl") or None, project_url=said.get("projecturl") or None,
        created=now, last_updated=now, published=now, is_prerelease="-" in package.version,
        package_size=content.seek(0, SEEK_END),
        project_type=ProjectType.ProcessLibrary if package.words else ProjectType.Undefined,
    )  # fmt: skip
    session.add(library)
    try:
        session.flush()
    except IntegrityError as error:  # somebody published it at the same moment
        raise AlreadyExists(package=f"{package.id} {package.version}") from error
    _mark_latest([*others, library])
    content.seek(0)
    library.file = blobs.keep("libraries", content, ".nupkg")
    session.flush()
    return library


def versions(session: Session, name: str) -> list[Library]:
    return list(session.scalars(sa.select(Library).where(same_name(Library.id, name))))


def content(session: Session, blobs: Blobs, key: str) -> Opened:
    """The library itself. Raises ItemNotFound."""
    found = session.scalars(sa.select(Library).where(same_name(Library.key, key))).first()
    if found is None:
        raise ItemNotFound(f"The library {key[:200]} does not exist.")
    return packages.opened(blobs, found.file, key)


def forget(session: Session, blobs: Blobs, library: Library) -> None:
    """What follows when a version goes: its file goes, and another is the newest now."""
    if library.file:
        blobs.delete(library.file)
    _mark_latest([one for one in versions(session, library.id) if one.key != library.key])


def _mark_latest(found: list[Library]) -> None:
    newest = max(found, key=lambda one: packages.order(one.version), default=None)
    for one in found:
        one.is_latest_version = one is newest
