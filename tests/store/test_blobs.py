"""Blobs: kept whole or not at all, in a folder or in whatever a URL leads to."""

import io
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from concertmaster.store.blobs import Blobs, Folder, Service, StorageRefused, TooLarge, blobs_at


@pytest.fixture(params=["folder", "memory", "file"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    url = {"memory": f"memory://{uuid.uuid4()}", "file": (tmp_path / "there").as_uri()}
    return blobs_at(url.get(request.param), "tenant", tmp_path / "here")


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


def test_what_is_kept_is_there(blobs: Blobs) -> None:
    large = b"0123456789" * 100_000
    key = blobs.keep("packages", io.BytesIO(large), ".nupkg")
    assert key.startswith("packages/") and key.endswith(".nupkg")
    found = blobs.open(key)
    assert found is not None and found.size == len(large)
    assert b"".join(found.pieces()) == large
    assert blobs.read(blobs.save("a", b"small")) == b"small"
    blobs.delete(key)
    blobs.delete(key)
    assert blobs.open(key) is None and blobs.read(key) is None


def test_pieces_are_put_together(blobs: Blobs) -> None:
    async def receive(most: int) -> tuple[str, int]:
        return await blobs.receive("buckets", pieces(b"one", b"two"), most=most)

    key, size = anyio.run(receive, 6)
    assert (blobs.read(key), size) == (b"onetwo", 6)
    with pytest.raises(TooLarge):
        anyio.run(receive, 5)


def test_what_breaks_off_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            raise OSError("gone")

    kept = blobs.save("states", b"x")
    with pytest.raises(OSError, match="gone"):
        blobs.keep("states", Broken())  # type: ignore[arg-type]
    assert blobs.read(kept) == b"x"
    left = [path for path in tmp_path.rglob("states/*") if path.is_file()]
    assert len(left) <= 1


def test_all_of_a_tenant_goes(blobs: Blobs) -> None:
    keys = [blobs.save("a", b"1"), blobs.save("b", b"2")]
    blobs.clear()
    assert [blobs.read(key) for key in keys] == [None, None]
    blobs.clear()
    assert blobs.read(blobs.save("a", b"again")) == b"again"


def test_tenants_share_a_storage_and_nothing_in_it() -> None:
    url = f"memory://{uuid.uuid4()}/"
    one, two = (blobs_at(url, name, Path()) for name in ("one", "two"))
    key = one.save("a", b"mine")
    assert two.read(key) is None
    two.clear()
    assert one.read(key) == b"mine"


def test_only_a_folder_has_paths(tmp_path: Path) -> None:
    here = Folder(tmp_path)
    key = here.save("a", b"x")
    assert here.path(key) == tmp_path / key
    assert Service("memory://p").path(key) is None


@pytest.mark.parametrize("url", ["nothing://x", "carrier-pigeon://bucket/folder"])
def test_a_url_that_leads_nowhere(url: str, tmp_path: Path) -> None:
    with pytest.raises(StorageRefused, match="cannot be used"):
        blobs_at(url, "tenant", tmp_path)
