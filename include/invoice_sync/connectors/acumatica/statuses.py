"""What each status and type of a sales invoice means for us. Pure data, one row a status.

The statuses are those of the Invoices form (SO303000) of 2026 R1, and Scheduled, Voided, Reserved, Unapplied and
Pending Payment, which AR forms have besides. The set is open: a site may have more, and they are held under their name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Ruling = Literal["send", "follow", "hold"]
Portal = Literal["by balance", "paid", "void", "not shown"]


@dataclass(frozen=True, slots=True)
class Status:
    """`ruling`: send it; follow it only where it was delivered; or hold it. `reason`: why it is not sent.

    `portal`: how a store shows it: open (0) or partly paid (1) "by balance", "paid" (2), "void" or not at all.
    """

    name: str
    ruling: Ruling
    portal: Portal
    reason: str = ""


_HELD: tuple[tuple[str, str], ...] = (
    ("Incomplete", "its tax calculation failed"),
    ("On Hold", "a draft"),
    ("Credit Hold", "stopped by the credit check"),
    ("Pending Approval", "not approved yet"),
    ("Rejected", "its approval was refused"),
    ("Pending Print", "must be printed first"),
    ("Pending Email", "must be mailed first"),
    ("Pending Processing", "a card payment must be captured first"),
    ("Balanced", "not released, its amounts may change"),
    ("Scheduled", "a template for later invoices"),
    ("Reserved", "put aside after release"),
    ("Unapplied", "a prepayment invoice"),
    ("Pending Payment", "a prepayment invoice"),
)
TABLE: Mapping[str, Status] = {
    row.name: row
    for row in (
        Status("Open", "send", "by balance"),
        Status("Closed", "send", "paid"),
        Status("Canceled", "follow", "void", "canceled at the source"),
        Status("Voided", "follow", "void", "voided at the source"),
        *(Status(name, "hold", "not shown", f"{name}: {why}") for name, why in _HELD),
    )
}

CARRIED = frozenset({"Invoice", "Debit Memo", "Cash Sale"})
CREDITS: Mapping[str, str] = {
    name: f"{name.lower()}: its effect is in the balance of the invoices it is applied to"
    for name in ("Credit Memo", "Cash Return")
}


def ruling(kind: str, status: str, chosen: Mapping[str, Literal["send", "hold"]]) -> Status:
    """What to do with a document of this type and status. `chosen` is the flow's option `acumatica.statuses`."""
    row = TABLE.get(status) or Status(status, "hold", "not shown", f"unknown status {status or '(empty)'}")
    if kind not in CARRIED:
        return replace(row, ruling="hold", portal="not shown", reason=CREDITS.get(kind) or _unknown_type(kind))
    wanted = chosen.get(status)
    if wanted == "send" and row.ruling != "send":
        return Status(status, "send", "by balance")
    if wanted == "hold" and row.ruling != "hold":
        return replace(row, ruling="hold", reason=f"{status}: held by the flow's option statuses")
    return row


def _unknown_type(kind: str) -> str:
    return f"{kind or 'documents without a type'}: this type is not carried"
