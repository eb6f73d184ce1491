"""What a .nupkg says of itself: its manifest, its entry points, what it needs to run.

A package comes from anyone, so nothing of it is trusted: it is never unpacked to the disk, names
in it become no paths, only the few files that describe it are read, each up to a limit whatever
the archive claims, and its XML may not declare entities.
"""

import json
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NoReturn
from xml.etree import ElementTree as ET

from concertmaster.domain.errors import InvalidPackage

MOST_FILES = 50_000
MOST_UNPACKED = 4 * 2**30
MOST_READ = 8 * 2**20  #: of one file that describes the package

_ID = re.compile(r"\w+(?:[.-]\w+)*", re.ASCII)
_VERSION = re.compile(r"\d+(?:\.\d+){0,3}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)


@dataclass(frozen=True)
class Start:
    """A workflow or function that can be started, its arguments as JSON texts."""

    path: str
    unique_id: str | None = None
    input: str | None = None
    output: str | None = None


@dataclass(frozen=True)
class Package:
    """What is known of a package."""

    id: str
    version: str
    manifest: Mapping[str, str]  #: of the .nuspec, names in lower case
    main: str | None = None
    starts: Sequence[Start] = ()
    content: str = "Process"  #: Process, Function, Agent, Library…
    framework: str = "Portable"
    runtime: str | None = None  #: `function/python`; None runs on any robot
    user_interaction: bool = True
    attended: bool = False
    words: Mapping[str, Any] = field(default_factory=dict)

    @property
    def library(self) -> bool:
        return self.content.lower() in ("library", "processlibrary")


def read(content: BinaryIO) -> Package:
    """Raises InvalidPackage for what is no package, or one that is not to be trusted."""
    try:
        with zipfile.ZipFile(content) as archive:
            _check(archive)
            return _describe(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise InvalidPackage("The file is not a valid NuGet package.") from error


def _check(archive: zipfile.ZipFile) -> None:
    files = archive.infolist()
    if len(files) > MOST_FILES or sum(file.file_size for file in files) > MOST_UNPACKED:
        raise InvalidPackage("The package is too large when unpacked.")
    seen: set[str] = set()
    for file in files:
        name = file.filename.replace("\\", "/")
        steps = name.removeprefix("./").split("/")
        if name.startswith("/") or ".." in steps or re.match(r"[A-Za-z]:", name) or "\0" in name:
            raise InvalidPackage(f"The package holds a file outside of itself: {name[:200]}.")
        if name.lower() in seen and not name.endswith("/"):
            raise InvalidPackage(f"The package holds a file twice: {name[:200]}.")
        seen.add(name.lower())


def _describe(archive: zipfile.ZipFile) -> Package:
    manifest = _manifest(archive)
    name, version = manifest.get("id", ""), manifest.get("version", "")
    if not _ID.fullmatch(name) or len(name) > 100:
        raise InvalidPackage(f"The id of the package is not valid: '{name[:120]}'.")
    if not _VERSION.fullmatch(version) or len(version) > 64:
        raise InvalidPackage(f"The version of the package is not valid: '{version[:80]}'.")
    given: dict[str, Any] = {"id": name, "version": version.partition("+")[0], "manifest": manifest}
    operate = _json(archive, "operate.json")
    if operate:
        return _coded(archive, given, operate)
    project = _json(archive, "project.json")
    return _studio(given, project) if project else Package(**given, content="Library")


# --- coded packages -------------------------------------------------------------------------


def _coded(archive: zipfile.ZipFile, given: dict[str, Any], operate: dict[str, Any]) -> Package:
    """`operate.json` and `entry-points.json`, as `uipath pack` writes them."""
    listed = _json(archive, "entry-points.json").get("entryPoints")
    starts = [
        Start(
            str(item.get("filePath") or ""),
            _guid(item.get("uniqueId")),
            _text(item.get("input")),
            _text(item.get("output")),
        )
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, dict) and item.get("filePath")
    ]
    options = operate.get("runtimeOptions")
    options = options if isinstance(options, dict) else {}
    content = str(operate.get("contentType") or "Process")
    target = str(operate.get("targetRuntime") or "").lower()
    return Package(
        **given,
        main=str(operate.get("main") or "") or (starts[0].path if starts else None),
        starts=starts,
        content=content,
        framework=str(operate.get("targetFramework") or "Portable"),
        runtime=f"{content}/{target}".lower() if target else None,
        user_interaction=bool(options.get("requiresUserInteraction", False)),
        attended=bool(options.get("isAttended", False)),
        words=operate,
    )


# --- packages of Studio ---------------------------------------------------------------------


def _studio(given: dict[str, Any], project: dict[str, Any]) -> Package:
    """`project.json`, as Studio writes it."""
    listed = project.get("entryPoints")
    starts = [
        Start(
            str(item["filePath"]),
            _guid(item.get("uniqueId")),
            _text(item.get("input") or []),
            _text(item.get("output") or []),
        )
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, dict) and item.get("filePath")
    ]
    design, options = (
        part if isinstance(part, dict) else {}
        for part in (project.get("designOptions"), project.get("runtimeOptions"))
    )
    return Package(
        **given,
        main=str(project.get("main") or "Main.xaml"),
        starts=starts or [Start(str(project.get("main") or "Main.xaml"))],
        content=str(design.get("outputType") or "Process"),
        framework=str(project.get("targetFramework") or "Legacy"),
        user_interaction=bool(options.get("requiresUserInteraction", True)),
        attended=bool(options.get("isAttended", False)),
        words=project,
    )


