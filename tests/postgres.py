"""A PostgreSQL server of the tests' own: a cluster in a temporary folder, reached over a socket in it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

WANTED = (
    "PostgreSQL tests need a server: install postgresql (initdb and postgres on the PATH or in "
    "/usr/lib/postgresql/*/bin), or set YEARWHEEL_TEST_POSTGRES_URL to one where databases may be created"
)
START_LIMIT = 30.0  # seconds
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",
    "max_connections=50",
)


class NoPostgres(Exception):
    """No server can be had here; the message says how to get one."""


@contextmanager
def server() -> Iterator[URL]:
    """The URL of a server we may create databases on: the one in the environment, else our own cluster."""
    if given := os.environ.get("YEARWHEEL_TEST_POSTGRES_URL"):
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    folder = Path(tempfile.mkdtemp(prefix="yearwheel-pg-"))
    try:
        with _cluster(folder) as url:
            yield url
    finally:
        shutil.rmtree(folder)


@contextmanager
def _cluster(folder: Path) -> Iterator[URL]:
    run_as = _not_root(folder)
    data = folder / "data"
    initdb = [_find("initdb"), "-D", data, "-U", "yearwheel", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*initdb, "--locale=C"], check=True, capture_output=True, cwd=folder, **run_as)
    settings = [word for setting in FAST for word in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [_find("postgres"), "-D", data, "-k", folder, *settings],
            cwd=folder, stdout=log, stderr=log, **run_as,
        )  # fmt: skip
    url = URL.create(
        "postgresql+psycopg", username="yearwheel", database="postgres", query={"host": str(folder)}
    )
    try:
        _wait(url, child, folder / "log")
        _check_ours(url, data)
        yield url
    finally:
        child.send_signal(signal.SIGINT)  # fast shutdown: open connections are cut
        child.wait(START_LIMIT)


def _not_root(folder: Path) -> dict[str, Any]:
    """How to start a program so that it is not root's, which initdb refuses."""
    if os.geteuid() != 0:
        return {}
    try:
        someone = pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgres(f"there is no user postgres to run as instead of root. {WANTED}") from None
    os.chown(folder, someone.pw_uid, someone.pw_gid)
    return {"user": someone.pw_uid, "group": someone.pw_gid, "extra_groups": []}


def _find(program: str) -> str:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    found = shutil.which(program) or (str(installed[-1]) if installed else None)
    if found is None:
        raise NoPostgres(WANTED)
    return found


def _wait(url: URL, child: "subprocess.Popen[bytes]", log: Path) -> None:
    limit = time.monotonic() + START_LIMIT
    while True:
        try:
            _connect(url).close()
        except psycopg.OperationalError:
            if child.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return


def _check_ours(url: URL, data: Path) -> None:
    """Nothing is written before it is certain that the server that answers is the one just made."""
    with _connect(url) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row == (str(data),), f"another server answers at {url}: its data is in {row}"


def _connect(url: URL) -> psycopg.Connection[Any]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def create_database(url: URL, *, like: URL | None = None) -> URL:
    """A new database with a name of its own, empty or a copy of another."""
    name = f"yearwheel_test_{uuid4().hex}"
    template = like.database if like else "template1"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(str(template))
    )
    with _connect(url) as connection:
        connection.execute(statement)
    return url.set(database=name)


def drop_database(url: URL, made: URL) -> None:
    with _connect(url) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(made.database)))
        )
