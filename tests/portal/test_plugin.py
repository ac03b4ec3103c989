"""The plugin file: every process of Airflow reads it, so it is light, and hides no package."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from house import House
from invoice_portal.app import build_app
from portal import screens
from portal.visiting import Portal

FILES = sorted((Path(__file__).parents[2] / "plugins").glob("*.py"))
LOOK = """
import json, sys
import airflow.plugins_manager
known = set(sys.modules)
sys.path.insert(0, sys.argv[1])
plugin = __import__(sys.argv[2]).InvoiceSyncPlugin
print(json.dumps({"loaded": sorted(set(sys.modules) - known), "views": plugin.external_views}))
"""


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What a process has that has read the file and no more."""
    command = [sys.executable, "-c", LOOK, str(FILES[0].parent), FILES[0].stem]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def test_reading_the_plugin_loads_nothing_else(seen: dict[str, Any]) -> None:
    assert seen["loaded"] == [FILES[0].stem]


def test_no_plugin_file_is_called_like_a_package() -> None:
    """Airflow loads each under its bare name, in whose place nobody else could then be imported."""
    assert [file.stem for file in FILES if importlib.util.find_spec(file.stem) is not None] == []


def test_every_view_leads_to_a_page_and_survives_a_sub_path(seen: dict[str, Any], house: House) -> None:
    pages = {getattr(route, "path", "") for route in build_app(Portal(house).around).routes}
    routes = [view["url_route"] for view in seen["views"]]

    assert len(set(routes)) == len(routes) == 6
    for view in seen["views"]:
        prefix, _, page = view["href"].partition("?")[0].partition("/")
        assert prefix == "invoice-sync" and f"/{page}" in pages


def test_pages_name_no_place_by_its_root(house: House) -> None:
    """So that they work wherever Airflow is served."""
    house.run()
    portal = Portal(house)
    for room in ("export", "review", "log", "document", "document?number=000101", "authentication", "callback"):
        page = portal.page(f"/{room}")
        assert 'href="/' not in page and 'src="/' not in page and 'action="/' not in page
    portal.close()


def test_a_missing_browser_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)

    with pytest.raises(FileNotFoundError, match="apt-get install -y chromium"):
        screens.chromium()
