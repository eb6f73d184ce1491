"""Packages: published into a feed, found there, taken away again."""

from io import SEEK_END
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from concertmaster.domain import clock, releases
from concertmaster.domain.errors import HasDependentItems, InvalidPackage, ItemNotFound
from concertmaster.domain.errors import PackageAlreadyExists as AlreadyExists
from concertmaster.domain.feeds import folder_of
from concertmaster.domain.nupkg import Package, read
from concertmaster.entities import (
    EntryPoint,
    PackageType,
    Process,
    ProjectType,
    Release,
    TargetFramework,
)
from concertmaster.entities._enums import ProcessType
from concertmaster.odata.declare import same_name
from concertmaster.store.blobs import Blobs, Opened

#: The most that a package may weigh, in bytes (the product's own bound for uploads).
LARGEST = 300 * 2**20


def publish(
    session: Session, blobs: Blobs, content: BinaryIO, feed: str | None, *, now: str
) -> Process:
    """A new version of a package in a feed; in a personal workspace, a process of it as well.

    Raises:
        InvalidPackage: it cannot be read, is too large, or is a library.
        PackageAlreadyExists: the feed has this version.
    """
    package = examined(content)
    if package.library:
        raise InvalidPackage("The package is a library: it belongs into the feed of libraries.")
    name = f"{package.id}:{package.version}"
    others = _versions(session, package.id, feed)
    if any(other.version.lower() == package.version.lower() for other in others):
        raise AlreadyExists(package=f"{package.id} {package.version}")
    process = _new(package, f"{feed}/{name}" if feed else name, feed, now)
    session.add(process)
    try:
        session.flush()
    except IntegrityError as error:  # somebody published it at the same moment
        raise AlreadyExists(package=f"{package.id} {package.version}") from error
    _mark_latest(session, [*others, process])
    content.seek(0)
    process.file = blobs.keep("packages", content, ".nupkg")
    session.flush()
    folder = folder_of(session, feed)
    if folder is not None and folder.is_personal:
        _release(session, process, folder.id, now)
    return process


def examined(content: BinaryIO) -> Package:
    """What a package says of itself.

    Raises InvalidPackage where it cannot be read, or is too large.
    """
    if content.seek(0, SEEK_END) > LARGEST:
        raise InvalidPackage(f"The package must not be larger than {LARGEST // 2**20} MB.")
    content.seek(0)
    return read(content)


def _new(package: Package, key: str, feed: str | None, now: str) -> Process:
    said = package.manifest
    main = next((start for start in package.starts if start.path == package.main), None)
    kind = PackageType.__members__.get(package.content, PackageType.Process)
    return Process(
        key=key, package_key=f"{package.id}:{package.version}", feed_id=feed, id=package.id,
        version=package.version, title=said.get("title") or package.id,
        description=said.get("description"), authors=said.get("authors"),
        release_notes=said.get("releasenotes") or None, tags=said.get("tags") or None,
        license_url=said.get("licenseurl") or None, project_url=said.get("projecturl") or None,
        published=now, main_entry_point_path=package.main,
        supports_multiple_entry_points=True, requires_user_interaction=package.user_interaction,
        is_attended=package.attended, package_type=kind, runtime=package.runtime,
        project_type=ProjectType.__members__.get(kind.name, ProjectType.Process),
        target_framework=TargetFramework.__members__.get(
            package.framework, TargetFramework.Portable
        ),
        arguments={"Input": main.input, "Output": main.output} if main else None,
        entry_points=[
            EntryPoint(
                unique_id=start.unique_id, path=start.path,
                input_arguments=start.input, output_arguments=start.output,
            )
            for start in package.starts
        ],
    )  # fmt: skip


