"""A PostgreSQL server to measure on: a cluster of our own in a temporary folder, with defaults."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from benchmarks.processes import begin_child, free_port

#: Debian keeps the server's programs off the PATH.
_PLACES = "/usr/lib/postgresql/*/bin/initdb"


class NoServer(Exception):
    """There is no PostgreSQL to measure on; the message says why."""


@contextmanager
def cluster(folder: Path, every_core: set[int]) -> Iterator[str]:
    """The URL of a database on a new cluster; its processes may use every core."""
    programs = _programs()
    user = _owner()
    folder.mkdir(parents=True)
    if user:
        shutil.chown(folder, user)
        for parent in folder.parents:  # mkdtemp's folders are closed to others
            if parent.stat().st_uid == os.getuid() and parent.stat().st_mode & 0o077 == 0:
                parent.chmod(0o711)
    data = folder / "data"
    initdb = str(programs / "initdb")
    made = [initdb, "-D", str(data), "-U", "benchmarks", "--auth=trust", "-E", "UTF8"]
    done = subprocess.run(made, user=user, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoServer(f"initdb: {done.stderr[-300:]}")
    port = free_port()
    with (folder / "log").open("ab") as said:
        server = subprocess.Popen(
            [
                programs / "postgres", "-D", data, "-p", str(port), "-k", folder,
                "-c", "listen_addresses=127.0.0.1",
            ],
            user=user, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            preexec_fn=partial(begin_child, every_core), start_new_session=True,
        )  # fmt: skip
    try:
        url = f"postgresql+psycopg://benchmarks@127.0.0.1:{port}/benchmarks"
        _wait(url, folder / "log")
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # "fast": clients are cut off
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait()


@contextmanager
def databases_of(url: str) -> Iterator[str]:
    """A name of our own on a server that somebody gave; what was made there goes again."""
    own = sa.make_url(url).set(database=f"benchmarks_{os.getpid()}")
    try:
        yield own.render_as_string(hide_password=False)
    finally:
        engine = sa.create_engine(own.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            found = sa.text("SELECT datname FROM pg_database WHERE starts_with(datname, :name)")
            for (name,) in connection.execute(found, {"name": own.database}).all():
                connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        engine.dispose()


def _programs() -> Path:
    on_path = shutil.which("initdb")
    found = [Path(on_path)] if on_path else sorted(Path("/").glob(_PLACES[1:]))
    if not found:
        raise NoServer("initdb was not found; --database-url names a server to use")
    return found[-1].resolve().parent


def _owner() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise NoServer("PostgreSQL does not run as root, and there is no user postgres") from None


def _wait(url: str, log: Path, patience: float = 30) -> None:
    engine = sa.create_engine(sa.make_url(url).set(database="postgres"))
    deadline = time.monotonic() + patience
    try:
        while True:
            try:
                engine.connect().close()
            except sa.exc.OperationalError as error:
                if time.monotonic() > deadline:
                    raise NoServer(log.read_text()[-500:]) from error
                time.sleep(0.05)
            else:
                return
    finally:
        engine.dispose()
