"""Reads: records by key or GUID, and lists with the defects that lists have (facts 6)."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.acumatica.errors import PX_EXCEPTION, AcumaticaError, bad_request, forbidden, general, no_entity
from sandbox.acumatica.filters import BadFilter, Filter
from sandbox.acumatica.schema import MAIN_VIEW, Entity
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.shapes import Look, shown
from sandbox.acumatica.store import Row, Tenant, User, key_of

OPTIMIZATION = "Optimization cannot be performed.The following fields cause the error:"
NOT_ENTERED = "PX.Data.PXSetupNotEnteredException"
_BRANCH = {"Document": "BranchID", "Payment": "BranchID", "SalesOrder": "Branch", "Shipment": "_branch"}


@dataclass(frozen=True)
class Query:
    """The parameters of one request."""

    filter: str = ""
    select: frozenset[str] | None = None
    expand: frozenset[str] = frozenset()
    custom: tuple[str, ...] = ()
    top: int | None = None
    skip: int = 0


@dataclass(frozen=True)
class Place:
    """Where a request goes: tenant, user, entity, version, and the path of the endpoint for links."""

    tenant: Tenant
    user: User
    entity: Entity
    version: int
    base: str


def query_of(parameters: Mapping[str, str]) -> Query:
    """Read the parameters; names that nobody knows are passed over."""
    select = _names(parameters.get("$select"))
    return Query(
        parameters.get("$filter", "").strip(),
        frozenset(select) if select else None,
        frozenset(_with_parents(_names(parameters.get("$expand")))),
        tuple(_names(parameters.get("$custom"))),
        _count(parameters, "$top"),
        _count(parameters, "$skip") or 0,
    )


def _names(text: str | None) -> list[str]:
    return [one.strip() for one in (text or "").split(",") if one.strip()]


def _with_parents(names: Iterable[str]) -> Iterable[str]:
    """MainContact/Address expands both."""
    for name in names:
        steps = name.split("/")
        yield from ("/".join(steps[:count]) for count in range(1, len(steps) + 1))


def _count(parameters: Mapping[str, str], name: str) -> int | None:
    text = parameters.get(name)
    if text is None:
        return None
    if not text.isdigit():
        raise bad_request(f"The value of {name} must be a whole number.")
    return int(text)


def is_guid(text: str) -> bool:
    """Whether a part of a path is a record's id rather than a key."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


