"""Releases: what a process takes over from its package, and the versions it goes through."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import feeds
from concertmaster.domain.errors import Conflict, HasDependentItems, ItemNotFound
from concertmaster.entities import (
    EntryPoint,
    Environment,
    Folder,
    Job,
    JobState,
    PackageType,
    Process,
    Release,
    ReleaseVersion,
)
from concertmaster.entities._enums import ProcessType
from concertmaster.odata.declare import same_name

UNFINISHED = (
    JobState.Pending, JobState.Running, JobState.Stopping, JobState.Terminating,
    JobState.Suspended, JobState.Resumed,
)  # fmt: skip


def package(session: Session, name: str, version: str, folder_id: int) -> Process:
    """A package in a version, from the feed of a folder or else of the tenant.

    Raises ItemNotFound where neither has it.
    """
    found = [one for one in _versions(session, name, folder_id) if one.version == version]
    if not found:
        raise ItemNotFound(f"The package {name} {version} does not exist.")
    return found[0]


def latest(session: Session, name: str, folder_id: int) -> Process:
    """The newest version of a package."""
    versions = _versions(session, name, folder_id)
    if not versions:
        raise ItemNotFound(f"The package {name} does not exist.")
    return max(versions, key=lambda found: (found.is_latest_version, found.published or ""))


def _versions(session: Session, name: str, folder_id: int) -> list[Process]:
    """The versions of a package that a folder can use; those of its own feed first."""
    own = feeds.of_folder(session, session.get_one(Folder, folder_id))
    found = session.scalars(
        sa.select(Process)
        .where(
            same_name(Process.id, name),
            sa.or_(Process.feed_id.is_(None), Process.feed_id == own),
        )
        .order_by(Process.feed_id.is_(None), Process.key)
    )
    return list(found)


def is_uploaded(session: Session, release: Release) -> bool:
    """Whether the package of a release has a file, in whatever version: then robots run it."""
    same = same_name(Process.id, release.process_key) & Process.file.is_not(None)
    return session.scalar(sa.select(sa.literal(1)).where(same).limit(1)) is not None


def settle(session: Session, release: Release) -> None:
    """What a release says of its package, its folder and its environment."""
    found = package(
        session, release.process_key, release.process_version, release.organization_unit_id
    )
    release.process_key = found.id
    release.is_latest_version = found.is_latest_version
    release.is_process_deleted = False
    release.arguments = found.arguments
    release.process_type = _process_type(found.package_type)
    release.target_framework = found.target_framework
    release.supports_multiple_entry_points = found.supports_multiple_entry_points
    release.requires_user_interaction = found.requires_user_interaction
    release.is_attended = found.is_attended
    release.is_compiled = found.is_compiled
    release.feed_id = found.feed_id
    _choose_entry_point(session, release, found)
    folder = session.get_one(Folder, release.organization_unit_id)
    release.folder_key = folder.key
    release.organization_unit_fully_qualified_name = folder.fully_qualified_name
    environment = None
    if release.environment_id is not None:
        environment = session.get(Environment, release.environment_id)
        if environment is None or environment.organization_unit_id != folder.id:
            raise ItemNotFound(entity="Environment")
    release.environment_name = environment.name if environment else None


def _process_type(kind: PackageType) -> ProcessType:
    names = ProcessType.__members__
    return names.get(kind.name, ProcessType.Process) if kind else ProcessType.Process


def _choose_entry_point(session: Session, release: Release, found: Process) -> None:
    """The entry point that is asked for, by number or path, else the package's main one."""
    points = {point.id: point for point in found.entry_points}
    if release.entry_point_id in points:
        release.entry_point_path = points[release.entry_point_id].path
        return
    wanted = (release.entry_point_path or found.main_entry_point_path or "").lower()
    point: EntryPoint | None = next(
        (p for p in points.values() if (p.path or "").lower() == wanted), None
    )
    if point is None and release.entry_point_path and points:
        raise ItemNotFound(f"The entry point {release.entry_point_path} does not exist.")
    release.entry_point_id = point.id if point else None
    release.entry_point_path = point.path if point else release.entry_point_path


def arguments_at(session: Session, release: Release, path: str | None) -> Any:
    """What a release takes and gives when it is started at an entry point of its package.

    Raises ItemNotFound where the package has entry points, and none of that path.
    """
    if not path or path.lower() == (release.entry_point_path or "").lower():
        return release.arguments
    versions = _versions(session, release.process_key, release.organization_unit_id)
    found = next((one for one in versions if one.version == release.process_version), None)
    if found is None or not found.entry_points:
        return release.arguments
    for point in found.entry_points:
        if (point.path or "").lower() == path.lower():
            return {"Input": point.input_arguments, "Output": point.output_arguments}
    raise ItemNotFound(f"The entry point {path} does not exist.")


def keep_version(session: Session, release: Release, *, now: str) -> int:
    """Note the version that a release has now, unless it is the current one already."""
    current = session.get(ReleaseVersion, release.current_version_id or 0)
    if current is not None and current.version_number == release.process_version:
        return current.id
    version = ReleaseVersion(
        release_id=release.id, version_number=release.process_version, creation_time=now,
        release_name=release.name,
    )  # fmt: skip
    session.add(version)
    session.flush()
    release.current_version_id = version.id
    return version.id


def change_version(
    session: Session, release: Release, version: str, *, now: str, user_id: int | None
) -> int:
    """Let a release run another version of its package; the number of the release version."""
    release.process_version = version
    release.entry_point_id = None
    settle(session, release)
    release.last_modification_time, release.last_modifier_user_id = now, user_id
    return keep_version(session, release, now=now)


def previous_version(session: Session, release: Release) -> str:
    """The version that a release had before."""
    before = sa.select(ReleaseVersion.version_number).where(
        ReleaseVersion.release_id == release.id,
        ReleaseVersion.id != (release.current_version_id or 0),
    )
    found = session.scalars(before.order_by(ReleaseVersion.id.desc()).limit(1)).first()
    if found is None:
        raise Conflict("The process has no earlier version.")
    return found


def check_idle(session: Session, release: Release) -> None:
    busy: Any = sa.select(sa.literal(1)).where(
        Job.release_id == release.id, Job.state.in_(UNFINISHED)
    )
    if session.scalar(busy.limit(1)):
        raise HasDependentItems(entity="Release", dependents="unfinished jobs")
