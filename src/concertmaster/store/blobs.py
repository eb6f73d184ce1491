"""Blobs: the files of a tenant, each written whole or not at all.

A blob is known by a key of our own making (`packages/<guid>.nupkg`), never by what a client calls
it, so no name from outside becomes a path. They lie in a folder, or in a bucket service: whatever
file system fsspec finds behind a URL (https://filesystem-spec.readthedocs.io).
"""

import io
import os
import shutil
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from anyio import to_thread

#: Bytes that are held in memory while a file passes through.
PIECE = 256 * 1024


class TooLarge(Exception):
    """More came than was allowed."""


@dataclass(frozen=True)
class Opened:
    """A blob to be read; whoever opened it closes it."""

    content: BinaryIO
    size: int

    def pieces(self) -> Iterator[bytes]:
        """All of it, a piece at a time; closed at the end."""
        with self.content:
            while piece := self.content.read(PIECE):
                yield piece


class Blobs(ABC):
    """The blobs of one tenant."""

    def keep(self, area: str, content: BinaryIO, suffix: str = "") -> str:
        """Keep what can be read from a file; the key it is found by."""
        with self._new(area, suffix) as (key, out):
            shutil.copyfileobj(content, out, PIECE)
        return key

    def save(self, area: str, content: bytes, suffix: str = "") -> str:
        """Keep content; the key it is found by."""
        return self.keep(area, io.BytesIO(content), suffix)

    async def receive(
        self, area: str, chunks: AsyncIterator[bytes], *, most: int
    ) -> tuple[str, int]:
        """Keep what comes in pieces; its key and size. Raises TooLarge beyond `most` bytes."""
        size = 0
        with self._new(area, "") as (key, out):
            async for chunk in chunks:
                size += len(chunk)
                if size > most:
                    raise TooLarge
                await to_thread.run_sync(out.write, chunk)
        return key, size

    @abstractmethod
    def open(self, key: str) -> Opened | None:
        """A blob, if it is there."""

    def read(self, key: str) -> bytes | None:
        """All of a small one."""
        found = self.open(key)
        return b"".join(found.pieces()) if found else None

    def path(self, key: str) -> Path | None:
        """Where it lies on this machine, if it does."""
        return None

    @abstractmethod
    def delete(self, key: str) -> None: ...

    @abstractmethod
    def clear(self) -> None:
        """Delete all of them."""

    @abstractmethod
    def _new(self, area: str, suffix: str) -> AbstractContextManager[tuple[str, BinaryIO]]:
        """A file under a name of its own, which it gets once it is complete."""


class Folder(Blobs):
    """Blobs below a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, key: str) -> Opened | None:
        path = self.path(key)
        return Opened(path.open("rb"), path.stat().st_size) if path else None

    def path(self, key: str) -> Path | None:
        path = self._folder / key
        return path if self._is_below(path) and path.is_file() else None

    def delete(self, key: str) -> None:
        path = self._folder / key
        if self._is_below(path):
            path.unlink(missing_ok=True)

    def _is_below(self, path: Path) -> bool:
        """A key is our own; but it comes from a database, which may have come from elsewhere."""
        return ".." not in path.parts and path.is_relative_to(self._folder)

    def clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def _new(self, area: str, suffix: str) -> Iterator[tuple[str, BinaryIO]]:
        key = f"{area}/{uuid.uuid4()}{suffix}"
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{path.name}.part")
        try:
            with aside.open("wb") as out:
                yield key, out
                out.flush()
                os.fsync(out.fileno())
            aside.replace(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise


class StorageRefused(Exception):
    """A storage URL that leads nowhere: an unknown kind, or a package that is missing for it."""


class Service(Blobs):
    """Blobs below a URL such as `s3://bucket/folder`.

    Credentials and the like are where each kind of storage looks for them, or in variables
    `FSSPEC_<KIND>_<OPTION>`.
    """

    def __init__(self, url: str) -> None:
        try:
            from fsspec.core import url_to_fs

            self._files, root = url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise StorageRefused(f"the storage {url.partition('?')[0]} cannot be used: {error}"
                                 ) from error  # fmt: skip
        self._root = str(root).rstrip("/")

    def open(self, key: str) -> Opened | None:
        try:
            size = self._files.size(self._at(key))
            return Opened(self._files.open(self._at(key), "rb"), size)
        except FileNotFoundError:
            return None

    def delete(self, key: str) -> None:
        with suppress(FileNotFoundError):
            self._files.rm_file(self._at(key))

    def clear(self) -> None:
        with suppress(FileNotFoundError):
            self._files.rm(self._root, recursive=True)

    def _at(self, key: str) -> str:
        return f"{self._root}/{key}"

    @contextmanager
    def _new(self, area: str, suffix: str) -> Iterator[tuple[str, BinaryIO]]:
        key = f"{area}/{uuid.uuid4()}{suffix}"
        self._files.makedirs(self._at(area), exist_ok=True)
        out: Any = self._files.open(self._at(key), "wb", autocommit=False)
        try:
            yield key, out
            out.close()
        except BaseException:
            out.discard()
            raise
        out.commit()


def blobs_at(url: str | None, name: str, folder: Path) -> Blobs:
    """The blobs of a tenant: below a URL, or without one in its folder. Raises StorageRefused."""
    return Folder(folder) if url is None else Service(f"{url.rstrip('/')}/{name}")
