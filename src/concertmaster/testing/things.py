"""What tests set up most: folders, queues, assets, processes, each made through the API itself."""

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import httpx


class NotMade(AssertionError):
    """The stand-in refused; the message is its own."""


def answer_of(answer: httpx.Response) -> Any:
    """The JSON of an answer. Raises NotMade."""
    if answer.is_error:
        try:
            said = answer.json()["message"]
        except (ValueError, KeyError, TypeError):
            said = answer.text[:200]
        raise NotMade(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {said}"
        )
    return answer.json() if answer.content else None


@dataclass(frozen=True)
class Folder:
    """A folder."""

    id: int
    path: str
    key: str


@dataclass(frozen=True)
class Asset:
    """An asset."""

    id: int
    name: str


@dataclass(frozen=True)
class Process:
    """A process, with a package of its own."""

    id: int
    key: str
    name: str
    folder: str
    _client: httpx.Client = field(repr=False, compare=False)

    def start(self, **arguments: Any) -> dict[str, Any]:
        """Start a job with these input arguments; the job as the API shows it."""
        info: dict[str, Any] = {"ReleaseKey": self.key, "JobsCount": 1, "Strategy": "JobsCount"}
        if arguments:
            info["InputArguments"] = json.dumps(arguments)
        answer = self._client.post(
            "odata/Jobs/UiPath.Server.Configuration.OData.StartJobs",
            json={"startInfo": info},
            headers={"x-uipath-folderpath": self.folder},
        )
        job: dict[str, Any] = answer_of(answer)["value"][0]
        return job


@dataclass(frozen=True)
class Queue:
    """A queue."""

    id: int
    name: str
    folder: str
    _client: httpx.Client = field(repr=False, compare=False)

    def add(self, reference: str | None = None, **content: Any) -> dict[str, Any]:
        """Add an item with this specific content; the item as the API shows it."""
        data = {"Name": self.name, "SpecificContent": content, "Reference": reference}
        answer = self._client.post(
            "odata/Queues/UiPathODataSvc.AddQueueItem",
            json={"itemData": {name: value for name, value in data.items() if value is not None}},
            headers={"x-uipath-folderpath": self.folder},
        )
        item: dict[str, Any] = answer_of(answer)
        return item

    def items(self, status: str | None = None) -> list[dict[str, Any]]:
        """The items, oldest first; of one status, if it is given."""
        wanted = f"QueueDefinitionId eq {self.id}"
        if status is not None:
            wanted += f" and Status eq '{status}'"
        answer = self._client.get(
            "odata/QueueItems",
            params={"$filter": wanted, "$orderby": "Id"},
            headers={"x-uipath-folderpath": self.folder},
        )
        items: list[dict[str, Any]] = answer_of(answer)["value"]
        return items


#: A type of Python → the type of an asset, and the member that holds its value.
VALUES: dict[type, tuple[str, str]] = {
    bool: ("Bool", "BoolValue"),
    int: ("Integer", "IntValue"),
    str: ("Text", "StringValue"),
}


def asset_of(name: str, value: object) -> dict[str, Any]:
    """What to send for an asset; a pair is a credential, anything of JSON is text."""
    told: dict[str, Any] = {"Name": name, "ValueScope": "Global"}
    if isinstance(value, tuple):
        user, password = value
        return {
            **told, "ValueType": "Credential", "CredentialUsername": user,
            "CredentialPassword": password,
        }  # fmt: skip
    if type(value) not in VALUES:
        value = json.dumps(value)
    kind, member = VALUES[type(value)]
    return {**told, "ValueType": kind, member: value}


# --- packages ---------------------------------------------------------------------------------

_NUSPEC = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2010/07/nuspec.xsd">
  <metadata><id>{id}</id><version>{version}</version><title>{id}</title>
    <authors>tests</authors><description>Made for a test</description></metadata>
</package>"""


def package(id_: str, version: str, arguments: dict[str, str]) -> bytes:
    """A package without code; `arguments` are its inputs, by name with their JSON types."""
    start = {
        "filePath": "main",
        "uniqueId": "6215c66a-74f9-4e20-be63-d3e75c662aae",
        "type": "function",
        "input": {
            "type": "object",
            "properties": {name: {"type": kind} for name, kind in arguments.items()},
        },
        "output": {"type": "object", "properties": {}},
    }
    operate = {
        "main": "main", "contentType": "Function", "targetFramework": "Portable",
        "targetRuntime": "python", "runtimeOptions": {"requiresUserInteraction": False},
    }  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(f"{id_}.nuspec", _NUSPEC.format(id=escape(id_), version=escape(version)))
        made.writestr("content/operate.json", json.dumps(operate))
        made.writestr("content/entry-points.json", json.dumps({"entryPoints": [start]}))
    return out.getvalue()
