"""The contract-based API behind the URL: {site}/entity/{endpoint}/{version}/... (facts 4 to 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import unquote

from sandbox.acumatica import inquiries, swagger
from sandbox.acumatica.actions import Actions
from sandbox.acumatica.entities_finance import ENTITIES, INVENTORY_SUMMARY
from sandbox.acumatica.errors import AcumaticaError, bad_request, general, page
from sandbox.acumatica.operations import Operations
from sandbox.acumatica.reading import Place, Reader, empty_entity, is_guid, query_of
from sandbox.acumatica.sessions import Session
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.values import day
from sandbox.acumatica.writing import Author, Writer
from sandbox.world import World

BUILD = "26.101.0225"
GONE_LOCATION = "00000000-0000-0000-0000-000000000000"


@dataclass
class Call:
    """One call, apart from the HTTP server; `prefix` is the site's virtual folder."""

    method: str
    prefix: str
    host_url: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    session: Session

    def text(self) -> str:
        """The body as text."""
        try:
            return self.body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise bad_request("The request body is not UTF-8.") from error


@dataclass
class Answer:
    """What goes back: JSON, or bytes, or nothing."""

    status: int = 200
    data: Any = None
    headers: dict[str, str] | None = None
    content: bytes | None = None


@dataclass(frozen=True)
class Spot:
    """The endpoint of a call and what comes after it."""

    name: str
    version: str
    steps: list[str]
    base: str

    @property
    def number(self) -> int:
        """The first part of the version."""
        return int(self.version.split(".")[0])


