"""What can be asked of buckets: addresses, what lies in them, the folders they are in."""

import sqlalchemy as sa

from concertmaster.domain import buckets, clock, files, sharing
from concertmaster.domain.call import Call
from concertmaster.domain.errors import ItemNotFound
from concertmaster.entities import Bucket, bucket_folders
from concertmaster.model import NAMESPACE
from concertmaster.odata.declare import Guid
from concertmaster.odata.operations import Id, action, deletion, function
from concertmaster.odata.service import Complex, Selection, Values, select
from concertmaster.odata.write import Change, hook

READ = "Buckets.View and BlobFiles.View"
WRITE = "Buckets.View and BlobFiles.Create"


@hook("before_create", Bucket)
def before_create(call: Call, bucket: Bucket, change: Change) -> None:
    bucket.organization_unit_id = call.folder
    bucket.secret = clock.new_guid()
    sharing.check_free(call.connection, Bucket, bucket.name, call.folder, bucket_folders)


@hook("before_update", Bucket)
def before_update(call: Call, bucket: Bucket, change: Change) -> None:
    name = change.values.get("name", bucket.name)
    for folder_id in sharing.folders_of(call.session, bucket, bucket_folders):
        sharing.check_free(call.connection, Bucket, name, folder_id, bucket_folders, own=bucket.id)


@hook("before_delete", Bucket)
def before_delete(call: Call, bucket: Bucket) -> None:
    buckets.empty(call.session, call.tenant.files, bucket.id)


@function("Buckets", "GetByKey", permission="Buckets.View")
def get_by_key(call: Call, identifier: Guid) -> Selection:
    """The bucket with this identifier."""
    same = Bucket.identifier == identifier.strip("{}").lower()
    return select(Bucket, same, single=ItemNotFound(entity="Bucket"))


@function("Buckets", "GetReadUri", key=True, permission=READ)
def get_read_uri(call: Call, key: int, path: str, expiry_in_minutes: int | None = None) -> Complex:
    """Where a file can be fetched from, for a while."""
    bucket, path = _find(call, key), buckets.clean(path)
    buckets.file(call.session, bucket.id, path)
    return _access(call, bucket, path, "GET", expiry_in_minutes)


@function("Buckets", "GetWriteUri", key=True, permission=WRITE)
def get_write_uri(
    call: Call,
    key: int,
    path: str,
    expiry_in_minutes: int | None = None,
    content_type: str | None = None,
) -> Complex:
    """Where a file can be sent to, for a while."""
    bucket = _find(call, key)
    buckets.check_writable(bucket)
    return _access(call, bucket, buckets.clean(path), "PUT", expiry_in_minutes)


@function("Buckets", "GetFiles", key=True, permission=READ)
def get_files(
    call: Call,
    key: int,
    directory: str | None = None,
    file_name_glob: str | None = None,
    recursive: bool = False,
) -> Values:
    """The files in a folder of the bucket."""
    bucket = _find(call, key)
    found = buckets.listing(call.session, bucket.id, directory, file_name_glob, recursive=recursive)
    return Values(f"{NAMESPACE}.BlobFileDto", [buckets.members(one) for one in found])


@function("Buckets", "GetDirectories", key=True, permission=READ)
def get_directories(
    call: Call, key: int, directory: str | None = None, file_name_glob: str | None = None
) -> Values:
    """The folders in a folder of the bucket."""
    bucket = _find(call, key)
    found = buckets.directories(call.session, bucket.id, directory, file_name_glob)
    empty = {"ContentType": None, "Size": 0, "IsDirectory": True}
    return Values(
        f"{NAMESPACE}.BlobFileDto", [{"FullPath": path, **empty, "Id": path} for path in found]
    )


@function("Buckets", "GetFile", key=True, permission=READ)
def get_file(call: Call, key: int, path: str) -> Complex:
    """What is known of one file."""
    bucket = _find(call, key)
    found = buckets.file(call.session, bucket.id, buckets.clean(path))
    return Complex(f"{NAMESPACE}.BlobFileDto", buckets.members(found))


@deletion("Buckets", "DeleteFile", key=True, permission="Buckets.View and BlobFiles.Delete")
def delete_file(call: Call, key: int, path: str) -> None:
    """Take one file away."""
    bucket = _find(call, key)
    buckets.check_writable(bucket)
    buckets.remove(call.session, call.tenant.files, bucket, buckets.clean(path), now=call.now)


def _access(call: Call, bucket: Bucket, path: str, verb: str, minutes: int | None) -> Complex:
    uri = buckets.uri(bucket, path, verb, call.base_url, minutes)
    return Complex(f"{NAMESPACE}.BlobFileAccessDto", files.access(uri, verb))


def _find(call: Call, key: int) -> Bucket:
    return buckets.find(call.session, key, call.folder)


# --- the folders they are in ----------------------------------------------------------------


@function("Buckets", "GetBucketsAcrossFolders", permission="Buckets.View", folder="across")
def get_buckets_across_folders(call: Call, exclude_folder_id: Id | None = None) -> Selection:
    """The buckets of every folder that the caller may see, but for those in one."""
    if exclude_folder_id is None:
        return select(Bucket)
    shared = sa.select(bucket_folders.c.bucket_id)
    here = shared.where(bucket_folders.c.folder_id == exclude_folder_id)
    elsewhere = Bucket.organization_unit_id != exclude_folder_id
    return select(Bucket, elsewhere, Bucket.id.not_in(here))


@function("Buckets", "GetFoldersForBucket", permission="Buckets.View", folder="across")
def get_folders_for_bucket(call: Call, id: Id) -> Complex:
    """Where a bucket is to be found."""
    (bucket,) = buckets.visible(call.session, [id], call.across or ())
    members = sharing.accessible(call.session, call.caller, bucket, bucket_folders)
    return Complex(f"{NAMESPACE}.AccessibleFoldersDto", members)


@action("Buckets", "ShareToFolders", permission="Buckets.View", folder="across")
def share_to_folders(
    call: Call, bucket_ids: list[Id], to_add_folder_ids: list[Id], to_remove_folder_ids: list[Id]
) -> None:
    """Put buckets into folders, and take them out of others."""
    sharing.share(
        call.session, call.caller, buckets.visible(call.session, bucket_ids, call.across or ()),
        bucket_folders, family="Buckets", add=to_add_folder_ids, remove=to_remove_folder_ids,
    )  # fmt: skip
