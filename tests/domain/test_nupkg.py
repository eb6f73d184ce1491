"""What a package says of itself is read; what a package must not be is refused."""

import io
import json
import zipfile

import pytest

from concertmaster.domain import nupkg
from concertmaster.domain.errors import InvalidPackage
from concertmaster.domain.packages import order
from nupkg import NUSPEC, archive, coded, studio


def read(content: bytes) -> nupkg.Package:
    return nupkg.read(io.BytesIO(content))


GOOD = NUSPEC.format(id="p", version="1.0.0")


def test_a_coded_package() -> None:
    found = read(coded())
    assert (found.id, found.version, found.main) == ("adder", "0.0.1", "main")
    assert (found.runtime, found.user_interaction) == ("function/python", False)
    (start,) = found.starts
    assert json.loads(start.input or "")["required"] == ["a"]
    assert start.unique_id == "6215c66a-74f9-4e20-be63-d3e75c662aae"
    assert found.manifest["authors"] == "Ada"


def test_a_package_of_studio() -> None:
    found = read(studio())
    assert (found.main, found.framework, found.runtime) == ("Main.xaml", "Windows", None)
    assert found.user_interaction
    assert json.loads(found.starts[0].input or "")[0]["name"] == "In"


def test_a_library() -> None:
    assert read(studio(designOptions={"outputType": "Library"})).library
    assert read(archive({"p.nuspec": GOOD})).library


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        archive({}),
        archive({"a.nuspec": GOOD, "b.nuspec": GOOD}),
        archive({"content/p.nuspec": GOOD}),
        archive({"p.nuspec": "<package>"}),
        archive({"p.nuspec": "<package/>"}),
        archive({"p.nuspec": "<!DOCTYPE package [<!ENTITY e 'x'>]>" + GOOD.partition("?>")[2]}),
        archive({"p.nuspec": NUSPEC.format(id="../p", version="1.0.0")}),
        archive({"p.nuspec": NUSPEC.format(id="p", version="new")}),
        archive({"p.nuspec": NUSPEC.format(id="p" * 101, version="1.0.0")}),
        archive({"p.nuspec": GOOD, "../../etc/passwd": ""}),
        archive({"p.nuspec": GOOD, "/etc/passwd": ""}),
        archive({"p.nuspec": GOOD, "c:\\x": ""}),
        archive({"p.nuspec": GOOD, "A.txt": "", "a.txt": ""}),
        archive({"p.nuspec": GOOD, "content/operate.json": "{"}),
        archive({"p.nuspec": GOOD, "content/operate.json": "[" * 100_000}),
        archive({"p.nuspec": b" " * (nupkg.MOST_READ + 1)}),
        coded()[:-40],
    ],
)
def test_what_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidPackage):
        read(content)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nupkg, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(InvalidPackage, match="too large"):
        read(archive({"p.nuspec": GOOD, "content/zeros": b"\0" * 1_000_001}))


def test_a_size_that_lies_is_found_out() -> None:
    """The directory says 10 bytes, the data unpacks to many more."""
    content = bytearray(archive({"p.nuspec": b" " * 100_000}))
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        size = made.infolist()[0].file_size.to_bytes(4, "little")
    while (at := content.find(size)) >= 0:
        content[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(InvalidPackage):
        read(bytes(content))


def test_versions_are_ordered_as_semver_says() -> None:
    ordered = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11",
               "1.0.0-rc.1", "1.0.0", "1.0.9", "1.0.10", "2.0"]  # fmt: skip
    turned = ordered[::-1]
    assert sorted(turned, key=order) == ordered
