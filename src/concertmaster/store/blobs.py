"""Blobs: the files of a tenant, each written whole or not at all.

A blob is known by a key of our own making (`packages/<guid>.nupkg`), never by what a client calls
it, so no name from outside becomes a path. All access to files of clients goes through here: a
bucket service would take the place of this module.
"""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class TooLarge(Exception):
    """More came than was allowed."""


class Blobs:
    """The blobs below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, area: str, content: bytes, suffix: str = "") -> str:
        """Keep content; the key it is found by."""
        with self._new(area, suffix) as (key, out):
            out.write(content)
        return key

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
                out.write(chunk)
        return key, size

    def path(self, key: str) -> Path | None:
        """The file, if it is there."""
        path = self._folder / key
        return path if self._is_below(path) and path.is_file() else None

    def read(self, key: str) -> bytes | None:
        path = self.path(key)
        return path.read_bytes() if path else None

    def delete(self, key: str) -> None:
        path = self._folder / key
        if self._is_below(path):
            path.unlink(missing_ok=True)

    def _is_below(self, path: Path) -> bool:
        """A key is our own; but it comes from a database, which may have come from elsewhere."""
        return ".." not in path.parts and path.is_relative_to(self._folder)

    @contextmanager
    def _new(self, area: str, suffix: str) -> Iterator[tuple[str, BinaryIO]]:
        """A file under a name of its own, which it gets once it is complete and on the disk."""
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
