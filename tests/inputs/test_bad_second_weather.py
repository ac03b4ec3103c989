"""Weather over the second pair, one id each: maintenance, answers that nobody can read, too many calls, at every step.

Three runs meet all of it; what each thing led to is looked at afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from house import House, green
from inputs.planting import walk
from invoice_sync.model.errors import StillUncertain, TryLater
from invoice_sync.steps.chain import STEPS
from sandbox import weather
from wholesale import QUIET, Wholesale, no_difference, opened

ERP, STORE = "acumatica", "bigcommerce"
NUMBERS = ("OK-1", "OK-2", "OK-3")


async def _half(_request: object, response: web.StreamResponse, _mishap: object) -> web.StreamResponse:
    body = response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b"{}"
    return web.Response(status=200, body=body[: len(body) // 2], content_type="application/json")


async def _empty(_request: object, _response: web.StreamResponse, _mishap: object) -> web.StreamResponse:
    return web.Response(status=200, body=b"", content_type="application/json")


PLACES = {
    "extract": (ERP, "read", "SalesInvoice"), "match_customers": (STORE, "read", "companies"),
    "plan": (STORE, "read", "invoices"), "export": (STORE, "write", "invoices"),
    "acknowledge": (ERP, "write", "Activity"),
}  # fmt: skip
GARBLED: dict[str, Any] = {"D105-html": None, "D106-half-a-json": _half, "D107-empty-body": _empty}
MAINTENANCE: dict[str, tuple[str, object, str]] = {
    "D100-acumatica-is-away-from-the-beginning": (ERP, "html_503", "check"),
    "D101-acumatica-publishes-a-customisation": (ERP, "html_503", "extract"),
    "D102-acumatica-answers-with-a-page": (ERP, "html_200", "acknowledge"),
    "D103-acumatica-leads-to-its-sign-in-page": (ERP, "redirect", "extract"),
    "D104-the-store-is-under-maintenance": (STORE, True, "match_customers"),
    "D108-the-store-takes-no-writes": (STORE, True, "export"),
}
AWAY = "D105-html"
THROTTLING = {"D106-half-a-json": False, "D107-empty-body": True}
"""With or without the headers that say how long to wait."""

THROTTLED: dict[str, tuple[str, str]] = {
    "D109-store-429-without-headers": ("D106-half-a-json", "export"),
    "D110-store-429-with-headers": ("D107-empty-body", "export"),
    "D111-store-429-on-reading": ("D106-half-a-json", "match_customers"),
    "D112-acumatica-429-that-is-no-json": ("D106-half-a-json", "extract"),
    "D133-acumatica-429-on-telling": ("D106-half-a-json", "acknowledge"),
}


@dataclass
class Storm:
    """One run in which every step met bad weather: what became of it, and which mishaps really struck, by step."""

    away: dict[str, object] = field(default_factory=dict)
    struck: set[str] = field(default_factory=set)
    blamed: dict[str, str] = field(default_factory=dict)
    ended: dict[str, Any] = field(default_factory=dict)
    answers: list[tuple[str, str]] = field(default_factory=list)
    told: int = 0
    exact: bool = False


@pytest.fixture(scope="module")
def storms(open_house: Callable[[], AbstractContextManager[House]]) -> dict[str, Storm]:
    """By the id of what every answer was garbled by; in the first one both sides are under maintenance as well, in the
    second and third there are too many calls."""
    made = {}
    for name in GARBLED:
        with opened(open_house()) as house, pytest.MonkeyPatch.context() as patch:
            if GARBLED[name] is not None:
                patch.setitem(weather._AFTER, "html", GARBLED[name])
            made[name] = _storm(house, name)
    return made


def _storm(house: Wholesale, name: str) -> Storm:
    found = Storm()
    for number in NUMBERS:
        house.sell(number)
    for step in STEPS:
        if name == AWAY:
            _be_away(house, step, found)
        if step in PLACES:
            _answer_badly(house, step, THROTTLING.get(name))
        found.ended |= walk(house, steps=(step,))
        found.blamed |= house.causes_now()
        found.struck |= {step} if house.get("/control/mishaps")["mishaps"] == [] else set()
    found.answers, found.told = sorted(house.answers()), len(house.records(ERP, "Activity"))
    found.exact = no_difference(house.statement())
    return found


def _be_away(house: Wholesale, step: str, found: Storm) -> None:
    for name, (vendor, how, at) in MAINTENANCE.items():
        if at == step:
            house.settings_of(vendor, maintenance=how)
            found.away[name] = house.run(steps=(step,))[step]
            found.blamed |= house.causes_now()
            house.settings_of(vendor, maintenance=False if vendor == STORE else "off")
            house.clock.sleep(QUIET)


def _answer_badly(house: Wholesale, step: str, with_headers: bool | None) -> None:
    """The first call is one too many, the second is answered by what nobody can read, and the third is well."""
    vendor, scope, path = PLACES[step]
    where = {"vendor": vendor, "scope": scope, "path_contains": path}
    if with_headers is not None:
        house.mishap(kind="throttled", with_headers=with_headers, **where)
    house.mishap(kind="html", **where)


@pytest.mark.parametrize("name", MAINTENANCE)
def test_maintenance_is_waited_for(storms: dict[str, Storm], name: str) -> None:
    assert isinstance(storms[AWAY].away[name], TryLater | StillUncertain)


@pytest.mark.parametrize(("name", "step"), [(name, step) for name in GARBLED for step in PLACES])
def test_a_garbled_answer_at_every_step_does_no_harm(storms: dict[str, Storm], name: str, step: str) -> None:
    assert step in storms[name].struck
    assert not isinstance(storms[name].ended[step], Exception)


@pytest.mark.parametrize("name", THROTTLED)
def test_too_many_calls_are_waited_for(storms: dict[str, Storm], name: str) -> None:
    storm, step = THROTTLED[name]

    assert step in storms[storm].struck
    assert not isinstance(storms[storm].ended[step], Exception)


@pytest.mark.parametrize("name", GARBLED)
def test_after_a_storm_nothing_is_lost_doubled_or_blamed(storms: dict[str, Storm], name: str) -> None:
    storm = storms[name]

    assert green(storm.ended)
    assert storm.blamed == {}
    assert storm.answers == [(number, "created") for number in NUMBERS]
    assert (storm.told, storm.exact) == (3, True)
