"""Templates, and how money, times and places are written on every page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import simplejson
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from invoice_sync.connectors.placeholders import MARK
from invoice_sync.model import canonical
from invoice_sync.model.money import Money

AIRFLOW = ".."
"""Airflow's base, from any of our pages: all of them lie one step below it, whatever sub-path it is served under."""

ROOMS = (
    ("export", "Sales Invoice Export"),
    ("review", "Review"),
    ("log", "Process Log"),
    ("document", "Document"),
    ("authentication", "QuickBooks Authentication"),
)


VENDORS = {"quickbooks": "QuickBooks", "bigcommerce": "BigCommerce"}
"""Names that are more than their slug with a capital."""


def show(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page; everything in it is escaped unless a template of ours says otherwise, and none does."""
    room = request.url.path.rpartition("/")[2]
    text = TEMPLATES.get_template(template).render(room=room, rooms=ROOMS, **{"flow": None, "flows": [], **values})
    return HTMLResponse(text, status)


def money(minor: int, currency: str) -> str:
    return str(Money(minor, currency)) if currency else "unreadable"


def when(at: datetime | None, zone: ZoneInfo) -> str:
    """As people of the company read it; empty for never."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at else ""


def day(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}" if at else ""


def run_place(dag: str, run: str) -> str:
    """Where Airflow shows a run."""
    return f"{AIRFLOW}/dags/{_part(dag)}/runs/{_part(run)}"


def task_place(dag: str, run: str, task: str, map_index: int = -1, try_number: int = 0) -> str:
    """Where Airflow shows the log of a task's try (facts 10.6); its newest without a number."""
    mapped = f"/mapped/{map_index}" if map_index >= 0 else ""
    query = f"?try_number={try_number}" if try_number else ""
    return f"{run_place(dag, run)}/tasks/{_part(task)}{mapped}{query}"


def place(room: str, **query: object) -> str:
    """Another page of ours; what is empty is left out."""
    given = {name: value for name, value in query.items() if value not in (None, "")}
    return f"{room}?{urlencode(given)}" if given else room


def pretty(text: str) -> str:
    """JSON as people read it; a reference to a record that has no remote id yet is named as such."""
    data: str = simplejson.dumps(canonical.loads(text), use_decimal=True, indent=2, ensure_ascii=False)
    return data.replace(MARK, "→ ")


def spaced(text: str) -> str:
    """The same JSON with blanks where a line may break; what is none as it is."""
    try:
        return simplejson.dumps(canonical.loads(text), use_decimal=True, ensure_ascii=False)
    except ValueError:
        return text


def words(slug: str) -> str:
    """ "changed_after_delivery" as it is said."""
    return slug.replace("_", " ")


def vendor(slug: str) -> str:
    return VENDORS.get(slug, slug.capitalize())


def _part(text: str) -> str:
    return quote(text, safe="")


def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    tools: Mapping[str, Any] = {
        "money": money, "when": when, "day": day, "run_place": run_place, "task_place": task_place, "place": place,
        "words": words, "pretty": pretty, "vendor": vendor, "spaced": spaced,
    }  # fmt: skip
    found.globals.update(tools)
    return found


TEMPLATES = _environment()
