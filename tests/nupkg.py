"""Packages for tests: made in memory, as `uipath pack` and Studio write them."""

import io
import json
import zipfile
from typing import Any

NUSPEC = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2010/07/nuspec.xsd">
  <metadata>
    <id>{id}</id><version>{version}</version><title>{id}</title>
    <authors>Ada</authors><description>What {id} does</description>
  </metadata>
</package>"""

ADDER = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
SUM = {"type": "object", "properties": {"b": {"type": "integer"}}}


def archive(files: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def coded(id_: str = "adder", version: str = "0.0.1", **operate: Any) -> bytes:
    """A function in Python that takes `a` and gives `b`."""
    told = {
        "main": "main", "contentType": "Function", "targetFramework": "Portable",
        "targetRuntime": "python", "runtimeOptions": {"requiresUserInteraction": False},
    } | operate  # fmt: skip
    start = {"filePath": "main", "uniqueId": "6215c66a-74f9-4e20-be63-d3e75c662aae",
             "type": "function", "input": ADDER, "output": SUM}  # fmt: skip
    return archive(
        {
            f"{id_}.nuspec": NUSPEC.format(id=id_, version=version),
            "content/operate.json": json.dumps(told),
            "content/entry-points.json": json.dumps({"entryPoints": [start]}),
            "content/main.py": "def main(): ...",
        }
    )


def studio(id_: str = "Windows", version: str = "1.0.0", **project: Any) -> bytes:
    """A project of Studio."""
    told = {
        "main": "Main.xaml", "targetFramework": "Windows",
        "designOptions": {"outputType": "Process"},
        "entryPoints": [
            {"filePath": "Main.xaml", "input": [{"name": "In", "type": "System.String"}]}
        ],
    } | project  # fmt: skip
    return archive(
        {
            f"{id_}.nuspec": NUSPEC.format(id=id_, version=version),
            "lib/net45/project.json": json.dumps(told),
        }
    )
