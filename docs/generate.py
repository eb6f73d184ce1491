"""Writes the pages of docs/reference, and the table of README.md, from the code they speak of.

python docs/generate.py            write what changed
python docs/generate.py --check    write nothing; exit 1 and name what is stale
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

from fastapi import FastAPI
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from starlette.requests import Request as WebRequest
from starlette.routing import BaseRoute, Match

from concertmaster.app import create_app, model, operations, plain_paths
from concertmaster.cli import COMMANDS
from concertmaster.cli._controls import Verbs, Word
from concertmaster.domain.clock import Clock
from concertmaster.domain.errors import OrchestratorError
from concertmaster.edge.address import AnyCase
from concertmaster.edge.errors import render
from concertmaster.odata.errors import MethodNotAllowed, NoSuchResource, ODataError
from concertmaster.odata.model import EntitySet
from concertmaster.odata.request import split_path
from concertmaster.odata.target import resolve
from concertmaster.scenarios import built_in
from concertmaster.scenarios.building import build
from concertmaster.scenarios.reading import read
from concertmaster.settings import Settings, flag, variable
from concertmaster.surface import Operation
from concertmaster.surface import operations as surface

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
README = ROOT / "README.md"

NOTE = "<!-- Written by docs/generate.py. Change the code, then run it. -->"
BEGIN, END = "<!-- generated: operations -->", "<!-- end of generated -->"

#: Where the table knows an operation from.
SOURCES = {
    "v20": "the current API description",
    "v16": "an older API description (2023.4)",
    "v11": "an older API description (2020.10)",
    "client": "no description; clients were seen to call it",
}

# --- Markdown -----------------------------------------------------------------------------


def page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", NOTE, *parts)) + "\n"


def prose(text: str) -> str:
    """A paragraph, however the source breaks its lines."""
    return " ".join(text.split())


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def code(value: object) -> str:
    return f"`{value}`" if str(value) else ""


def codes(values: Iterable[object], joint: str = ", ") -> str:
    return joint.join(code(value) for value in values)


# --- settings -----------------------------------------------------------------------------


def settings_page() -> str:
    """Every switch: flag, variable, default, meaning."""
    rows = [
        (code(flag(name)), code(variable(name)), _default(field), _meaning(field))
        for name, field in Settings.model_fields.items()
    ]
    commands = [(code(f"concertmaster {name}"), what) for name, what in COMMANDS.items()]
    return page(
        "Settings",
        prose(
            """A flag of `concertmaster serve`, or a variable of its environment; the flag wins. A
            switch that is on by a variable is turned off by its `--no-…` flag. `concertmaster
            doctor` takes the same and says whether a server would run with them."""
        ),
        table(("flag", "variable", "default", "what it is"), rows),
        "## Commands",
        table(("command", "what it does"), commands),
        "Each of them explains its flags with `--help`.",
    )


def _default(field: FieldInfo) -> str:
    if field.default in (None, PydanticUndefined):
        return ""
    return code("off" if field.default is False else field.default)


def _meaning(field: FieldInfo) -> str:
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    said = field.description or ""
    return f"{said} ({', '.join(choices)})" if choices else said


# --- entity sets --------------------------------------------------------------------------


def entity_sets_page() -> str:
    """Every set: what it is, what it answers, what it asks for."""
    sets = sorted(model(), key=lambda entity_set: entity_set.name)
    return page(
        "Entity sets",
        prose(
            f"""{len(sets)} sets. All of them are read as a list, by key and by `/$count`, with the
            whole query language; `$metadata` has the types of every property."""
        ),
        prose(
            """A *permission* is a family: a GET asks for its `.View`, a POST for `.Create`, PUT and
            PATCH for `.Edit`, DELETE for `.Delete`; where that is not so, it is spelt out. A
            *scope* is one too: its bare name or `.Read` lets read, its bare name or `.Write` lets
            write. *Folder*: `required` sets answer within one folder, `optional` ones within the
            folder of the request or across all that the caller can see."""
        ),
        table(
            ("set", "methods", "permission", "scope", "folder", "properties", "navigation"),
            [_set_row(entity_set) for entity_set in sets],
        ),
        *(_set_section(entity_set) for entity_set in sets),
    )


def _set_row(entity_set: EntitySet) -> Sequence[object]:
    words = entity_set.declaration.host
    permission = [code(words["permission"])] if "permission" in words else []
    for method, asked in words.get("permissions", {}).items():
        permission.append(f"{method}: {code(asked) or 'signed in'}")
    return (
        f"[{entity_set.name}](#{entity_set.name.lower()})",
        " ".join(sorted(entity_set.declaration.methods)),
        "; ".join(permission),
        code(words.get("scope") or ""),
        words.get("folder") or "",
        len(entity_set.type.properties),
        codes(sorted(entity_set.type.navigations)),
    )


def _set_section(entity_set: EntitySet) -> str:
    declared = entity_set.type
    bound = sorted(o.name for o in operations().all if o.set_name == entity_set.name)
    parts = [f"## {entity_set.name}", declared.doc, codes(declared.properties)]
    if bound:
        parts.append(f"Operations: {codes(bound)}.")
    if declared.declaration.aliases:
        names = codes(sorted(declared.declaration.aliases))
        parts.append(f"Also understood in queries: {names}.")
    return "\n\n".join(parts)


# --- operations ---------------------------------------------------------------------------


@cache
def application() -> FastAPI:
    """No data is opened for it."""
    unopened: Any = SimpleNamespace(settings=Settings())
    return create_app(Settings(), unopened)


def routes() -> tuple[BaseRoute, ...]:
    """The routes that are not OData, as the application has them."""
    return tuple(application().router.routes)


@cache
def any_case() -> AnyCase:
    """Finds a path in whatever letter case, as the application does."""
    nothing: Any = None
    return AnyCase(nothing, plain_paths())


def is_built(operation: Operation) -> bool:
    """Whether a request for it would be answered by anything but a 501."""
    path = re.sub(r"\{\w+\}", "7", operation.path)
    if path.lower().startswith("/odata/"):
        segments = split_path(path[len("/odata") :])
        try:
            resolve(operation.method, segments, model(), operations())
        except (NoSuchResource, MethodNotAllowed):
            return False
        return True
    path = any_case().declared(path)
    scope = {"type": "http", "method": operation.method, "path": path, "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in routes())


@cache
def states() -> dict[Operation, bool]:
    return {operation: is_built(operation) for operation in surface()}


def tag_of(operation: Operation) -> str:
    return operation.name.partition("_")[0]


def counted() -> dict[str, tuple[int, int]]:
    """Tag → how many operations are built, and how many are known."""
    known = Counter(tag_of(operation) for operation in surface())
    built = Counter(tag_of(operation) for operation, done in states().items() if done)
    return {tag: (built[tag], known[tag]) for tag in sorted(known)}


def operations_page() -> str:
    """The known surface, by tag, each operation with its state."""
    done = sum(states().values())
    by_source = Counter(operation.source for operation in surface())
    sources = [(code(name), what, by_source[name]) for name, what in SOURCES.items()]
    return page(
        "Operations",
        prose(
            f"""What Orchestrator is known to answer: {len(surface())} operations, of which
            **{done} are built** and {len(surface()) - done} are not built yet. Those answer **501**
            with their name; nothing pretends."""
        ),
        prose(
            """*Permissions* and *scopes* are those of the real product; a scope in its bare form
            (`OR.Jobs`) stands for both `OR.Jobs.Read` and `OR.Jobs.Write`. *Source* says where the
            operation is known from:"""
        ),
        table(("source", "known from", "operations"), sources),
        *(_tag_section(tag, *numbers) for tag, numbers in counted().items()),
    )


def _tag_section(tag: str, built: int, known: int) -> str:
    rows = [
        (
            f"{operation.method} {code(_short(operation.path))}",
            "built" if done else "501",
            operation.permissions,
            codes(operation.scopes, " or "),
            operation.source,
        )
        for operation, done in states().items()
        if tag_of(operation) == tag
    ]
    head = ("operation", "state", "permissions", "scopes", "source")
    return f"## {tag}\n\n{built} of {known} built.\n\n{table(head, rows)}"


def _short(path: str) -> str:
    """Without the namespace that nearly all of them have, and that may be left out."""
    return path.replace("UiPath.Server.Configuration.OData.", "")


def readme_table() -> str:
    """Tags of which something is built, then the rest in a line."""
    rows: list[Sequence[object]] = [
        (tag, built, known) for tag, (built, known) in counted().items() if built
    ]
    rest = [known for built, known in counted().values() if not built]
    rows.append((f"{len(rest)} more tags", 0, sum(rest)))
    rows.append(("**all**", f"**{sum(states().values())}**", f"**{len(surface())}**"))
    return table(("tag", "built", "known"), rows)


# --- errors -------------------------------------------------------------------------------


def errors_page() -> str:
    """Both families of errors, as a client meets them."""
    ours = [
        (code(kind.__name__), int(kind.status), kind.number, kind.sentence())
        for kind in OrchestratorError.family()
    ]
    return page(
        "Errors",
        prose(
            """Every failure has the same body: `message`, `errorCode`, `traceId`, `resourceIds`.
            Clients switch on `errorCode`; where no public source proves the number that the real
            product sends, it is 0 here. 401 and 403 have these members and, beside them, the
            envelope that clients know by `unAuthorizedRequest`. `traceId` is that of the request's
            `traceparent`, if it has one."""
        ),
        "## Of Orchestrator",
        table(("error", "status", "errorCode", "message"), ours),
        "## Of a query, a body or a URL",
        "What the OData engine refuses; its message says what is wrong and where.",
        table(("error", "status", "errorCode", "when"), [_engine_row(kind) for kind in _engine()]),
    )


def _engine() -> Iterable[type[ODataError]]:
    pending = list(ODataError.__subclasses__())
    while pending:
        kind = pending.pop(0)
        yield kind
        pending[:0] = kind.__subclasses__()


#: Said for those that have no sentence in the code: their name is all there is to say.
WHEN = {
    "BadRequest": "The URL, an option, a header or the body is wrong.",
    "InvalidQuery": "A query option does not hold against the model, or asks for too much.",
    "InvalidPayload": "The body does not fit what it is for.",
    "NotFound": "No such row.",
    "NoSuchResource": "The path names nothing that exists.",
    "MethodNotAllowed": "The path exists, for other methods: `Allow` says which.",
    "NotAcceptable": "No form of the answer that the request accepts.",
    "Conflict": "Another row has the value already.",
    "PreconditionFailed": "`If-Match` names another version of the row.",
    "UnsupportedMediaType": "The body comes in a form that is not read.",
}


def _engine_row(kind: type[ODataError]) -> Sequence[object]:
    web = WebRequest({"type": "http", "method": "GET", "path": "/", "headers": []})
    answer = render(web, kind("…"))
    number = re.search(rb'"errorCode":(\d+)', bytes(answer.body))
    assert number is not None
    return code(kind.__name__), int(kind.status), int(number[1]), WHEN[kind.__name__]


# --- scenarios ----------------------------------------------------------------------------


def scenarios_page() -> str:
    """What comes with the product, and what a file of one's own may say."""
    rows = [(code(name), about) for name, about in built_in().items()]
    return page(
        "Scenarios",
        prose(
            """What a new tenant holds: `concertmaster serve --scenario NAME`, or the path of a YAML
            file ([how to write one](../howto/own-scenario.md))."""
        ),
        table(("scenario", "what it is"), rows),
        "## How many rows",
        table(("set", *built_in()), _row_counts()),
    )


