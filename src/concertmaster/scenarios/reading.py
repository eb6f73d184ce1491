"""A scenario's name → what its YAML file and those that it includes say, row by row."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

#: The words of a file that name no entity set.
ABOUT, INCLUDE, BACKGROUND = "about", "include", "background"

_HERE = files(__package__ or "concertmaster.scenarios")


class ScenarioError(ValueError):
    """A scenario that cannot be loaded; the message names file, entity set and row."""


@dataclass(frozen=True, slots=True)
class Template:
    """One entry under an entity set: a row, or a pattern of many."""

    file: str
    entity_set: str
    number: int  #: counts from 1 within its entity set and file
    said: Mapping[str, Any]

    @property
    def where(self) -> str:
        return f"{self.file}: {self.entity_set}, row {self.number}"


@dataclass(frozen=True)
class Scenario:
    """Everything a scenario says, included files first."""

    name: str
    about: str
    templates: tuple[Template, ...]
    paused: bool = False  #: whether the background rests until it is told to work
    files: tuple[Path, ...] = ()  #: where it was read from, if not from the product itself


def built_in() -> dict[str, str]:
    """The scenarios that come with the product: name → what they are about.

    A file without an `about` is there to be included only.
    """
    found = (file.name for file in _HERE.iterdir() if file.name.endswith(".yaml"))
    names = sorted(name.removesuffix(".yaml") for name in found)
    abouts = {name: _read_built_in(name).about for name in names}
    return {name: about for name, about in abouts.items() if about}


def is_text(scenario: str) -> bool:
    """Whether it is what a file would say, not a name or a path: lines of YAML, or JSON."""
    return "\n" in scenario or scenario.lstrip().startswith("{")


def read(name: str) -> Scenario:
    """A scenario by the name of a built-in one, by the path of a file, or by its text.

    A text can include what is built in; it reaches no file.
    """
    if is_built_in(name):
        return _read_built_in(name)
    if is_text(name):
        return _parse(name, "scenario", None, ())
    path = Path(name)
    if not path.is_file():
        known = ", ".join(built_in())
        raise ScenarioError(f"there is no scenario '{name}': neither a file nor one of {known}")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{name}: cannot be read: {error}") from error
    return _parse(text, name, path.parent, (path.resolve(),))


def is_built_in(name: str) -> bool:
    return name.isidentifier() and (_HERE / f"{name}.yaml").is_file()


@cache
def _read_built_in(name: str) -> Scenario:
    file = f"{name}.yaml"
    return _parse((_HERE / file).read_text(encoding="utf-8"), file, None, (name,))


def _parse(text: str, file: str, folder: Path | None, trail: tuple[object, ...]) -> Scenario:
    try:
        said = yaml.load(text, _Loader) or {}  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        raise ScenarioError(f"{file}: {error}") from error
    if not isinstance(said, dict):
        raise ScenarioError(f"{file}: entity sets with their rows are expected")
    about = said.pop(ABOUT, "")
    background = said.pop(BACKGROUND, "works")
    if background not in ("works", "paused"):
        raise ScenarioError(f"{file}: the {BACKGROUND} either 'works' or is 'paused'")
    templates: list[Template] = []
    files = [part for part in trail[-1:] if isinstance(part, Path)]
    included = said.pop(INCLUDE, [])
    for other in included if isinstance(included, list) else [included]:
        found = _include(str(other), file, folder, trail)
        templates += found.templates
        files += found.files
    for entity_set, rows in said.items():
        templates += _templates(file, str(entity_set), rows)
    name = file.removesuffix(".yaml")
    paused = background == "paused"
    return Scenario(name, str(about).strip(), tuple(templates), paused, tuple(files))


def _include(name: str, file: str, folder: Path | None, trail: tuple[object, ...]) -> Scenario:
    if is_built_in(name):
        if name in trail:
            raise ScenarioError(f"{file}: includes itself")
        return _read_built_in(name)
    path = None if folder is None else folder / name
    if path is None or not path.is_file():
        raise ScenarioError(f"{file}: there is no scenario '{name}' to include")
    if path.resolve() in trail:
        raise ScenarioError(f"{file}: includes itself by way of {name}")
    text = path.read_text(encoding="utf-8")
    return _parse(text, str(path), path.parent, (*trail, path.resolve()))


def _templates(file: str, entity_set: str, rows: Any) -> list[Template]:
    if not isinstance(rows, list):
        raise ScenarioError(f"{file}: {entity_set}: a list of rows is expected")
    found = [Template(file, entity_set, number, row) for number, row in enumerate(rows, 1)]
    for template in found:
        if not isinstance(template.said, dict):
            raise ScenarioError(f"{template.where}: members with their values are expected")
    return found


# --- YAML, without its surprises ------------------------------------------------------------

_Plain: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Plain):  # type: ignore[misc]
    """Safe YAML where moments stay text (all their digits count) and no member stands twice."""

    # Without timestamps; the tables of the parent are shared, so they are copied.
    yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:timestamp"]
        for first, forms in _Plain.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:merge" and key.value in seen:
                mark = key.start_mark
                raise yaml.constructor.ConstructorError(
                    None, None, f"'{key.value}' stands twice", mark
                )
            seen.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found
