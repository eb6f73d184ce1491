"""Flags of the command line, made from the settings, and settings made from flags."""

import argparse
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from concertmaster.cli import CommandFailed
from concertmaster.settings import Settings, flag, variable


def add_settings(parser: argparse.ArgumentParser) -> None:
    """A flag for every setting; one that is not given leaves the word to the environment."""
    for name, field in Settings.model_fields.items():
        how: dict[str, Any] = {
            "dest": name,
            "default": argparse.SUPPRESS,
            "help": _help(name, field),
        }
        if field.annotation is bool:
            how["action"] = argparse.BooleanOptionalAction
        else:
            how["metavar"] = name.rpartition("_")[2].upper()
        parser.add_argument(flag(name), **how)


def settings_of(options: argparse.Namespace) -> Settings:
    given = {name: value for name, value in vars(options).items() if name in Settings.model_fields}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise CommandFailed("\n".join(_sentence(problem) for problem in error.errors())) from error


def _help(name: str, field: FieldInfo) -> str:
    default = "" if field.default in (None, False) else f", default {field.default}"
    return f"{field.description} ({variable(name)}{default})".replace("%", "%%")


def _sentence(problem: Any) -> str:
    where = " ".join(flag(str(part)) for part in problem["loc"])
    said = str(problem["msg"]).removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
