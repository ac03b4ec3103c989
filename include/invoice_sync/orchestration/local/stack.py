"""A sandbox and an Airflow on this machine, started together and ended together."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from invoice_sync.orchestration.local import environment, processes
from invoice_sync.orchestration.local.control import SandboxControl
from invoice_sync.orchestration.local.environment import Paths, Secrets
from invoice_sync.orchestration.local.guard import Guard
from invoice_sync.orchestration.local.polling import TookTooLong, until
from invoice_sync.orchestration.local.processes import Service
from invoice_sync.orchestration.local.rest import AirflowRest, Login
from invoice_sync.orchestration.local.signals import held

MIGRATE_SECONDS = 180.0
READY_SECONDS = 120.0
# `airflow standalone` starts the same three, a triggerer and two log servers that nothing here needs,
# one after the other and behind a parent that does not take them along when it ends
AIRFLOW = {
    "dag-processor": ("dag-processor",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "api-server": ("api-server",),
}


class StackInUse(RuntimeError):
    """The run folder belongs to a stack that is up."""


class NotEnded(RuntimeError):
    """A process would not go."""


@dataclass(frozen=True)
class Commands:
    """What is started; tests put stand-ins here."""

    airflow: Sequence[str] = (sys.executable, "-m", "airflow")
    sandbox: Sequence[str] = (sys.executable, "-m", "sandbox")
    product: Sequence[str] = (sys.executable, "-m", "invoice_sync")


class LocalStack:
    """`with LocalStack(run_dir, repo) as stack:` starts everything, and nothing is left behind it.

    `stack.rest` talks to Airflow, `stack.sandbox` to the sandbox, `stack.product(...)` runs
    `python -m invoice_sync ...` in the same environment.
    """

    rest: AirflowRest
    sandbox: SandboxControl

    def __init__(
        self,
        run_dir: Path,
        repo: Path,
        *,
        dag_ids: Sequence[str] = (),
        ui_port: int = 0,
        overrides: Mapping[str, str] | None = None,
        commands: Commands | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.paths = Paths(run_dir.resolve(), repo.resolve())
        self.env: dict[str, str] = {}
        self._dag_ids = dag_ids
        self._ui_port = ui_port
        self._overrides = dict(overrides or {})
        self._commands = commands or Commands()
        self._say = say
        self._services: dict[str, Service] = {}
        self._clients: list[AirflowRest | SandboxControl] = []
        self._guard: Guard | None = None
        self._lock: IO[str] | None = None

    def __enter__(self) -> LocalStack:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def login(self) -> Login:
        """Who opens Airflow's pages."""
        return self.rest.login

    def product(self, *arguments: str, seconds: float = 120) -> str:
        """Run `python -m invoice_sync ...`; answers what it printed."""
        done = subprocess.run(  # noqa: S603 - our own commands
            [*self._commands.product, *arguments],
            env=self.env,
            cwd=self.paths.repo,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        if done.returncode != 0:
            raise RuntimeError(f"python -m invoice_sync {' '.join(arguments)} failed:\n{done.stderr[-4000:]}")
        return done.stdout

    def check(self) -> None:
        """Fail, naming the log file, when one of the processes that should be up has ended."""
        for name in ("sandbox", *AIRFLOW):
            if name in self._services:
                self._services[name].check()

    def pids(self, name: str) -> set[int]:
        """Living processes of one service; tasks belong to "scheduler"."""
        return processes.members([self._services[name].session])

    def stop(self) -> None:
        """End every process of every service; harmless when repeated."""
        with held():
            left = processes.end([service.session for service in self._services.values()])
            self._forget()
            if self._guard is not None:
                self._guard.dismiss()
                self._guard = None
            if self._lock is not None:
                self.paths.ready.unlink(missing_ok=True)
                self._lock.close()
                self._lock = None
        if left:
            raise NotEnded(f"these processes would not end: {sorted(left)}. End them with kill -9.")

    def _forget(self) -> None:
        for service in self._services.values():
            service.exit_code()  # tells Popen that its child has been collected
        self._services = {}
        while self._clients:
            self._clients.pop().close()

    def _start(self) -> None:
        self._take_folder()
        made = Secrets.of(self.paths.run_dir)
        port = environment.free_port(self._ui_port)
        self.env = self._environment(made, port)
        with held():
            processes.adopt_orphans()
            self._guard = Guard(self.paths.logs / "guard.log")
        self._launch_first()
        self.rest = AirflowRest(f"http://{environment.HOST}:{port}", Login(environment.USER, made.password), self.check)
        self._clients.append(self.rest)
        self._launch_airflow()

    def _take_folder(self) -> None:
        self.paths.run_dir.mkdir(parents=True, exist_ok=True)
        lock = (self.paths.run_dir / "lock").open("w", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise StackInUse(
                f"{self.paths.run_dir} is in use: `make run` or `make demo` is up elsewhere. Stop it first."
            ) from error
        self._lock = lock
        self.paths.begin_anew()

    def _environment(self, made: Secrets, port: int) -> dict[str, str]:
        environment.write_passwords(self.paths, made)
        return {
            **environment.base_environment(os.environ),
            **environment.airflow_environment(self.paths, port, made),
            **environment.product_environment(self.paths, made),
            **self._overrides,
        }

    def _launch_first(self) -> None:
        """The sandbox starts while both databases are made."""
        self._say("starting the sandbox (stands in for the four vendors), making both databases")
        self._launch("sandbox", [*self._commands.sandbox, *self._sandbox_arguments()])
        airflow = self._launch("airflow-migrate", [*self._commands.airflow, "db", "migrate"])
        ledger = self._launch("ledger-migrate", [*self._commands.product, "migrate"])
        airflow.wait(MIGRATE_SECONDS)
        ledger.wait(MIGRATE_SECONDS)
        url = until(self._sandbox_url, self._slow("sandbox"), READY_SECONDS, check=self.check)
        self.sandbox = SandboxControl(url)
        self._clients.append(self.sandbox)
        self.sandbox.as_the_demo_wants()

    def _sandbox_arguments(self) -> list[str]:
        ports = ["--index-port", "0", "--any-ports"]
        place = ["--host", environment.HOST, "--seed", "demo", "--ready-file", str(self.paths.ready)]
        return [*ports, *place]

    def _sandbox_url(self) -> str | None:
        ready = self.paths.ready
        return ready.read_text(encoding="utf-8").strip() or None if ready.exists() else None

    def _launch_airflow(self) -> None:
        self._say("starting Airflow")
        for name, arguments in AIRFLOW.items():
            self._launch(name, [*self._commands.airflow, *arguments])
        until(lambda: self.rest.healthy() or None, self._slow("api-server"), READY_SECONDS, check=self.check)
        for name, fields in environment.connections(self.sandbox.vendors, self.sandbox.index_url).items():
            self.rest.add_connection(name, fields)
        for dag_id in self._dag_ids:
            self._await_dag(dag_id)

    def _await_dag(self, dag_id: str) -> None:
        try:
            until(
                lambda: self.rest.dag_known(dag_id) or None,
                self._slow("dag-processor"),
                READY_SECONDS,
                check=self._check_imports,
            )
        except TookTooLong as error:
            raise TookTooLong(f"Airflow does not know the DAG {dag_id}. {error}") from error

    def _check_imports(self) -> None:
        self.check()
        if errors := self.rest.import_errors():
            raise RuntimeError("Airflow cannot read a DAG file:\n" + "\n".join(errors))

    def _launch(self, name: str, command: Sequence[str]) -> Service:
        service = Service(name, command, self.paths.logs / f"{name}.log")
        with held():
            service.start(self.env, self.paths.repo)
            self._services[name] = service
            if self._guard is not None:
                self._guard.watch(service.session)
        return service

    def _slow(self, name: str) -> str:
        return f"waiting for {name} (its log: {self.paths.logs / name}.log)"
