"""What docker-compose.yaml says: keys that Compose knows, no secret in it, the versions that are pinned elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scale import compose

REPO = Path(__file__).parents[2]
CLIENT = ["docker", "compose"]


@pytest.fixture(scope="module")
def env_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python3 .ci/secrets` writes."""
    file = tmp_path_factory.mktemp("compose") / ".env"
    subprocess.run([sys.executable, REPO / ".ci" / "secrets", file], check=True, capture_output=True)
    return file


@pytest.fixture(scope="module")
def variables(env_file: Path) -> dict[str, str]:
    return compose.read_env(env_file)


@pytest.fixture(scope="module")
def file(variables: dict[str, str]) -> compose.Compose:
    return compose.load(variables)


def pins(name: str) -> set[str]:
    return set(re.findall(r"^[a-z0-9_.-]+==.*$", (REPO / name).read_text(encoding="utf-8"), re.MULTILINE))


def test_the_env_file_is_its_owners_alone_and_never_overwritten(env_file: Path) -> None:
    before = env_file.read_bytes()

    again = subprocess.run([sys.executable, REPO / ".ci" / "secrets", env_file], capture_output=True, text=True)

    assert env_file.stat().st_mode & 0o777 == 0o600
    assert again.returncode == 1 and "stays as it is" in again.stderr
    assert env_file.read_bytes() == before


def test_every_secret_comes_from_the_environment_and_none_has_a_default(variables: dict[str, str]) -> None:
    text = compose.FILE.read_text(encoding="utf-8")
    wanted = set(re.findall(r"\$\{(\w+):\?", text))

    assert wanted == variables.keys()
    assert len(set(variables.values())) == len(variables)
    assert not re.search(r"(PASSWORD|SECRET|_KEYS?)(:-|\}|-)", text)
    for name, value in variables.items():
        with pytest.raises(compose.Missing, match=f"{name}: run python3 .ci/secrets first"):
            compose.load({**variables, name: ""})
        assert len(value) >= 44


def test_whoever_needs_no_secret_has_none(file: compose.Compose, variables: dict[str, str]) -> None:
    held = {
        name: {secret for secret, value in variables.items() if value in str(service.environment)}
        for name, service in file.services.items()
    }

    assert held["sandbox"] == set()
    assert held["worker"] == {
        "AIRFLOW_SECRET_KEY", "REDIS_PASSWORD", "CELERY_PASSWORD", "LEDGER_PASSWORD", "INVOICE_SYNC_KEYS",
    }  # fmt: skip
    assert [name for name in held if "AIRFLOW_ADMIN_PASSWORD" in held[name]] == ["api-server"]
    assert [name for name in held if "POSTGRES_PASSWORD" in held[name]] == ["postgres"]


def test_the_image_has_the_pinned_airflow_and_the_tested_packages(file: compose.Compose) -> None:
    airflow = next(pin for pin in pins("requirements.txt") if pin.startswith("apache-airflow=="))
    builds = [service.build for service in file.services.values() if service.image == file.name]

    assert len(builds) == len(file.services) - 2
    for build in builds:
        assert build is not None
        assert f"FROM apache/airflow:slim-{airflow.partition('==')[2]}-python3.11\n" in build.dockerfile_inline
        for source in re.findall(r"^COPY (?:--\S+ )?(.+) \S+$", build.dockerfile_inline, re.MULTILINE):
            assert [name for name in source.split() if not (REPO / name).exists()] == []
    assert pins("requirements.txt") <= pins(".ci/requirements-scale.txt")


def test_servers_come_back_are_watched_and_may_finish(file: compose.Compose) -> None:
    jobs = {name for name, service in file.services.items() if service.ends}

    assert jobs == {"init", "sandbox-connections"}
    for name, service in file.services.items():
        assert (service.healthcheck is None) == (name in jobs)
        for other, wait in service.depends_on.items():
            expected = "service_completed_successfully" if other in jobs else "service_healthy"
            assert wait.condition == expected, f"{name} waits for {other}"
    assert file.services["worker"].deploy.replicas == 2
    assert file.services["worker"].stop_grace_period == "10m"


def test_only_airflows_page_is_published_and_only_to_this_machine(file: compose.Compose) -> None:
    published = {name: service.ports for name, service in file.services.items() if service.ports}

    assert published == {"api-server": ["127.0.0.1:8080:8080"]}


def test_every_volume_and_config_is_declared(file: compose.Compose) -> None:
    volumes = {volume.partition(":")[0] for service in file.services.values() for volume in service.volumes}
    configs = {config.source for service in file.services.values() for config in service.configs}

    assert volumes == file.volumes.keys()
    assert configs == file.configs.keys()
    # read as they are by psql and Redis: nothing of Compose may be left in them
    assert "$" not in "".join(config.content for config in file.configs.values())


def test_docker_compose_itself_takes_the_file(env_file: Path, file: compose.Compose) -> None:
    try:
        version = subprocess.run([*CLIENT, "version", "--short"], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no Docker client on this machine; the tests above read the file with their own schema")
    if version.returncode != 0:
        pytest.skip("the Docker client has no Compose; the tests above read the file with their own schema")
    arguments = ["--file", str(compose.FILE), "--env-file", str(env_file), "--profile", "sandbox"]

    # nothing of our own environment: Compose puts it before the file's variables
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

    command = [*CLIENT, *arguments, "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, env=clean)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    seen = compose.canonical(done.stdout)
    assert seen == {name: (service.command, service.environment) for name, service in file.services.items()}