def _release(session: Session, process: Process, folder_id: int, now: str) -> None:
    """A workspace runs what is published to it: its process is made, or takes the new version."""
    inside = sa.select(Release).where(
        Release.organization_unit_id == folder_id,
        same_name(Release.process_key, process.id),
    )
    release = session.scalars(inside.order_by(Release.id)).first()
    if release is not None:
        releases.change_version(session, release, process.version, now=now, user_id=None)
        return
    taken = {
        name.lower()
        for name in session.scalars(
            sa.select(Release.name).where(Release.organization_unit_id == folder_id)
        )
    }
    name = process.id
    while name.lower() in taken:
        name += "_"
    release = Release(
        key=clock.new_guid(), name=name, process_key=process.id, process_version=process.version,
        organization_unit_id=folder_id, creation_time=now, process_type=ProcessType.Process,
    )  # fmt: skip
    releases.settle(session, release)
    session.add(release)
    session.flush()
    releases.keep_version(session, release, now=now)


# --- finding --------------------------------------------------------------------------------


def find(session: Session, key: str, feed: str | None) -> Process:
    """A version by `Package:1.0.0`, in one feed. Raises ItemNotFound."""
    found = session.scalars(
        sa.select(Process).where(same_name(Process.package_key, key), in_feed(feed))
    ).first()
    if found is None:
        raise ItemNotFound(f"The package {key[:200]} does not exist.")
    return found


def content(session: Session, blobs: Blobs, key: str, feed: str | None) -> Opened:
    """The package itself. Raises ItemNotFound where it was never uploaded."""
    process = find(session, key, feed)
    return opened(blobs, process.file, key)


def opened(blobs: Blobs, file: str | None, key: str) -> Opened:
    """The file of a package. Raises ItemNotFound where it was never uploaded."""
    found = blobs.open(file) if file else None
    if found is None:
        raise ItemNotFound(f"The package {key[:200]} has no file: it was never uploaded.")
    return found


def in_feed(feed: str | None) -> Any:
    return Process.feed_id.is_(None) if feed is None else Process.feed_id == feed


def _versions(session: Session, name: str, feed: str | None) -> list[Process]:
    same = same_name(Process.id, name)
    return list(session.scalars(sa.select(Process).where(same, in_feed(feed))))


# --- taking away ----------------------------------------------------------------------------


def check_unused(session: Session, process: Process) -> None:
    """Raises HasDependentItems while a process of a folder runs this version."""
    used = sa.select(sa.literal(1)).where(
        Release.process_key == process.id,
        Release.process_version == process.version,
        sa.or_(Release.feed_id == process.feed_id, Release.feed_id.is_(None))
        if process.feed_id
        else Release.feed_id.is_(None),
    )
    if session.scalar(used.limit(1)):
        raise HasDependentItems(entity="Package", dependents="processes")


def forget(session: Session, blobs: Blobs, process: Process) -> None:
    """What follows when a version goes: its file goes, and another is the newest now."""
    if process.file:
        blobs.delete(process.file)
    rest = [other for other in _versions(session, process.id, process.feed_id)
            if other.key != process.key]  # fmt: skip
    _mark_latest(session, rest)


def _mark_latest(session: Session, versions: list[Process]) -> None:
    newest = max(versions, key=lambda one: order(one.version), default=None)
    for one in versions:
        one.is_latest_version = one is newest
    if newest is None:
        return
    for release in session.scalars(sa.select(Release).where(Release.process_key == newest.id)):
        if release.feed_id == newest.feed_id:
            release.is_latest_version = release.process_version == newest.version


def order(version: str) -> tuple[Any, ...]:
    """Sorts versions as SemVer 2.0 (11) does: numbers by size, a pre-release before its release."""
    numbers, dash, pre = version.partition("+")[0].partition("-")
    parts = [int(part) if part.isdecimal() else 0 for part in numbers.split(".")]
    words = tuple((0, int(w), "") if w.isdecimal() else (1, 0, w) for w in pre.split("."))
    return (*parts, *[0] * (4 - len(parts)), not dash, words if dash else ())