class Reader:
    """Answers reads of one site."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def look(self, place: Place, query: Query) -> Look:
        """How the records of this request are to be shown."""
        return Look(place.version, place.base, query.select, query.expand, query.custom, self._settings)

    def refuse_unset(self, entity: Entity) -> None:
        """The preferences of the module were never set, or the user has no right to the form."""
        if entity.name in self._settings.forbidden:
            raise forbidden(entity.form)
        if entity.name in self._settings.setup_missing:
            text = f"The required configuration data is not entered on the {entity.name} Preferences form."
            raise general(text, NOT_ENTERED)

    def one(self, place: Place, keys: list[str], query: Query) -> Row:
        """One record; no such keys is a 500, as is a record that the user may not see."""
        self.refuse_unset(place.entity)
        return shown(place.entity, self.row(place, keys), self.look(place, query))

    def row(self, place: Place, keys: list[str]) -> Row:
        """The stored record of these keys."""
        found = self.find(place, keys)
        if found is None:
            raise no_entity()
        return found

    def find(self, place: Place, keys: list[str]) -> Row | None:
        """The stored record of these keys, or of a GUID."""
        table = place.tenant.rows(place.entity.kind)
        if len(keys) == 1 and is_guid(keys[0]):
            found = table.by_id(keys[0])
        else:
            found = table.by_key(*keys) if len(keys) == len(place.entity.keys) else None
        return found if found is not None and self.is_visible(place, found) else None

    def is_visible(self, place: Place, row: Row) -> bool:
        """Only SO documents are on the SO form; other branches do not exist for a user without access."""
        if place.entity.name == "SalesInvoice" and not row.get("_sales"):
            return False
        branches, branch = place.user.branches, row.get(_BRANCH.get(place.entity.kind, ""))
        return branches is None or branch is None or branch in branches

    def listed(self, place: Place, query: Query) -> list[Row]:
        """All records that fit, in an order that nobody promised."""
        self.refuse_unset(place.entity)
        condition = self._filter(place, query)
        self._refuse_unoptimized(place, query, condition)
        rows = [] if self._is_torn(condition) else self._matching(place, condition)
        page = self._ordered(place, rows)[query.skip :]
        look = self.look(place, query)
        page = page if query.top is None else page[: query.top]
        return [shown(place.entity, row, look, number) for number, row in enumerate(page, 1)]

    def matching(self, place: Place, query: Query) -> list[Row]:
        """The stored records of a filter."""
        return self._matching(place, self._filter(place, query))

    def _filter(self, place: Place, query: Query) -> Filter | None:
        if not query.filter:
            return None
        try:
            return Filter(place.entity, place.version, query.filter, self._settings.user_offset_hours)
        except BadFilter as error:
            status = int(self._settings.bad_filter_status)
            raise general(str(error), "Microsoft.OData.ODataException", status) from error

    def _is_torn(self, condition: Filter | None) -> bool:
        """A filter over fields of several views finds nothing, silently (facts 6.3)."""
        torn = condition is not None and len(condition.views) > 1
        return torn and self._settings.multi_view_filter == "empty"

    def _matching(self, place: Place, condition: Filter | None) -> list[Row]:
        table = place.tenant.rows(place.entity.kind)
        return [row for row in table if (condition is None or condition.matches(row)) and self.is_visible(place, row)]

    def _ordered(self, place: Place, rows: list[Row]) -> list[Row]:
        """By key, or dealt anew whenever the set is another one, or dealt anew every time."""
        keys = place.tenant.rows(place.entity.kind).keys
        rows = sorted(rows, key=lambda row: key_of(tuple(row[name] for name in keys)))
        if self._settings.list_order == "keys":
            return rows
        moving = self._settings.list_order == "moving"
        dice = random.Random(hash(frozenset(row["_id"] for row in rows))) if moving else random.Random()
        dice.shuffle(rows)
        return rows

    def _refuse_unoptimized(self, place: Place, query: Query, condition: Filter | None) -> None:
        """A list cannot export what a BQL delegate computes; a single record can (facts 6.3)."""
        touched = set(query.expand) | set(condition.fields if condition else ())
        touched |= query.select or set(place.entity.fields)
        keys = {*place.entity.keys, "LastModifiedDateTime", "LastModified"}
        for rule in self._settings.optimization_fails:
            name, _, what = rule.partition(".")
            whole = not what and not touched <= keys
            if name == place.entity.name and (whole or what in touched):
                raise _unoptimized(place.entity, what)


def _unoptimized(entity: Entity, what: str) -> AcumaticaError:
    part = entity.collections.get(what)
    field = next(iter(part.fields)) if part else what or next(iter(entity.fields))
    path = f"{what}/{field}" if part else field
    view = what or MAIN_VIEW
    return general(f"{OPTIMIZATION}\r\n{path}: View {view} has BQL delegate\r\n", PX_EXCEPTION)


def empty_entity(entity: Entity, version: int, custom: dict[str, Any]) -> Row:
    """$adHocSchema: every field and nothing in it."""
    made: Row = {one.name: {} for one in entity.fields_in(version)}
    for linked in entity.linked_in(version):
        made[linked.name] = {one.name: {} for one in linked.fields_in(version)}
        made[linked.name] |= {inner.name: dict.fromkeys(inner.fields, {}) for inner in linked.linked.values()}
    for rows in entity.collections_in(version):
        made[rows.name] = [{one.name: {} for one in rows.fields_in(version)}]
    return {**made, "custom": custom, "files": []}
