"""Companies in bulk: all checked first, then written one by one; a bulk create fires no webhook."""

from __future__ import annotations

from typing import Any

from sandbox.bigcommerce import companies, errors, extras, schema
from sandbox.bigcommerce.call import Call, Written
from sandbox.bigcommerce.reader import Reader
from sandbox.bigcommerce.wire import Record


class HalfDone(Exception):
    """A mishap: the first half was written, then the server broke down."""

    def __init__(self, written: list[Written]) -> None:
        super().__init__("half of the call was written")
        self.written = written


def create(call: Call) -> list[Written]:
    """POST /companies/bulk."""
    bodies = [_checked(call, place, raw) for place, raw in enumerate(companies.bulk(call))]
    companies.check_conflicts(call, bodies)
    half = call.world.misfortune.take("commit_half", "bigcommerce", "company")
    taken = bodies if half is None else bodies[: len(bodies) // 2]
    written = [_made(call, body) for body in taken]
    if half is not None:
        raise HalfDone(written)
    return written


def update(call: Call) -> list[Written]:
    """PUT /companies/bulk."""
    olds = [_held(call, raw) for raw in companies.bulk(call)]
    bodies = [_read(call, schema.UPDATE_COMPANY, raw) for raw in call.body]
    return [_changed(call, old, body) for old, body in zip(olds, bodies, strict=True)]


def _checked(call: Call, place: int, raw: Any) -> Record:
    body = _read(call, schema.CREATE_COMPANY, raw)
    missing = [name for name in ("companyName", "adminFirstName", "adminLastName", "adminEmail") if not body.get(name)]
    if missing:
        wrong = [{"id": str(place), "_detail": f"{missing[0]} is required"}]
        raise errors.Refusal(422, {"errors": wrong}, {"message": errors.PARAMETER})
    extras.checked(call, "company", body.get("extraFields"), None)
    return body


def _read(call: Call, shape: schema.Shape, raw: Any) -> Record:
    return Reader(call.settings).read(shape, raw)


def _made(call: Call, body: Record) -> Written:
    company = companies.make(call, body)
    return Written({"companyId": company["id"]}, company["companyName"], company["id"])


def _held(call: Call, raw: Any) -> Record:
    found = call.store.get("company", companies.company_id_of(raw))
    if found is None:
        raise errors.plain(404, errors.NO_RESOURCE)
    return found


def _changed(call: Call, old: Record, body: Record) -> Written:
    changed = companies.change(call, old, body)
    return Written({"companyId": old["id"]}, changed["companyName"], old["id"])
