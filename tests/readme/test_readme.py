"""Every command in README is run: here, or by the test that is named here for it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOOLS = ("make ", "python ", "python3 ", "docker ")

RUN_BY = {
    # (file, what it runs there)
    "make run": ("tests/readme/test_make.py", '"run"'),
    "make correct": ("tests/readme/test_make.py", '"correct"'),
    "make demo": (".ci/run", "make demo"),
    "make test": (".ci/run", "make test "),
    "make test-scale": (".ci/run", "make test-scale"),
    "make bench": ("tests/bench/test_bench.py", "bench.run("),
    "make faults": ("tests/faults/test_campaign.py", "campaign.storm_row("),
    "make help": ("tests/readme/test_readme.py", '"make", "help"'),
    "python3 .ci/secrets": ("tests/scale/test_compose_file.py", ".ci/secrets"),
    "docker compose up --detach --build": ("tests/scale/stand.py", "command"),
    "python -m invoice_sync migrate": ("include/invoice_sync/orchestration/local/stack.py", '"migrate"'),
    "python -m invoice_sync statement": ("include/invoice_sync/orchestration/local/demo.py", '"statement", "--flow"'),
    "python -m invoice_sync reissue": ("tests/faults/test_crash_table.py", "reissue"),
    "python -m invoice_sync decide": ("tests/flow/test_pair_matching.py", '"decide"'),
    "python -m invoice_sync accept": ("tests/flow/test_pair_changes.py", '"accept"'),
    "python -m invoice_sync ignore": ("tests/flow/test_pair_changes.py", '"ignore"'),
    "python -m invoice_sync restored": ("tests/faults/test_crash_table.py", "restored"),
    "python -m invoice_sync.connect quickbooks": ("tests/contract/test_connect.py", "quickbooks"),
    "python -m sandbox": ("include/invoice_sync/orchestration/local/stack.py", '"sandbox"'),
}


def commands() -> list[str]:
    """Lines of shell blocks, and code in the text that begins with a tool."""
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    spans = [span.replace("\\|", "|").strip() for span in re.findall(r"`([^`\n]+)`", prose)]
    found = [*filter(None, lines), *(span for span in spans if span.startswith(TOOLS))]
    return list(dict.fromkeys(found))


def known(command: str) -> str:
    """The entry that a command belongs to: its longest beginning."""
    fitting = [name for name in RUN_BY if f"{command} ".startswith(f"{name} ")]
    assert fitting, f"README names {command!r}, and nothing is said to run it"
    return max(fitting, key=len)


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_readme_is_run_by_something(command: str) -> None:
    file, text = RUN_BY[known(command)]
    assert text in (ROOT / file).read_text(encoding="utf-8"), f"{file} does not run {command} any more"


def test_no_entry_is_left_over() -> None:
    assert set(RUN_BY) - {known(command) for command in commands()} == set()


def test_every_target_of_make_that_the_readme_names_is_in_its_help() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    offered = set(re.findall(r"^  make ([a-z-]+)", done.stdout, flags=re.MULTILINE))
    named = {command.split()[1] for command in commands() if command.startswith("make ")} - {"help"}

    assert named <= offered


@pytest.mark.parametrize("command", [each for each in commands() if each.startswith("python -m")])
def test_every_option_that_the_readme_shows_exists(command: str) -> None:
    words = shlex.split(re.sub(r"[\[\]()|…\"]", " ", command))
    module, rest = words[2], words[3:]
    named = [word for word in rest[:1] if not word.startswith("-") and module == "invoice_sync"]
    done = subprocess.run(
        [sys.executable, "-m", module, *named, "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip

    assert [word for word in rest if word.startswith("--") and word not in done.stdout] == []


def test_files_that_the_readme_names_are_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    places = re.findall(r"`((?:include|dags|plugins|tests)/[\w./-]+|docker-compose\.yaml|requirements\.txt)`", README)

    assert [name for name in [*links, *places] if not (ROOT / name).exists()] == []


def test_every_option_of_a_flow_is_in_the_readme() -> None:
    from invoice_sync.model.flow import AcumaticaOptions, BigCommerceOptions, Options

    names = [name for name in Options.model_fields if name not in ("acumatica", "bigcommerce")]
    names += [f"acumatica.{name}" for name in AcumaticaOptions.model_fields]
    names += [f"bigcommerce.{name}" for name in BigCommerceOptions.model_fields]
    assert [name for name in names if f"`{name}`" not in README] == []
