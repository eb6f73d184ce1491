"""What can be asked of releases (the product's processes): lists, and their versions."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from concertmaster.domain import clock, releases
from concertmaster.domain.call import Call
from concertmaster.domain.errors import FieldNotEditable, ItemNotFound, OrchestratorError
from concertmaster.edge.telling import tell
from concertmaster.entities import Release
from concertmaster.model import NAMESPACE
from concertmaster.odata.declare import Guid
from concertmaster.odata.operations import Body, Id, Nothing, Rows, action, function
from concertmaster.odata.service import Complex, Selection, select
from concertmaster.odata.write import Change, hook

#: Members that a PUT which leaves them out does not empty: they follow from the package.
FOLLOWING = ("arguments", "feed_id", "entry_point_id", "entry_point_path")


@hook("before_create", Release)
def before_create(call: Call, release: Release, change: Change) -> None:
    release.organization_unit_id = call.folder
    release.key = clock.new_guid()
    releases.settle(call.session, release)


@hook("after_create", Release)
def after_create(call: Call, release: Release, change: Change) -> None:
    releases.keep_version(call.session, release, now=call.now)


@hook("before_update", Release)
def before_update(call: Call, release: Release, change: Change) -> None:
    values: dict[str, Any] = change.values
    if values.get("process_key", release.process_key).lower() != release.process_key.lower():
        raise FieldNotEditable(field="ProcessKey")
    for attribute in FOLLOWING:
        if change.replace and values.get(attribute) is None:
            values[attribute] = getattr(release, attribute)
    version = values.get("process_version", release.process_version)
    if version != release.process_version and "entry_point_id" in values:
        values["entry_point_id"] = None  # another version has entry points of its own
    releases.package(call.session, release.process_key, version, release.organization_unit_id)


@hook("after_update", Release)
def after_update(call: Call, release: Release, change: Change) -> None:
    releases.settle(call.session, release)
    releases.keep_version(call.session, release, now=call.now)
    release.last_modification_time = call.now
    release.last_modifier_user_id = call.caller.user_id


@hook("before_delete", Release)
def before_delete(call: Call, release: Release) -> None:
    releases.check_idle(call.session, release)


@function("Releases", "ListReleases", permission="Processes.View")
def list_releases(call: Call) -> Selection:
    """The processes of a folder."""
    return select(Release)


@function("Releases", "GetRelease", key=True, permission="Processes.View")
def get_release(call: Call, key: int) -> Release:
    """One process."""
    return _find(call, key)


@action("Releases", "CreateRelease", status=201, permission="Processes.Create")
def create_release(call: Call, body: Body, rows: Rows) -> Release:
    """A new process, by the name that newer clients have for it."""
    made: Release = rows.create(Release, body.members())
    return made


# --- their versions -------------------------------------------------------------------------


@action("Releases", "UpdateToSpecificPackageVersion", key=True, permission="Processes.Edit")
def update_to_specific_package_version(call: Call, key: int, package_version: str) -> int:
    """Run another version of the package; the number of the release version."""
    return _change(call, _find(call, key), package_version)


@action("Releases", "UpdateToLatestPackageVersion", key=True, permission="Processes.Edit")
def update_to_latest_package_version(
    call: Call, key: int, merge_package_tags: bool | None = None
) -> int:
    """Run the newest version of the package."""
    return _to_latest(call, _find(call, key))


@action("Releases", "RollbackToPreviousReleaseVersion", key=True, permission="Processes.Edit")
def rollback_to_previous_release_version(
    call: Call, key: int, merge_package_tags: bool | None = None
) -> int:
    """Go back to the version before."""
    return _back(call, _find(call, key))


def _to_latest(call: Call, release: Release) -> int:
    newest = releases.latest(call.session, release.process_key, release.organization_unit_id)
    return _change(call, release, newest.version)


def _back(call: Call, release: Release) -> int:
    return _change(call, release, releases.previous_version(call.session, release))


# --- the same by key ------------------------------------------------------------------------


@action("Releases", "UpdateByKey", permission="Processes.Edit")
def update_by_key(
    call: Call,
    release_key: Guid,
    process_version: str | None = None,
    entry_point_path: str | None = None,
    input_args: Annotated[str, Field(max_length=10_000)] | None = None,
) -> Nothing:
    """Another version, entry point or input; what is not said stays as it is."""
    release = _by_key(call, release_key)
    if input_args is not None:
        release.input_arguments = input_args
    if entry_point_path is not None:
        release.entry_point_id, release.entry_point_path = None, entry_point_path
    _change(call, release, process_version or release.process_version)
    return Nothing()


@action("Releases", "UpdateToSpecificPackageVersionByKey", permission="Processes.Edit")
def update_to_specific_package_version_by_key(
    call: Call, identifier: Guid, package_version: str
) -> Guid:
    """Run another version of the package; the key of the process."""
    release = _by_key(call, identifier)
    _change(call, release, package_version)
    return release.key


@action("Releases", "UpdateToLatestPackageVersionByKey", permission="Processes.Edit")
def update_to_latest_package_version_by_key(
    call: Call, identifier: Guid, merge_package_tags: bool | None = None
) -> Guid:
    """Run the newest version of the package; the key of the process."""
    release = _by_key(call, identifier)
    _to_latest(call, release)
    return release.key


@action("Releases", "RollbackToPreviousReleaseVersionByKey", permission="Processes.Edit")
def rollback_to_previous_release_version_by_key(
    call: Call, identifier: Guid, merge_package_tags: bool | None = None
) -> Guid:
    """Go back to the version before; the key of the process."""
    release = _by_key(call, identifier)
    _back(call, release)
    return release.key


# --- many at once ---------------------------------------------------------------------------


@action("Releases", "UpdateToLatestPackageVersionBulk", permission="Processes.Edit")
def update_to_latest_package_version_bulk(
    call: Call,
    release_ids: Annotated[list[Id], Field(max_length=1000)],
    merge_package_tags: bool | None = None,
) -> Complex:
    """Let each of them run the newest version of its package; those that cannot stay."""
    return _each(call, release_ids, _find, "Int64")


@action("Releases", "UpdateToLatestPackageVersionBulkByKey", permission="Processes.Edit")
def update_to_latest_package_version_bulk_by_key(
    call: Call,
    release_keys: Annotated[list[Guid], Field(max_length=1000)],
    merge_package_tags: bool | None = None,
) -> Complex:
    """The same by key."""
    return _each(call, release_keys, _by_key, "Guid")


def _each(
    call: Call, asked: Iterable[Any], find: Callable[[Call, Any], Release], kind: str
) -> Complex:
    failed: dict[Any, str] = {}
    for one in dict.fromkeys(asked):
        try:
            with call.session.begin_nested():
                _to_latest(call, find(call, one))
        except OrchestratorError as error:
            failed[one] = str(error)
    members = {
        "Success": not failed,
        "Message": "; ".join(dict.fromkeys(failed.values())) or None,
        "FailedItems": list(failed),
    }
    return Complex(f"{NAMESPACE}.BulkOperationResponseDtoOf{kind}", members)


def _change(call: Call, release: Release, version: str) -> int:
    tell(call, "updated", release)
    return releases.change_version(
        call.session, release, version, now=call.now, user_id=call.caller.user_id
    )


def _by_key(call: Call, key: str) -> Release:
    same = Release.key == key.strip("{} ").lower()
    release = call.session.scalars(sa.select(Release).where(same)).first()
    return _find(call, release.id if release else 0)


def _find(call: Call, key: int) -> Release:
    release = call.session.get(Release, key)
    if release is None or release.organization_unit_id != call.folder:
        raise ItemNotFound(entity="Release")
    return release