def _row_counts() -> Iterable[Sequence[object]]:
    """Entity set, and its rows in each scenario."""
    worlds = [rows_of(name) for name in built_in()]
    for entity_set in sorted(model(), key=lambda entity_set: entity_set.name):
        numbers = [world.get(entity_set.type.cls, 0) for world in worlds]
        if any(numbers):
            yield entity_set.name, *(number or "" for number in numbers)


def rows_of(name: str) -> dict[type[Any], int]:
    """The rows that a scenario makes, by class; nothing is stored."""
    clock = Clock()
    clock.freeze("2026-01-01T12:00:00.0000000Z")  # the page must not change with the hour
    key = "00000000-0000-0000-0000-000000000001"
    tenant: Any = SimpleNamespace(
        id=1, key=key, name="Default", organization="acme", organization_key=key, clock=clock
    )
    return {cls: len(rows) for cls, rows in build(read(name), tenant).rows.items()}


# --- enumerations -------------------------------------------------------------------------


def enumerations_page() -> str:
    """Members by name and number: either is understood, names are answered."""
    found = sorted(model().enums.values(), key=lambda enumeration: enumeration.name)
    rows = [(code(e.name.rpartition(".")[2]), _members(e.members)) for e in found]
    return page(
        "Enumerations",
        "A member goes on the wire by its name. In a query or a body it may come by name in any "
        "letter case, by number, or by number in quotes.",
        table(("enumeration", "members"), rows),
    )


