"""docker-compose.yaml, read the way Docker Compose does: as much of it as the file uses, and nothing else.

An unknown key is an error: https://github.com/compose-spec/compose-spec/blob/main/spec.md has what each may say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

FILE = Path(__file__).parents[2] / "docker-compose.yaml"
Duration = Annotated[str, StringConstraints(pattern=r"^(\d+h)?(\d+m)?(\d+s)?$", min_length=2)]
Port = Annotated[str, StringConstraints(pattern=r"^\d{2,5}$")]
VARIABLE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?::(?P<how>[?-])(?P<rest>[^}]*))?\})")


class Missing(ValueError):
    """A variable that the file wants is not set; the message is the file's own."""


class Part(BaseModel):
    """Any mapping of the file: a key that is not known here is a mistake there."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Build(Part):
    context: str
    dockerfile_inline: str


class Healthcheck(Part):
    test: list[str] = Field(min_length=2)
    interval: Duration
    timeout: Duration
    retries: int
    start_period: Duration

    @property
    def command(self) -> list[str]:
        """What to start; its exit code 0 means healthy."""
        form, *rest = self.test
        return {"CMD": rest, "CMD-SHELL": ["/bin/sh", "-c", *rest]}[form]


class Condition(Part):
    condition: Literal["service_started", "service_healthy", "service_completed_successfully"]


class Deploy(Part):
    replicas: int


class MountedConfig(Part):
    source: str
    target: str


class Service(Part):
    image: str
    build: Build | None = None
    init: bool = False
    restart: Literal["no", "unless-stopped"]
    stop_grace_period: Duration
    command: list[str] = []
    environment: dict[str, str] = {}
    volumes: list[str] = []
    configs: list[MountedConfig] = []
    expose: list[Port] = []
    ports: list[str] = []
    depends_on: dict[str, Condition] = {}
    healthcheck: Healthcheck | None = None
    deploy: Deploy = Deploy(replicas=1)
    profiles: list[str] = []

    @property
    def container_ports(self) -> set[str]:
        """Where it listens inside its container."""
        return {*self.expose, *(port.rpartition(":")[2] for port in self.ports)}

    @property
    def ends(self) -> bool:
        """A job rather than a server."""
        return self.restart == "no"


class Content(Part):
    content: str


class Compose(Part):
    name: str
    services: dict[str, Service]
    configs: dict[str, Content]
    volumes: dict[str, None]

    def in_order(self) -> Iterator[tuple[str, Service]]:
        """Each service after those that it waits for."""
        waits_for = {name: set(service.depends_on) for name, service in self.services.items()}
        for name in TopologicalSorter(waits_for).static_order():
            yield name, self.services[name]


def load(variables: Mapping[str, str], file: Path = FILE) -> Compose:
    """The file with its variables filled in. Raises Missing, or pydantic's ValidationError."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    plain = {key: value for key, value in content.items() if not key.startswith("x-")}
    return Compose.model_validate(_filled_in(plain, variables))


def read_env(file: Path) -> dict[str, str]:
    """The variables of an .env file."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _filled_in(node: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _filled_in(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled_in(value, variables) for value in node]
    return VARIABLE.sub(lambda found: _value(found, variables), node) if isinstance(node, str) else node


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["escaped"]:
        return "$"
    value = variables.get(found["name"], "")
    if found["how"] == "?" and not value:
        raise Missing(f"{found['name']}: {found['rest']}")
    return value or (found["rest"] if found["how"] == "-" else "")


def canonical(config: str) -> dict[str, tuple[list[str], dict[str, str]]]:
    """Command and environment of each service, from what `docker compose config --format json` prints."""
    services = json.loads(config)["services"]
    return {
        name: (
            # Compose prints $ as $$, so that its answer is a Compose file again
            [word.replace("$$", "$") for word in service.get("command") or []],
            {key: value.replace("$$", "$") for key, value in service.get("environment", {}).items()},
        )
        for name, service in services.items()
    }
