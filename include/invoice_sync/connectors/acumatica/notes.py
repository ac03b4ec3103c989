"""What Acumatica is told of a delivery: bodies of the writes that go back, and how they are recognised. Pure.

A released document is read-only but for a few fields, so it gets an activity, or a field that the customer made for
it (and that a customisation must leave open after release). Both move the document's stamp; its content they do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from invoice_sync.connectors.acumatica.fields import custom_of, text_of
from invoice_sync.connectors.acumatica.look import Look
from invoice_sync.connectors.base import Delivered, Json, Remote
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import WriteBack

RELATED_TYPE = "PX.Objects.AR.ARInvoice"
ACTIVITY = Look("NoteID,Summary,RelatedEntityNoteID,RelatedEntityType")
DOCUMENT_KEYS = "Type,ReferenceNbr"


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field of the customer's own: of which view of the form, and its name."""

    view: str
    name: str

    @classmethod
    def of(cls, text: str) -> CustomField | None:
        """From the flow's option: "UsrB2BInvoiceID", or with a view "Document.UsrB2BInvoiceID"; None for none."""
        view, _, name = text.strip().rpartition(".")
        return cls(view or "Document", name) if name else None

    @property
    def path(self) -> str:
        return f"{self.view}.{self.name}"

    @property
    def look(self) -> Look:
        return Look(DOCUMENT_KEYS, custom=self.path)


def acknowledgement(source_id: str, mode: WriteBack, done: Delivered, field: CustomField | None) -> Json | None:
    """The body of the intent; None when the mode writes nothing."""
    if mode == "none":
        return None
    if mode == "activity":
        return {"_document": source_id, "Summary": _summary(done)}
    if mode != "custom_field" or field is None:
        raise SettingsError(
            f"write_back {mode} is nothing that Acumatica can be told by.",
            cure="Set it to none, activity, or custom_field with options.acumatica.custom_field.",
        )
    return {"_document": source_id, "_field": field.path, "value": done.remote_id}


def keys_of(body: Json) -> list[str]:
    """Type and number of the document that a body is about."""
    return str(body["_document"]).split("/", 1)


def is_activity(body: Json) -> bool:
    return "Summary" in body


def activity(body: Json, note_id: str) -> Json:
    """The record that goes out."""
    return {
        "Summary": {"value": body["Summary"]},
        "RelatedEntityType": {"value": RELATED_TYPE},
        "RelatedEntityNoteID": {"value": note_id},
    }


def with_custom(body: Json) -> Json:
    """The document with its one field; with If-Match, so that it is never created."""
    kind, number = keys_of(body)
    view, _, name = str(body["_field"]).partition(".")
    value: Mapping[str, Any] = {"type": "CustomStringField", "value": body["value"]}
    return {"Type": {"value": kind}, "ReferenceNbr": {"value": number}, "custom": {view: {name: value}}}


def expected(body: Json) -> dict[str, str]:
    """The facts that a Remote must show."""
    if is_activity(body):
        return {"document": str(body["_document"]), "summary": str(body["Summary"])}
    return {"document": str(body["_document"]), "value": str(body["value"])}


def activity_remote(row: Json, source_id: str) -> Remote:
    """An activity on the document `source_id`."""
    return Remote(_id(row), "", "", {"document": source_id, "summary": text_of(row, "Summary")})


def document_remote(row: Json, field: CustomField) -> Remote:
    """A document with the field as it stands."""
    one = f"{text_of(row, 'Type')}/{text_of(row, 'ReferenceNbr')}"
    return Remote(one, "", "", {"document": one, "value": custom_of(row, field.view, field.name)})


def note_id(row: Json) -> str:
    """What an activity names a record by: its own id in the API."""
    return (text_of(row, "NoteID") or str(row.get("id") or "")).lower()


def related_to(row: Json) -> str:
    return text_of(row, "RelatedEntityNoteID").lower()


def _summary(done: Delivered) -> str:
    """One sentence that only this delivery of this document has, so that it is found again."""
    return f"Invoice Sync: delivered as {done.number} (id {done.remote_id})."


def _id(row: Json) -> str:
    return text_of(row, "NoteID") or str(row.get("id") or "")