def _members(members: type[Enum]) -> str:
    return ", ".join(f"{name} {int(member.value)}" for name, member in members.__members__.items())


# --- controls -----------------------------------------------------------------------------


def controls_page() -> str:
    """Every call below `/_control` with what it takes, and the commands that make it."""
    return page(
        "Controls",
        prose(
            """What only a stand-in can do, for administrators: below `/_control` of the default
            tenant, or below `/{organization}/{tenant}/_control` of another. Bodies and answers are
            JSON, but for the file of a snapshot. [How to use them](../howto/control.md)."""
        ),
        table(("call", "what it does", "body", "query"), _control_calls()),
        "## On the command line",
        prose(
            """Each asks a running stand-in, the one at `--url` (`CONCERTMASTER_URL`), in its
            default tenant or in the one that `--tenant` names, as `--user` with `--password`.
            Answers are printed as JSON."""
        ),
        table(("command", "what it does"), _control_commands()),
    )


def _control_calls() -> Iterable[Sequence[str]]:
    schema = FastAPI.openapi(application())  # without OData
    for path, methods in sorted(schema["paths"].items()):
        for method, told in methods.items():
            if not path.startswith("/_control"):
                continue
            said = prose(told.get("description", told["summary"])).split(". ")[0].rstrip(".")
            query = [one["name"] for one in told.get("parameters", ()) if one["in"] == "query"]
            body = _told_members(told.get("requestBody", {}), schema)
            yield f"{method.upper()} {code(path)}", said, codes(body), codes(query)


