"""What Rootstock is told: bodies of the writes that go back to the source, and how they are recognised. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from invoice_sync.connectors.base import Delivered, Json, Remote, SourceRecord
from invoice_sync.connectors.rootstock.fields import bad
from invoice_sync.connectors.rootstock.mapping import id_field
from invoice_sync.model.flow import WriteBack

ACCTINVOICE = "rstk__soinv_acctinvoice__c"
TRANSFERRED = "rstk__soinv_transferred__c"
ERROR_TEXT = "rstk__soinv_errortext__c"
LONGEST_ACCTINVOICE = 30
LONGEST_ERROR = 255
_LONGEST_ID = {"customer": 50, "product": 30}
_CODES = {"customer": "socust", "product": "soprod"}
_COMPARED = (
    ACCTINVOICE, TRANSFERRED, ERROR_TEXT,
    "rstk__socust_fscustid__c", "rstk__socust_altfscustid__c", "rstk__soprod_fsprodid__c",
)  # fmt: skip


def acknowledgement(source_id: str, mode: WriteBack, done: Delivered, today: str) -> Json | None:
    """What the invoice is told after its delivery: its number over there, and that no error is left."""
    if mode == "none":
        return None
    if len(done.number) > LONGEST_ACCTINVOICE:
        # cut, it would name another document
        raise bad(
            "number-too-long-for-source",
            f"The number {done.number} has {len(done.number)} characters; Rootstock keeps {LONGEST_ACCTINVOICE}.",
            "Give the document a shorter number, or set write_back of the flow to none.",
        )
    told: dict[str, Any] = {
        "Id": source_id,
        ACCTINVOICE: done.number,
        ERROR_TEXT: None,
        "rstk__soinv_errordate__c": None,
    }
    if mode == "transferred_flag":
        told |= {TRANSFERRED: True, "rstk__soinv_datetransfer__c": today}
    return told


def id_note(record: SourceRecord, remote_id: str) -> Json | None:
    """The id where the source keeps it. None when it has one, which is never overwritten, or no room for this one."""
    code = _CODES[record.entity]
    field = f"rstk__{code}_{id_field(record)}__c"
    if str(record.content[record.entity].get(field) or "").strip() or len(remote_id) > _LONGEST_ID[record.entity]:
        return None
    return {"Id": record.source_id, field: remote_id}


def error_note(source_id: str, reason: str, now: datetime) -> Json:
    """The reason on the document, cut to its field; none empties it. `_reason` stays with us, for comparing."""
    at = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    text = " ".join(reason.split())[:LONGEST_ERROR].strip()
    date = at if text else None
    return {"Id": source_id, ERROR_TEXT: text or None, "rstk__soinv_errordate__c": date, "_reason": reason}


def wire_record(table: str, body: Json) -> Json:
    fields = {name: value for name, value in body.items() if name != "Id" and not name.startswith("_")}
    return {"attributes": {"type": table}, "id": body["Id"], **fields}


def facts_of(fields: Json, *, with_error: bool = False) -> dict[str, str]:
    """The comparable facts of what `fields` says of a record; those it leaves out are not there.

    The error text counts only for the notes that are about it: a delivery is no less known while one is still there.
    """
    names = _COMPARED if with_error else [name for name in _COMPARED if name != ERROR_TEXT]
    return {_short(name): _text(fields[name]) for name in names if name in fields}


def remote(row: Json) -> Remote:
    """A record as it stands at the source, for comparing with what a note asked for."""
    facts = facts_of(row, with_error=True)
    live = not row.get("rstk__soinv_cancelled__c")
    return Remote(str(row["Id"]), str(row["SystemModstamp"]), facts.get("acctinvoice", ""), facts, live)


def _short(name: str) -> str:
    """rstk__soinv_acctinvoice__c is acctinvoice."""
    return name.split("_", 3)[3].removesuffix("__c")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
