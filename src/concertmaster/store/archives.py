"""A snapshot as one file: a ZIP archive that says what it is, with the database and the blobs.

    snapshot.json      the form's version, the revision of the schema, whose tenant it was
    tenant.db          the database, as SQLite, whatever engine it came from
    blobs/…            files of buckets, packages, attachments, exports

An archive from outside is read with suspicion: names that we would not have written, more than was
declared, and anything that does not unpack are refused.
"""

import re
import zipfile
import zlib
from pathlib import Path
from typing import Final

INFO: Final = "snapshot.json"
DATA: Final = "tenant.db"
BLOBS: Final = "blobs"

#: What an archive may hold, unpacked: bytes, and files.
MOST_BYTES: Final = 4 * 1024**3
MOST_FILES: Final = 100_000
_MOST_INFO: Final = 65_536

_PART = r"[A-Za-z0-9_][A-Za-z0-9._ -]{0,199}"
_BLOB: Final = re.compile(rf"{BLOBS}(/{_PART}){{1,4}}", re.ASCII)

#: What Python's reader raises on a file that is not what it says.
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError,
    ValueError,
)  # fmt: skip


class ArchiveRefused(ValueError):
    """A file that is no snapshot, or none that can be trusted; the message says why."""


def pack(folder: Path, file: Path) -> None:
    """What lies in a folder → one file."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in (INFO, DATA):
            archive.write(folder / name, name)
        for path in sorted((folder / BLOBS).rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())


def unpack(file: Path, folder: Path) -> None:
    """One file → what lies in a folder. Raises ArchiveRefused."""
    try:
        with zipfile.ZipFile(file) as archive:
            _unpack(archive, folder)
    except ArchiveRefused:
        raise
    except _BROKEN as error:
        raise ArchiveRefused("The file is no snapshot, or it is damaged.") from error


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if len(entries) > MOST_FILES or len(names) != len(entries):
        raise ArchiveRefused("The file holds too many entries, or one of them twice.")
    if not {INFO, DATA} <= names:
        raise ArchiveRefused("The file is no snapshot: it holds no snapshot.json and tenant.db.")
    left = MOST_BYTES
    for entry in entries:
        if entry.filename not in (INFO, DATA) and not _BLOB.fullmatch(entry.filename):
            raise ArchiveRefused(f"A snapshot holds no entry '{entry.filename[:100]}'.")
        most = min(left, _MOST_INFO) if entry.filename == INFO else left
        left -= _extract(archive, entry, folder / entry.filename, most)


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, most: int) -> int:
    """What was really written counts: the size that an entry declares is only its word."""
    path.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with archive.open(entry) as source, path.open("xb") as target:
        while chunk := source.read(1024 * 1024):
            size += len(chunk)
            if size > most:
                raise ArchiveRefused("The file holds more than a snapshot may.")
            target.write(chunk)
    return size
