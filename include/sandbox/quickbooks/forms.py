"""Sales forms leave QuickBooks by e-mail and as PDF.

https://developer.intuit.com, api/accounting/all-entities/invoice#send-an-invoice and #get-an-invoice-as-pdf
"""

from datetime import datetime

from sandbox.quickbooks import faults
from sandbox.quickbooks.faults import Fault
from sandbox.quickbooks.store import Company
from sandbox.quickbooks.wire import Record, stamp

_PRINTED = ("Invoice", "CreditMemo", "Payment")


def printable(entity: str) -> str:
    """Only transactions have forms."""
    if entity not in _PRINTED:
        raise faults.unsupported(f"Operation is not supported for {entity}")
    return entity


def address_of(record: Record, asked: str | None) -> str:
    """Where to send it: what the call says, else what the form says."""
    address = asked or record.get("BillEmail", {}).get("Address", "")
    if not address:
        raise Fault(faults.missing("BillEmail"))
    if not all(sign in address for sign in "@."):
        raise Fault(faults.business("Invalid Email Address format. The email address must contain @ and .", "sendTo"))
    return str(address)


def sent(company: Company, entity: str, old: Record, address: str, now: datetime) -> Record:
    """The form as it stands once it was sent."""
    meta = {**old["MetaData"], "LastUpdatedTime": stamp(now)}
    delivery = {"DeliveryType": "Email", "DeliveryTime": stamp(now)}
    record = {
        **old, "EmailStatus": "EmailSent", "BillEmail": {"Address": address}, "DeliveryInfo": delivery,
        "SyncToken": str(int(old["SyncToken"]) + 1), "MetaData": meta,
    }  # fmt: skip
    company.put(entity, record)
    return record


def pdf(company: Company, record: Record) -> bytes:
    """One page with what the form is about: a whole PDF that any reader opens."""
    lines = [company.name, f"No. {record.get('DocNumber', '')}", f"Total {record['TotalAmt']}"]
    shown = " ".join(f"({_escaped(line)}) Tj 0 -20 Td" for line in lines)
    stream = f"BT /F1 12 Tf 72 720 Td {shown} ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]  # fmt: skip
    return _assembled(objects)


def _assembled(objects: list[bytes]) -> bytes:
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    return body + head + table + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
