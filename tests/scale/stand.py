"""The services of docker-compose.yaml as processes: their commands, environments, health checks and their order.

What a container would give is given here: an address (a service's name and port become 127.0.0.1 and a free port),
a file system (its folders become folders of the test), a host name. Nothing else of the file is changed.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType

from invoice_sync.orchestration.local import environment, processes
from invoice_sync.orchestration.local.guard import Guard
from invoice_sync.orchestration.local.polling import until
from invoice_sync.orchestration.local.processes import Service
from scale import compose
from scale.postgres_image import Wheel

REPO = Path(__file__).parents[2]
HOST = "127.0.0.1"
SECONDS = 180.0
SCRIPTS = "/docker-entrypoint-initdb.d/"


@dataclass
class Container:
    """One running service, or one of its replicas."""

    service: str
    number: int
    home: Path
    env: dict[str, str]
    process: Service
    healthcheck: list[str]

    def healthy(self, seconds: float = 60) -> bool:
        """Whether its own health check says so."""
        self.process.check()
        try:
            done = subprocess.run(self.healthcheck, env=self.env, cwd=self.home, capture_output=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


class Stand:
    """`with Stand(...) as stand:` is `docker compose --profile sandbox up --wait`, and `down --volumes` at its end.

    `settings` come on top of the environment of every service: what a test needs to be short.
    """

    def __init__(self, file: compose.Compose, folder: Path, settings: Mapping[str, str]) -> None:
        self._file = file
        self._folder = folder
        self._settings = dict(settings)
        wanted = [(name, port) for name, service in file.services.items() for port in service.container_ports]
        self._ports = dict(zip(wanted, free_ports(len(wanted)), strict=True))
        self._guard: Guard | None = None
        self._postgres: Wheel | None = None
        self._awaited: set[str] = set()
        self.containers: dict[str, list[Container]] = {name: [] for name in file.services}

    def __enter__(self) -> Stand:
        try:
            processes.adopt_orphans()
            self._guard = Guard(self._folder / "guard.log")
            for name, service in self._file.in_order():
                self._start(name, service)
            for name in self.containers:
                self._await(name)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, service: str, port: str) -> str:
        """Where a service listens really."""
        return f"http://{HOST}:{self._ports[service, port]}"

    def container_of(self, pid: int) -> Container:
        """Whose process it is: sessions are inherited, as containers are."""
        session = os.getsid(pid)
        return next(each for _, each in self._everyone() if each.process.session == session)

    def kill(self, container: Container) -> None:
        """What `docker kill` does: SIGKILL to everything in it, at once."""
        while living := processes.members([container.process.session]):
            for pid in living:
                os.kill(pid, signal.SIGKILL)
            container.process.exit_code()

    def exec(self, service: str, *command: str) -> str:
        """`docker compose exec SERVICE COMMAND`; answers what it printed."""
        container = self.containers[service][0]
        done = subprocess.run(command, env=container.env, cwd=REPO, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self) -> None:
        """Ends every process; harmless when repeated."""
        first = [each for name, each in self._everyone() if name != "postgres"]
        # the database last: it ends in peace once nobody is connected
        left = self._end(first) | self._end(self.containers["postgres"])
        if self._guard is not None:
            self._guard.dismiss()
            self._guard = None
        if self._postgres is not None:
            self._postgres.remove()
            self._postgres = None
        assert not left, f"these processes would not end: {left}"

    def _everyone(self) -> list[tuple[str, Container]]:
        return [(name, each) for name, replicas in self.containers.items() for each in replicas]

    def _end(self, containers: Sequence[Container]) -> set[int]:
        left = processes.end([container.process.session for container in containers])
        for container in containers:
            container.process.exit_code()  # tells Popen that its child has been collected
        return left

    def _await(self, name: str) -> None:
        """What `depends_on` waits for: the end of a job, the health of a server."""
        if name in self._awaited:
            return
        for container in self.containers[name]:
            if self._file.services[name].ends:
                container.process.wait(SECONDS)
            else:
                what = f"{name} to be healthy (its log: {container.process.log})"
                until(lambda each=container: each.healthy() or None, what, SECONDS, pause=0.5)  # type: ignore[misc]
        self._awaited.add(name)

    def _start(self, name: str, service: compose.Service) -> None:
        for other in service.depends_on:
            self._await(other)
        for number in range(1, service.deploy.replicas + 1):
            container = self._container(name, number, service)
            container.process.start(container.env, container.home)
            self.containers[name].append(container)
            if self._guard is not None:
                self._guard.watch(container.process.session)
        if self._postgres is not None and service.image.startswith("postgres:"):
            self._postgres.first_start(self._contents(service, SCRIPTS), self.containers[name][0].env)

    def _container(self, name: str, number: int, service: compose.Service) -> Container:
        home = self._folder / f"{name}-{number}"
        home.mkdir()
        self._mount(service, name, home)
        env = self._environment(service, name, home)
        command = self._command(service, name, home)
        if service.image == "postgres:18":
            self._postgres = Wheel(self._ports[name, "5432"])
            command = self._postgres.command
            env["PATH"] = os.pathsep.join([str(self._postgres.programs), env["PATH"]])
        checking = service.healthcheck.command if service.healthcheck else ["true"]
        check = [self._here(word, name, home) for word in checking]
        log = self._folder / f"{home.name}.log"
        return Container(name, number, home, env, Service(home.name, command, log), check)

    def _environment(self, service: compose.Service, name: str, home: Path) -> dict[str, str]:
        """The image's, the file's, what a container has to itself, and the test's settings."""
        log_ports = zip(("WORKER", "TRIGGER"), free_ports(2), strict=True)
        return {
            **environment.base_environment(os.environ),
            "AIRFLOW_HOME": str(home),
            "HOSTNAME": home.name,
            **{key: self._here(value, name, home) for key, value in service.environment.items()},
            **{f"AIRFLOW__LOGGING__{of}_LOG_SERVER_PORT": port for of, port in log_ports},
            **self._settings,
        }

    def _command(self, service: compose.Service, name: str, home: Path) -> list[str]:
        """A service's name as an address of its own to listen at becomes ours."""
        words = [self._here(word, name, home) for word in service.command]
        own = [before == "--host" and word in self._file.services for before, word in pairwise(["", *words])]
        return [HOST if is_own else word for is_own, word in zip(own, words, strict=True)]

    def _mount(self, service: compose.Service, name: str, home: Path) -> None:
        """Its configs; shared volumes are folders beside it."""
        for config in service.configs:
            target = home / config.target.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self._here(self._file.configs[config.source].content, name, home), encoding="utf-8")
        for volume in self._file.volumes:
            (self._folder / "volumes" / volume).mkdir(parents=True, exist_ok=True)

    def _contents(self, service: compose.Service, below: str) -> Sequence[str]:
        sources = [config.source for config in service.configs if config.target.startswith(below)]
        return [self._file.configs[source].content for source in sources]

    def _here(self, text: str, name: str, home: Path) -> str:
        """A text of the file, with this machine's addresses and folders."""
        for (service, port), real in self._ports.items():
            text = re.sub(rf"\b{service}:{port}\b", f"{HOST}:{real}", text)
            if service == name:
                text = re.sub(rf"(?<![\w.-]){port}(?!\w)", real, text)
        folders = {
            "/opt/airflow/logs": self._folder / "volumes" / "logs",
            "/opt/airflow": home,
            "/opt/invoice-sync": REPO,
            **{config.target: home / config.target.lstrip("/") for config in self._file.services[name].configs},
        }
        for there, here in folders.items():
            text = re.sub(rf"(?<![\w/]){re.escape(there)}(?![\w-])", str(here), text)
        return text


def free_ports(count: int) -> list[str]:
    """Distinct ones: none is given back before the last is taken."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((HOST, 0))
        return [str(each.getsockname()[1]) for each in sockets]
