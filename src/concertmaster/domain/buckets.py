"""Buckets: files by their paths, listed by folder and pattern; a folder is what paths share."""

import fnmatch
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Session

from concertmaster.domain import clock, events, files, sharing
from concertmaster.domain.errors import Conflict, InvalidArgument, ItemNotFound, NotAuthorized
from concertmaster.entities import Bucket, BucketFile, BucketOptions, bucket_folders
from concertmaster.store.blobs import Blobs

#: Minutes for which an address is good unless the caller asks for more, and the most.
LIFETIME, LONGEST = 15, 60 * 24 * 7


def find(session: Session, bucket_id: int, folder_id: int) -> Bucket:
    """A bucket of a folder, or one that is shared with it. Raises ItemNotFound."""
    (found,) = visible(session, [bucket_id], {folder_id})
    return found


def visible(session: Session, ids: Sequence[int], folders: Collection[int]) -> list[Bucket]:
    """Buckets by number, all of which must be in those folders. Raises ItemNotFound."""
    wanted = list(dict.fromkeys(ids))
    found = {one.id: one for one in session.scalars(sa.select(Bucket).where(Bucket.id.in_(wanted)))}
    seen = [
        one
        for one in found.values()
        if not set(folders).isdisjoint(sharing.folders_of(session, one, bucket_folders))
    ]
    missing = sorted(set(wanted) - {one.id for one in seen})
    if missing:
        raise ItemNotFound(entity="Bucket", resource_ids=missing)
    return [found[id_] for id_ in wanted]


def clean(path: str) -> str:
    r"""`/a\b.txt` → `a/b.txt`. Raises InvalidArgument for what is no path of a file."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    text = "/".join(parts)
    if not parts or ".." in parts or len(text) > 1024 or any(ord(one) < 32 for one in text):
        raise InvalidArgument("The field path is not valid.")
    return text


def uri(bucket: Bucket, path: str, verb: str, base_url: str, minutes: int | None) -> str:
    """Where a file of a bucket is fetched from or sent to, for a while of wall time."""
    lasting = LIFETIME if minutes is None else minutes
    if not 1 <= lasting <= LONGEST:
        raise InvalidArgument(f"The field expiryInMinutes must be between 1 and {LONGEST}.")
    expires = clock.Clock.wall() + lasting * clock.MINUTE
    signature = files.sign(bucket.secret, verb, bucket.id, path, expires)
    told = f"expires={expires}&signature={signature}"
    return f"{base_url}blobs/buckets/{bucket.id}/{quote(path)}?{told}"


def opened(
    session: Session, bucket_id: int, path: str, verb: str, expires: int, signature: str
) -> Bucket:
    """The bucket of an address that holds. Raises NotAuthorized."""
    bucket = session.get(Bucket, bucket_id) if 0 < bucket_id < 2**63 else None
    if bucket is None or expires < clock.Clock.wall():
        raise NotAuthorized
    files.check(signature, bucket.secret, verb, bucket.id, path, expires)
    return bucket


def check_writable(bucket: Bucket) -> None:
    if bucket.options & BucketOptions.ReadOnly:
        raise Conflict("The bucket is read-only.")


def file(session: Session, bucket_id: int, path: str) -> BucketFile:
    """Raises ItemNotFound."""
    same = (BucketFile.bucket_id == bucket_id) & (BucketFile.path == path)
    found = session.scalars(sa.select(BucketFile).where(same)).first()
    if found is None:
        raise ItemNotFound(f"The file {path[:200]} does not exist.")
    return found


def keep(
    session: Session, bucket: Bucket, path: str, blob: str, size: int, kind: str | None, *, now: str
) -> str | None:
    """Note a file that was sent; the blob that it takes the place of, if there was one."""
    same = (BucketFile.bucket_id == bucket.id) & (BucketFile.path == path)
    old = session.scalars(sa.select(BucketFile).where(same).with_for_update()).first()
    row = old or BucketFile(bucket_id=bucket.id, path=path)
    before = old.file if old else None
    row.file, row.size, row.last_modified = blob, size, now
    row.content_type = (kind or "application/octet-stream")[:256]
    session.add(row)
    session.flush()
    _tell(session, "blobfile.uploaded", bucket, path, now)
    return before


def _tell(session: Session, happened: str, bucket: Bucket, path: str, now: str) -> None:
    told = {"BucketName": bucket.name, "FullPath": path}
    events.record(session, happened, [], folder=bucket.organization_unit_id, now=now, **told)


def remove(session: Session, blobs: Blobs, bucket: Bucket, path: str, *, now: str) -> None:
    found = file(session, bucket.id, path)
    session.delete(found)
    session.flush()
    _tell(session, "blobfile.deleted", bucket, path, now)
    blobs.delete(found.file)


def empty(session: Session, blobs: Blobs, bucket_id: int) -> None:
    """All files of a bucket go with it."""
    found = session.scalars(sa.select(BucketFile).where(BucketFile.bucket_id == bucket_id)).all()
    for one in found:
        session.delete(one)
    session.flush()
    for one in found:
        blobs.delete(one.file)


# --- lists ----------------------------------------------------------------------------------


def below(session: Session, bucket_id: int, prefix: str) -> list[BucketFile]:
    """The files whose paths begin so, in order of path."""
    wanted = sa.select(BucketFile).where(BucketFile.bucket_id == bucket_id)
    if prefix:
        wanted = wanted.where(BucketFile.path.startswith(prefix, autoescape=True))
    return list(session.scalars(wanted.order_by(BucketFile.path)))


def listing(
    session: Session, bucket_id: int, directory: str | None, glob: str | None, *, recursive: bool
) -> list[BucketFile]:
    """The files in a folder, and with `recursive` in those below it, whose names fit."""
    prefix = _folder(directory)
    return [
        one
        for one in below(session, bucket_id, prefix)
        if (recursive or "/" not in one.path[len(prefix) :])
        and _fits(one.path.rpartition("/")[2], glob)
    ]


def directories(
    session: Session, bucket_id: int, directory: str | None, glob: str | None
) -> list[str]:
    """The folders that lie in a folder."""
    prefix = _folder(directory)
    inside: Iterable[str] = (
        one.path[len(prefix) :].partition("/")[0]
        for one in below(session, bucket_id, prefix)
        if "/" in one.path[len(prefix) :]
    )
    return [prefix + name for name in dict.fromkeys(inside) if _fits(name, glob)]


def _folder(directory: str | None) -> str:
    text = (directory or "").replace("\\", "/").strip("/")
    return f"{clean(text)}/" if text else ""


def _fits(name: str, glob: str | None) -> bool:
    return not glob or fnmatch.fnmatchcase(name.lower(), glob.lower())


def members(one: BucketFile) -> dict[str, Any]:
    """A file in the names of the wire (BlobFileDto)."""
    return {
        "FullPath": one.path,
        "ContentType": one.content_type,
        "Size": one.size,
        "IsDirectory": False,
        "Id": one.path,
    }