def _told_members(body: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """The names of what a body may hold; an optional one with a question mark."""
    said = next(iter(body.get("content", {}).values()), {}).get("schema", {})
    for choice in said.get("anyOf", [said]):
        name = choice.get("$ref", "").rpartition("/")[2]
        if name:
            model_of = schema["components"]["schemas"][name]
            needed = model_of.get("required", ())
            return [m if m in needed else f"{m}?" for m in model_of.get("properties", {})]
    return ["a list"] if said.get("type") == "array" else []


def _control_commands() -> Iterable[Sequence[str]]:
    for command, what in COMMANDS.items():
        module = import_module(f"concertmaster.cli.{command}")
        verbs: Verbs = getattr(module, "VERBS", {})
        if command == "reset":
            yield code("concertmaster reset"), what
        for name, verb in verbs.items():
            words = [_word(word) for word in verb.words]
            yield code(" ".join(["concertmaster", command, name, *words])), verb.help


def _word(word: Word) -> str:
    how = word.how or {}
    if word.name.startswith("--"):
        return f"[{word.name}]"
    shown = str(how.get("metavar", word.name)).upper()
    return f"[{shown}]" if how.get("nargs") in ("?", "*") else shown


# --- all of them --------------------------------------------------------------------------

PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "entity-sets.md": entity_sets_page,
    "enumerations.md": enumerations_page,
    "operations.md": operations_page,
    "errors.md": errors_page,
    "scenarios.md": scenarios_page,
    "controls.md": controls_page,
}


def readme(text: str) -> str:
    """The README with its table as it should be."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"README.md has lost its markers {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{readme_table()}\n{END}{after}"


def expected() -> dict[Path, str]:
    """Every file that is generated, and what it should hold."""
    files = {REFERENCE / name: make() for name, make in PAGES.items()}
    files[README] = readme(README.read_text(encoding="utf-8"))
    return files


def stale() -> list[Path]:
    return [
        path
        for path, text in expected().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Writes the pages that come from the code.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if one is stale"
    )
    checking = parser.parse_args(arguments).check
    old = stale()
    for path in old:
        print(f"{'stale' if checking else 'written'}: {path.relative_to(ROOT)}")
        if not checking:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(expected()[path], encoding="utf-8")
    return int(checking and bool(old))


if __name__ == "__main__":
    sys.exit(main())