# --- files of the archive -------------------------------------------------------------------


def _json(archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    """The described project lies in `content`, or in `lib/<framework>`; {} where it is not."""
    for found in archive.namelist():
        folder, _, last = found.replace("\\", "/").removeprefix("./").rpartition("/")
        if last.lower() == name and re.fullmatch(r"content|lib/[^/]+", folder, re.IGNORECASE):
            try:
                value = json.loads(_bounded(archive, found).decode("utf-8-sig"))
            except (ValueError, RecursionError):
                raise InvalidPackage(f"The file {name} of the package is not valid.") from None
            return value if isinstance(value, dict) else {}
    return {}


def _bounded(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        content = file.read(MOST_READ + 1)
    if len(content) > MOST_READ:
        raise InvalidPackage(f"The file {name[:200]} of the package is too large.")
    return content


def _manifest(archive: zipfile.ZipFile) -> dict[str, str]:
    """The members of the .nuspec, which lies at the top and of which there is one."""
    names = [
        name
        for name in archive.namelist()
        if name.lower().endswith(".nuspec") and "/" not in name.removeprefix("./")
    ]
    if len(names) != 1:
        raise InvalidPackage("The package has no manifest (.nuspec), or more than one.")
    parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314 - see _NoDoctype
    try:
        parser.feed(_bounded(archive, names[0]))
        root = parser.close()
    except (ET.ParseError, LookupError, ValueError) as error:
        raise InvalidPackage("The manifest of the package is not valid XML.") from error
    metadata = next((part for part in root if _local(part) == "metadata"), None)
    if metadata is None:
        raise InvalidPackage("The manifest of the package has no metadata.")
    return {_local(part): (part.text or "").strip() for part in metadata}


class _NoDoctype(ET.TreeBuilder):
    """A manifest needs no DOCTYPE, and entities (XXE, "billion laughs") live in one."""

    def doctype(self, name: str, public: str | None, system: str | None) -> NoReturn:
        raise InvalidPackage("The manifest of the package must not have a DOCTYPE.")


def _local(part: ET.Element) -> str:
    return str(part.tag).rpartition("}")[2].lower()


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _guid(value: Any) -> str | None:
    text = str(value or "").strip("{} ").lower()
    return text if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) else None
