"""Commands that ask the controls of a running stand-in: a verb is a line of a table.

    VERBS = {"freeze": Verb("stop the time", "PUT", "/clock", (MOMENT,), _freeze)}

The path lies below `/_control`; words of the command line stand in it in braces.
"""

import argparse
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from concertmaster.cli import CommandFailed
from concertmaster.cli._running import add_connection, call, exchange, sign_in

Options = argparse.Namespace

#: The longest that a control may take, in seconds: advancing by a month does a month's work.
PATIENCE: Final = 600


@dataclass(frozen=True)
class Word:
    """An argument or a flag, as argparse takes it."""

    name: str
    help: str
    how: Mapping[str, Any] | None = None

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(self.name, help=self.help, **(self.how or {}))


@dataclass(frozen=True)
class Verb:
    """What a word on the command line asks for."""

    help: str
    method: str
    path: str
    words: tuple[Word, ...] = ()
    body: Callable[[Options], Any] | None = None
    query: tuple[str, ...] = ()  #: flags that are query options
    saves: str = ""  #: the word that names the file to write the answer to
    sends: str = ""  #: the word that names the file to send


Verbs = Mapping[str, Verb]


def add_verbs(parser: argparse.ArgumentParser, verbs: Verbs) -> None:
    commands = parser.add_subparsers(dest="verb", required=True, metavar="WHAT")
    for name, verb in verbs.items():
        command = commands.add_parser(
            name, help=verb.help, description=f"{verb.help}.", allow_abbrev=False
        )
        for word in verb.words:
            word.add_to(command)
        add_connection(command)


def run_verb(options: Options, verbs: Verbs) -> int:
    ask(options, verbs[options.verb])
    return 0


def ask(options: Options, verb: Verb) -> None:
    """Do it, and print what was answered."""
    session = sign_in(options)
    words = {name: quote(str(value), safe="/") for name, value in vars(options).items()}
    url = f"{session.tenant_url}/_control{verb.path.format_map(words)}"
    asked = {name: value for name in verb.query if (value := getattr(options, name)) is not None}
    if asked:
        url += f"?{urlencode(asked)}"
    folder = getattr(options, "folder", None)
    headers = {"X-UIPATH-FolderPath": folder} if folder else {}
    if verb.saves:
        target = Path(getattr(options, verb.saves) or f"{options.name}.zip")
        with exchange(verb.method, url, session.token, timeout=PATIENCE) as answer:
            _save(answer, target)
        print(target)
        return
    if verb.sends:
        _send(verb, url, session.token, Path(getattr(options, verb.sends)))
        return
    body = verb.body(options) if verb.body else None
    answer = call(verb.method, url, body, session.token, timeout=PATIENCE, headers=headers)
    if answer is not None:
        print(json.dumps(answer, indent=2, ensure_ascii=False))


def _save(answer: Any, target: Path) -> None:
    """Aside, then under its name: half a file is never taken for a whole one."""
    aside = target.with_name(f"{target.name}.part")
    try:
        with aside.open("wb") as out:
            shutil.copyfileobj(answer, out)
        aside.replace(target)
    except OSError as error:
        raise CommandFailed(f"{target} cannot be written: {error.strerror}") from error
    finally:
        aside.unlink(missing_ok=True)


def _send(verb: Verb, url: str, token: str, file: Path) -> None:
    try:
        with file.open("rb") as content:
            size = str(file.stat().st_size)
            with exchange(
                verb.method, url, token, content, timeout=PATIENCE,
                headers={"Content-Type": "application/octet-stream", "Content-Length": size},
            ):  # fmt: skip
                pass
    except FileNotFoundError as missing:
        raise CommandFailed(f"there is no file {file}") from missing


# --- words that several have --------------------------------------------------------------------

NAME: Final = Word("name", "its name")
FOLDER: Final = Word("--folder", "folder in which names are looked for")


def json_of(text: str) -> Any:
    """A word of the command line that is JSON."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise CommandFailed(f"'{text[:60]}' is no JSON: {error}") from error
