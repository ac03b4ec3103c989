"""Extra fields: what the store defines, and what of a document goes into them; pure.

They are defined in the control panel only (B2B Edition settings, Extra fields); names must match to the letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from invoice_sync.connectors.base import Json
from invoice_sync.connectors.bigcommerce import envelope
from invoice_sync.connectors.bigcommerce.texts import SOURCE, lines_of, one_line, problem
from invoice_sync.model.documents import Invoice
from invoice_sync.model.errors import BadAmount, Problem
from invoice_sync.model.money import exact

TEXT, LINES, NUMBER, CHOICE = range(4)


def _kept(invoice: Invoice) -> str:
    """Lots, serial numbers and locations, line by line."""
    told = [(line.number, "; ".join(f"{where} {which}" for where, which in line.kept)) for line in invoice.lines]
    return "\n".join(f"{number}: {text}" for number, text in told if text)


OURS: Mapping[str, Callable[[Invoice], str]] = {
    "order_id": lambda invoice: invoice.order_id,
    "order_number": lambda invoice: invoice.order_number,
    "purchase_order": lambda invoice: invoice.purchase_order,
    "division": lambda invoice: invoice.division,
    "source_number": lambda invoice: invoice.number,
    "status": lambda invoice: invoice.status,
    "terms": lambda invoice: invoice.terms,
    "memo": lambda invoice: invoice.memo,
    "note": lambda invoice: invoice.note,
    "tracking": lambda invoice: invoice.tracking,
    "tax_location": lambda invoice: invoice.tax_location,
    "kept": _kept,
}
"""What the flow's option bigcommerce.extra_fields can name, and where it is in a document."""


def config(rows: Sequence[Json]) -> dict[str, Any]:
    """By name what the store defines, as plain JSON. `longest` 0 and `most` "" are no limit."""
    return {envelope.text_of(row.get("fieldName")): _config(row) for row in rows if row.get("fieldName")}


def values(invoice: Invoice, named: Mapping[str, str], known: Mapping[str, Json]) -> list[dict[str, str]]:
    """What is to be written: every field that the flow names and the document fills."""
    found = []
    for ours, theirs in named.items():
        cleaned = lines_of if known.get(theirs, {}).get("kind") == LINES else one_line
        text = cleaned(OURS[ours](invoice)) if ours in OURS else ""
        found += [{"fieldName": theirs, "fieldValue": text}] if text else []
    return found


def problems(invoice: Invoice, given: Sequence[Json], known: Mapping[str, Json]) -> Iterator[Problem]:
    """What the store would refuse of the values, and required fields that stay empty."""
    filled = {each["fieldName"]: str(each["fieldValue"]) for each in given}
    for name, text in filled.items():
        if name in known and (wrong := _wrong(text, known[name])):
            yield problem(
                invoice,
                "extra_field",
                f"its value for the store's field {name} {wrong}",
                f"Shorten or correct it {SOURCE}.",
            )
    for name, field in known.items():
        if field["required"] and not field["default"] and name not in filled:
            reason = f"the store requires the field {name}, and the document has nothing for it"
            yield problem(invoice, "extra_field", reason, f"Fill it {SOURCE}, or make the field optional in the store.")


def value_of(record: Json, name: str) -> str:
    """The value of one extra field of a record; empty where there is none."""
    listed = record.get("extraFields")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and each.get("fieldName") == name:
            return envelope.text_of(each.get("fieldValue"))
    return ""


def held(record: Json) -> dict[str, str]:
    """All of a record's extra fields that are filled."""
    listed = record.get("extraFields")
    pairs = [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    named = {envelope.text_of(each.get("fieldName")): envelope.text_of(each.get("fieldValue")) for each in pairs}
    return {name: text for name, text in named.items() if name and text}


def _config(row: Json) -> dict[str, Any]:
    choices = row.get("listOfValue") or row.get("listOfValues") or []
    return {
        "kind": envelope.whole(row.get("fieldType")) or TEXT,
        "required": _is_true(row.get("isRequired")),
        "default": bool(envelope.text_of(row.get("defaultValue"))),
        "longest": envelope.whole(row.get("maximumLength")) or 0,
        "most": envelope.text_of(row.get("maximumValue")),
        "choices": [envelope.text_of(each) for each in choices] if isinstance(choices, list) else [],
    }


def _is_true(value: object) -> bool:
    """The samples have true, "1" and 1."""
    return envelope.text_of(value).lower() in ("true", "1")


def _wrong(text: str, field: Json) -> str:
    if field["kind"] in (TEXT, LINES) and field["longest"] and len(text) > field["longest"]:
        return f"has {len(text)} characters, the store takes {field['longest']}"
    if field["kind"] == CHOICE and text not in field["choices"]:
        return "is none of the choices that the store offers"
    return _wrong_number(text, field) if field["kind"] == NUMBER else ""


def _wrong_number(text: str, field: Json) -> str:
    try:
        number = exact(text)
        most = exact(field["most"]) if field["most"] else None
    except BadAmount:
        return "is no number"
    return f"is above {most}" if most is not None and number > most else ""
