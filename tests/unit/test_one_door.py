"""Rules of the house that the code itself must keep; read from its syntax, so that nobody has to remember them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).parents[2] / "include" / "invoice_sync"
TREES = {path.relative_to(HOUSE).as_posix(): ast.parse(path.read_text()) for path in sorted(HOUSE.rglob("*.py"))}

# seconds and progress bars, no money
MAY_USE_FLOAT = ("steps/wiring.py", "connectors/http.py", "connectors/bigcommerce/limits.py", "orchestration/local/")
WRITES = (
    "connectors/rootstock/client.py:update",
    "connectors/quickbooks/client.py:batch",
    "connectors/acumatica/client.py:submit",
    "connectors/bigcommerce/client.py:transmit",
)
SENDS = {
    "update": ("connectors/rootstock/connector.py",),
    "batch": ("connectors/quickbooks/connector.py",),
    "submit": ("connectors/acumatica/connector.py", "connectors/acumatica/fulfilment.py"),
    "transmit": ("connectors/bigcommerce/connector.py",),
}


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    """The last part of what is called."""
    called = call.func
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def where(name: str) -> list[str]:
    """Files and lines that call something of this name."""
    return [f"{path}:{call.lineno}" for path, tree in TREES.items() for call in calls(tree) if name_of(call) == name]


def users_of(*modules: str) -> set[str]:
    """Files that import one of these modules, or something inside them; the local starter aside."""
    found = set()
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if any(name == module or name.startswith(f"{module}.") for name in names for module in modules):
                found.add(path)
    return {path for path in found if not path.startswith("orchestration/local/")}


def files(found: list[str]) -> set[str]:
    return {each.partition(":")[0] for each in found}


def writing_functions(trees: dict[str, ast.Module]) -> set[str]:
    """file:function of everything that calls `<...transport>.write(...)`."""
    found = set()
    for path, tree in trees.items():
        for function in functions(tree):
            for call in calls(function):
                if name_of(call) == "write" and "transport" in ast.unparse(call.func).lower():
                    found.add(f"{path}:{function.name}")
    return found


def test_there_is_code_to_look_at() -> None:
    assert len(TREES) > 60
    assert "delivery/arm.py" in TREES


def test_only_arming_makes_an_armed() -> None:
    assert files(where("Armed")) == {"delivery/arm.py"}


def test_an_armed_is_not_copied_with_other_content() -> None:
    for path in files(where("replace")):
        if path.startswith(("delivery/", "connectors/")):
            changed = [ast.unparse(call) for call in calls(TREES[path]) if name_of(call) == "replace" and call.args]
            assert [text for text in changed if text.startswith("replace(armed")] == [], path


def test_the_transport_writes_only_for_the_two_send_paths() -> None:
    assert writing_functions(TREES) == set(WRITES)


def test_only_send_of_a_connector_calls_what_writes() -> None:
    for method, paths in SENDS.items():
        callers = {
            f"{file}:{function.name}"
            for file, tree in TREES.items()
            for function in functions(tree)
            for call in calls(function)
            if name_of(call) == method and ast.unparse(call.func) == f"self._client.{method}"
        }
        assert callers == {f"{path}:send" for path in paths}


def test_only_the_door_calls_send_of_a_writer() -> None:
    callers = [each for each in where("send") if not each.startswith("orchestration/local/")]
    assert files(callers) == {"delivery/door.py"}


def test_nobody_talks_http_past_the_transport() -> None:
    allowed = {"connectors/http.py", "orchestration/connections.py"}
    users = users_of("requests", "httpx", "aiohttp", "urllib3", "urllib.request", "http.client")
    assert users - allowed == set()


def test_no_binary_float_outside_timing() -> None:
    found = [each for each in where("float") if not each.startswith(MAY_USE_FLOAT)]
    assert found == []


def test_no_rounding_without_a_written_mode() -> None:
    bare = [each for each in where("round") if not each.startswith(MAY_USE_FLOAT)]
    assert bare == []
    silent = [
        f"{path}:{call.lineno}"
        for path, tree in TREES.items()
        for call in calls(tree)
        if name_of(call) in ("quantize", "to_integral_value", "to_integral_exact")
        and not any(keyword.arg == "rounding" for keyword in call.keywords)
        and len(call.args) < 2
    ]
    # comparing with one's own integral value rounds nothing that is kept
    assert [each for each in silent if not each.startswith("model/money.py")] == []


def test_no_float_literal_near_money() -> None:
    money = ("model/money.py", "model/canonical.py", "steps/statement.py", "steps/report.py", "steps/plan.py")
    mapping = tuple(path for path in TREES if path.endswith(("mapping.py", "invoices.py")))
    found = [
        f"{path}:{node.lineno}"
        for path in (*money, *mapping)
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    assert found == []


def test_json_is_read_and_written_in_one_exact_way() -> None:
    """The standard module makes floats of amounts."""
    assert {path for path in users_of("json") if not path.startswith("orchestration/")} == set()


def test_every_function_says_what_it_returns() -> None:
    silent = [
        f"{path}:{function.name}"
        for path, tree in TREES.items()
        for function in functions(tree)
        if function.returns is None
    ]
    assert silent == []


def test_the_house_knows_airflow_only_where_it_should() -> None:
    assert {path for path in users_of("airflow") if not path.startswith("orchestration/")} == set()
