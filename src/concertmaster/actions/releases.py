"""What can be asked of releases (the product's processes): lists, and their versions."""

from typing import Any

from concertmaster.domain import clock, releases
from concertmaster.domain.call import Call
from concertmaster.domain.errors import FieldNotEditable, ItemNotFound
from concertmaster.edge.telling import tell
from concertmaster.entities import Release
from concertmaster.odata.operations import action, function
from concertmaster.odata.service import Selection, select
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


@action("Releases", "UpdateToSpecificPackageVersion", key=True, permission="Processes.Edit")
def update_to_specific_package_version(call: Call, key: int, package_version: str) -> int:
    """Run another version of the package; the number of the release version."""
    return _change(call, _find(call, key), package_version)


@action("Releases", "UpdateToLatestPackageVersion", key=True, permission="Processes.Edit")
def update_to_latest_package_version(
    call: Call, key: int, merge_package_tags: bool | None = None
) -> int:
    """Run the newest version of the package."""
    release = _find(call, key)
    newest = releases.latest(call.session, release.process_key, release.organization_unit_id)
    return _change(call, release, newest.version)


@action("Releases", "RollbackToPreviousReleaseVersion", key=True, permission="Processes.Edit")
def rollback_to_previous_release_version(
    call: Call, key: int, merge_package_tags: bool | None = None
) -> int:
    """Go back to the version before."""
    release = _find(call, key)
    return _change(call, release, releases.previous_version(call.session, release))


def _change(call: Call, release: Release, version: str) -> int:
    tell(call, "updated", release)
    return releases.change_version(
        call.session, release, version, now=call.now, user_id=call.caller.user_id
    )


def _find(call: Call, key: int) -> Release:
    release = call.session.get(Release, key)
    if release is None or release.organization_unit_id != call.folder:
        raise ItemNotFound(entity="Release")
    return release
