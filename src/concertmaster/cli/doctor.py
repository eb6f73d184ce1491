"""`concertmaster doctor`: what the stand-in needs, and whether it is there."""

import argparse
import importlib.metadata
import importlib.util
import os
import shutil
import socket
import sqlite3
import sys
import urllib.request
from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from concertmaster.cli import CommandFailed
from concertmaster.cli._flags import add_settings, settings_of
from concertmaster.cli._running import call, local_url
from concertmaster.settings import Settings

#: The oldest with `RETURNING` (3.35); state changes rely on it.
SQLITE = (3, 35)

Finding = tuple[bool | None, str]  #: fine, not fine, or worth knowing


def arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    failed = False
    for check in CHECKS:
        fine, said = check(settings)
        failed |= fine is False
        print(f"{ {True: 'ok', False: 'no', None: '--'}[fine] }  {said}")
    return int(failed)


def python(_settings: Settings) -> Finding:
    return sys.version_info >= (3, 11), f"Python {sys.version.split()[0]} (3.11 or newer)"


def sqlite(_settings: Settings) -> Finding:
    fine = sqlite3.sqlite_version_info >= SQLITE
    return fine, f"SQLite {sqlite3.sqlite_version} ({'.'.join(map(str, SQLITE))} or newer)"


def time_zones(_settings: Settings) -> Finding:
    try:
        ZoneInfo("Europe/Bucharest")
    except ZoneInfoNotFoundError:
        return False, "time zone data is missing; `pip install tzdata`"
    return True, "time zone data"


def port(settings: Settings) -> Finding:
    url = local_url(settings.host, settings.port)
    try:
        call("GET", f"{url}/health/live")
    except CommandFailed:
        pass
    else:
        return True, f"a stand-in answers at {url}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        if sys.platform != "win32":
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((settings.host.strip("[]"), settings.port))
        except OSError as error:
            return False, f"{settings.host}:{settings.port} cannot be used: {error.strerror}"
    return True, f"{settings.host}:{settings.port} is free; no stand-in runs there"


def data(settings: Settings) -> Finding:
    folder = settings.data.resolve()
    exists = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(exists, os.W_OK):
        return False, f"{folder} cannot be written to"
    return True, f"{folder} ({'there' if folder.exists() else 'will be made'})"


def database(settings: Settings) -> Finding:
    if importlib.util.find_spec("psycopg") is None:
        wanted = settings.database_url is not None
        return (False if wanted else None), (
            "psycopg is not installed: PostgreSQL needs `pip install 'concertmaster[postgres]'`"
        )
    version = importlib.metadata.version("psycopg")
    if settings.database_url is None:
        return True, f"psycopg {version}"
    import sqlalchemy as sa

    url = sa.make_url(settings.database_url.get_secret_value()).set(database="postgres")
    shown = url.render_as_string(hide_password=True)
    try:
        with sa.create_engine(url, connect_args={"connect_timeout": 5}).connect() as connection:
            server = connection.exec_driver_sql("SHOW server_version").scalar()
            makes = connection.exec_driver_sql(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).scalar()
    except sa.exc.SQLAlchemyError as error:
        return False, f"{shown} cannot be reached: {str(error).splitlines()[0]}"
    if not makes:
        return False, f"{shown}: the role may not create databases (CREATEDB), a tenant is one"
    return True, f"PostgreSQL {server} with psycopg {version}"


def uv(_settings: Settings) -> Finding:
    if shutil.which("uv"):
        return True, "uv, with which UiPath's robot builds the environments of jobs"
    return None, "uv is not installed: UiPath's robot needs it to run jobs"


def proxies(_settings: Settings) -> Finding:
    if urllib.request.getproxies() and not urllib.request.proxy_bypass("127.0.0.1"):
        return (
            None,
            "a proxy is set for 127.0.0.1 too: clients may need NO_PROXY=127.0.0.1,localhost",
        )
    return True, "no proxy stands between clients and 127.0.0.1"


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    python, sqlite, time_zones, data, port, database, uv, proxies,
)  # fmt: skip
