"""PUT, PATCH and DELETE of records (facts 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sandbox.acumatica import requests_in
from sandbox.acumatica.errors import (
    AcumaticaError,
    FieldErrors,
    Refused,
    bad_request,
    forbidden,
    general,
    no_entity,
    page,
    short,
)
from sandbox.acumatica.forms import Form, Writing
from sandbox.acumatica.forms_documents import DocumentForm
from sandbox.acumatica.forms_lists import ActivityForm, CustomerForm, ItemForm
from sandbox.acumatica.forms_orders import OrderForm, ShipmentForm
from sandbox.acumatica.forms_payments import PaymentForm
from sandbox.acumatica.ledger_notes import NAME, Notes
from sandbox.acumatica.operations import Operations
from sandbox.acumatica.reading import Place, Query, Reader
from sandbox.acumatica.requests_in import Given
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.shapes import shown
from sandbox.acumatica.store import Row
from sandbox.world import World

FORMS: dict[str, Callable[[], Form]] = {
    "SalesInvoice": lambda: DocumentForm(sales=True),
    "Invoice": lambda: DocumentForm(sales=False),
    "Payment": PaymentForm,
    "SalesOrder": OrderForm,
    "Shipment": ShipmentForm,
    "Customer": CustomerForm,
    "StockItem": lambda: ItemForm("StockItem"),
    "NonStockItem": lambda: ItemForm("NonStockItem"),
    "Activity": ActivityForm,
}
# their numbers come from a sequence, whatever the caller proposes
_NUMBERED = {"Document": "ReferenceNbr", "Payment": "ReferenceNbr", "SalesOrder": "OrderNbr"}
_FIRST_KEY = {"Document": "Invoice", "Payment": "Payment", "SalesOrder": "SO"}


@dataclass(frozen=True)
class Author:
    """Who writes, and from where; the day is the business date of the call."""

    session_id: str
    branch: str
    day: date


class Writer:
    """Carries out writes of one site."""

    def __init__(self, world: World, settings: Settings, reader: Reader, operations: Operations) -> None:
        self._world = world
        self._settings = settings
        self._reader = reader
        self._operations = operations
        self._notes = Notes(world)

    def put(
        self, place: Place, session: Author, text: str, headers: Mapping[str, str], query: Query, patch: bool = False
    ) -> Row:
        """Insert or update, and answer the record as it is now."""
        self._admit(place)
        body = requests_in.body_of(text)
        errors = FieldErrors()
        given = requests_in.read(place.entity, body, place.version, errors)
        operation, target = "update", None
        try:
            target = self._target(place, given, query)
            operation = "create" if target is None else "update"
            self._check_conditions(headers, target, patch)
            row, outcome = self._carry_out(place, session, given, target, errors)
        except (FieldErrors, Refused, AcumaticaError) as refusal:
            raise self._refused(place, operation, given, target, body, refusal) from refusal
        self._notes.done(place.tenant, place.entity.name, operation, row, outcome)
        return shown(place.entity, row, self._reader.look(place, _answered(place, given, query)))

    def _carry_out(
        self, place: Place, session: Author, given: Given, target: Row | None, errors: FieldErrors
    ) -> tuple[Row, str]:
        self._misfortune(place.entity.name)
        self._operations.refuse_busy(session.session_id, place.entity.form)
        form, writing = FORMS[place.entity.name](), self._writing(place, session, errors)
        if target is None:
            numbered = _NUMBERED.get(place.entity.kind)
            if numbered is not None:
                given.fields.pop(numbered, None)
            return form.insert(writing, given), "created"
        self._operations.refuse_locked(target["_id"], place.entity.name)
        return target, "updated" if form.update(writing, target, given) else "replayed"

    def _writing(self, place: Place, session: Author, errors: FieldErrors) -> Writing:
        return Writing(place.tenant, self._settings, session.day, session.branch, place.user.name, errors)

    def _admit(self, place: Place) -> None:
        if place.entity.name not in FORMS:
            raise page(404, "Not Found")
        self._reader.refuse_unset(place.entity)
        if not place.user.may_write:
            raise forbidden(place.entity.form)

    def _misfortune(self, entity: str) -> None:
        mishap = self._world.misfortune.take_refusal(NAME, entity)
        if mishap is not None:
            text = mishap.message or "Error: the sandbox was told to refuse this record."
            raise Refused(text, mishap.code or "PX.Data.PXException")

    def _target(self, place: Place, given: Given, query: Query) -> Row | None:
        """The record of the keys, else of the id, else of the filter."""
        keys = [given.fields.get(place.entity.fields[name].source) for name in place.entity.keys]
        if len(keys) == 2 and not keys[0]:
            keys[0] = _FIRST_KEY.get(place.entity.kind)
        if keys and all(keys):
            return self._reader.find(place, [str(one) for one in keys])
        if given.record_id:
            return self._reader.row(place, [given.record_id])
        if query.filter:
            found = self._reader.matching(place, query)
            if len(found) > 1:
                raise general("More than one entity satisfies the condition.")
            return found[0] if found else None
        return None

    def _check_conditions(self, headers: Mapping[str, str], target: Row | None, patch: bool) -> None:
        if headers.get("If-None-Match") == "*" and target is not None:
            raise AcumaticaError(412, {"message": "The entity already exists."}, "PreconditionFailed")
        if headers.get("If-Match") == "*" and target is None:
            raise AcumaticaError(412, {"message": "The entity does not exist."}, "PreconditionFailed")
        if patch and target is None:
            raise no_entity()

    def _refused(
        self, place: Place, operation: str, given: Given, target: Row | None, body: Row, refusal: Exception
    ) -> AcumaticaError:
        what = f"{'Inserting ' if operation == 'create' else 'Updating '} '{place.entity.name}'"
        if isinstance(refusal, FieldErrors):
            echo = requests_in.echoed(body, refusal, what)
            answer = AcumaticaError(int(self._settings.validation_status), echo, short(echo["exceptionType"]))
        elif isinstance(refusal, Refused):
            answer = general(refusal.text, refusal.kind)
        else:
            assert isinstance(refusal, AcumaticaError)  # noqa: S101
            answer = refusal
        self._notes.refused(place.tenant, place.entity.name, operation, target or given.fields, answer.code)
        return answer

    def delete(self, place: Place, session: Author, keys: list[str]) -> None:
        """Delete a record."""
        self._admit(place)
        row = self._reader.row(place, keys)
        try:
            self._operations.refuse_busy(session.session_id, place.entity.form)
            self._operations.refuse_locked(row["_id"], place.entity.name)
            FORMS[place.entity.name]().delete(self._writing(place, session, FieldErrors()), row)
        except Refused as refusal:
            self._notes.refused(place.tenant, place.entity.name, "delete", row, refusal.code)
            raise general(refusal.text, refusal.kind) from refusal
        self._notes.done(place.tenant, place.entity.name, "delete", row, "deleted")

    def attach(self, place: Place, keys: list[str], name: str, content: bytes, comment: str | None) -> None:
        """Put a file to a record; a second one of the same name takes the first one's place."""
        self._admit(place)
        if not name:
            raise bad_request("The name of the file is missing.")
        row = self._reader.row(place, keys)
        attach(place, row, name, content, comment)
        self._notes.done(place.tenant, place.entity.name, "attach", row, "updated")


def attach(place: Place, row: Row, name: str, content: bytes, comment: str | None = None) -> str:
    """Keep a file and link it to a record; gives the file's id."""
    file_id = place.tenant.guid()
    place.tenant.files[file_id] = (name, content)
    kept = [one for one in row["_files"] if one["filename"] != name]
    entry = {"id": file_id, "filename": name, "comment": comment}
    place.tenant.change(place.entity.kind, row, {"_files": [*kept, entry]})
    return file_id


def _answered(place: Place, given: Given, query: Query) -> Query:
    """Of a write come back the keys, what the request named, and what it asked for beyond."""
    expand = query.expand | {one for one in given.names if one not in place.entity.fields}
    select = query.select
    if select is not None:
        select = select | set(given.names) | set(place.entity.keys)
    return replace(query, expand=frozenset(expand), select=select)