class Api:
    """All resources of an endpoint."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings
        self.operations = Operations(world, settings)
        self.reader = Reader(settings)
        self.writer = Writer(world, settings, self.reader, self.operations)
        self._actions = Actions(world, settings, self.reader, self.operations)

    def answer(self, call: Call) -> Answer:
        """Find the resource of a path and ask it."""
        self.operations.settle()
        steps = [unquote(one) for one in call.path.strip("/").split("/")][1:]
        if not steps:
            return Answer(data=self._endpoints(call))
        spot = self._spot(call, steps)
        if spot.steps == ["swagger.json"] and call.method == "GET":
            return Answer(data=swagger.document(spot.name, spot.version, call.host_url + spot.base, spot.number))
        if spot.steps[:1] == ["files"] and len(spot.steps) == 2 and call.method == "GET":
            return self._file(call, spot.steps[1])
        entity = ENTITIES.get(spot.steps[0]) if spot.steps else None
        if entity is None:
            raise self._missing()
        place = Place(call.session.tenant, call.session.user, entity, spot.number, spot.base)
        return self._resource(call, place, spot.steps[1:])

    def _missing(self) -> AcumaticaError:
        return page(404, "404 - File or directory not found.") if self._settings.missing_body == "html" else _empty(404)

    def _spot(self, call: Call, steps: list[str]) -> Spot:
        if len(steps) < 2 or f"{steps[0]}/{steps[1]}" not in self._settings.endpoints:
            raise self._missing()
        if not steps[1].split(".")[0].isdigit():
            raise self._missing()
        return Spot(steps[0], steps[1], steps[2:], f"{call.prefix}/entity/{steps[0]}/{steps[1]}")

    def _endpoints(self, call: Call) -> Any:
        """Since 26.x an object, a bare array before (facts 2.1)."""
        rows = []
        for one in self._settings.endpoints:
            name, _, version = one.partition("/")
            href = f"{call.host_url}{call.prefix}/entity/{name}/{version}/"
            rows.append({"name": name, "version": version, "href": href})
        if self._settings.endpoint_list == "array":
            return rows
        return {"version": {"acumaticaBuildVersion": BUILD, "databaseVersion": BUILD}, "endpoints": rows}

    def _file(self, call: Call, file_id: str) -> Answer:
        found = call.session.tenant.files.get(file_id.lower())
        if found is None:
            raise self._missing()
        name, content = found
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "application/octet-stream"}
        return Answer(headers=headers, content=content)

    def _resource(self, call: Call, place: Place, rest: list[str]) -> Answer:
        if len(rest) == 3 and rest[1] == "status" and rest[0] in place.entity.actions and call.method == "GET":
            return self._status(call, place, rest[0], rest[2])
        if len(rest) >= 3 and rest[-2] == "files" and call.method == "PUT":
            self.writer.attach(place, rest[:-2], rest[-1], call.body, call.headers.get("PX-CbFileComment"))
            return Answer(204)
        serve = {
            "GET": self._get,
            "PUT": self._put,
            "PATCH": self._patch,
            "POST": self._post,
            "DELETE": self._delete,
        }.get(call.method)
        if serve is None:
            raise page(405, "Method Not Allowed")
        return serve(call, place, rest)

    def _get(self, call: Call, place: Place, rest: list[str]) -> Answer:
        query = query_of(call.query)
        if place.entity is INVENTORY_SUMMARY:
            raise general("The inquiry must be asked with PUT.")
        if rest == ["$adHocSchema"]:
            return Answer(data=empty_entity(place.entity, place.version, self._custom_schema(place)))
        if rest:
            return Answer(data=self.reader.one(place, rest, query))
        return Answer(data=self.reader.listed(place, query))

    def _custom_schema(self, place: Place) -> dict[str, Any]:
        """The custom fields that any record has, and the terms where the site shows them."""
        made: dict[str, Any] = {}
        for row in place.tenant.rows(place.entity.kind):
            for view, held in row.get("_custom", {}).items():
                made.setdefault(view, {}).update(dict.fromkeys(held, {"type": "CustomStringField"}))
        if place.entity.kind == "Document" and self._settings.custom_terms:
            made.setdefault("Document", {})["TermsID"] = {"type": "CustomStringField"}
        return made

    def _put(self, call: Call, place: Place, rest: list[str]) -> Answer:
        query = query_of(call.query)
        if rest:
            raise self._missing()
        if place.entity is INVENTORY_SUMMARY:
            return Answer(data=inquiries.stock_summary(self.reader, place, call.text(), query))
        return Answer(data=self.writer.put(place, self._author(call), call.text(), call.headers, query))

    def _patch(self, call: Call, place: Place, rest: list[str]) -> Answer:
        if rest:
            raise self._missing()
        query = query_of(call.query)
        return Answer(data=self.writer.put(place, self._author(call), call.text(), call.headers, query, patch=True))

    def _delete(self, call: Call, place: Place, rest: list[str]) -> Answer:
        if not rest:
            raise page(405, "Method Not Allowed")
        self.writer.delete(place, self._author(call), rest)
        return Answer(204)

    def _post(self, call: Call, place: Place, rest: list[str]) -> Answer:
        if len(rest) != 1:
            raise self._missing()
        operation = self._actions.invoke(place, self._author(call), rest[0], call.text())
        if operation is None:
            dead = {"Location": self._location(call, place, rest[0], GONE_LOCATION)}
            return Answer(204, headers=dead if self._settings.dead_location else None)
        return Answer(202, headers={"Location": self._location(call, place, rest[0], operation)})

    def _location(self, call: Call, place: Place, action: str, operation: str) -> str:
        path = f"{place.base}/{place.entity.name}/{action}/status/{operation}"
        return call.host_url + path if self._settings.location_form == "absolute" else path

    def _status(self, call: Call, place: Place, action: str, operation_id: str) -> Answer:
        known = is_guid(operation_id)
        session_id = call.session.session_id
        found = self.operations.status(operation_id, place.entity.name, action, session_id) if known else None
        if found is None:
            raise self._missing()
        if found.run is not None:
            return Answer(202, headers={"Location": self._location(call, place, action, operation_id)})
        if found.failure is not None:
            raise found.failure
        return Answer(204)

    def _author(self, call: Call) -> Author:
        """The branch and the business date of a call (facts 7 and 16)."""
        now = self._world.clock.now() + timedelta(hours=self._settings.user_offset_hours)
        asked, branch = call.headers.get("PX-CbApiBusinessDate"), call.headers.get("PX-CbApiBranch")
        branches = call.session.tenant.lists.branches
        if branch is not None and branch not in branches:
            raise bad_request(f"The branch '{branch}' cannot be found.")
        return Author(call.session.session_id, branch or call.session.branch, _day(asked, now.date()))


def _day(asked: str | None, today: date) -> date:
    try:
        return today if asked is None else day(asked)
    except ValueError as error:
        raise bad_request("The business date is no date.") from error


def _empty(status: int) -> AcumaticaError:
    return AcumaticaError(status, "", "NotFound")
