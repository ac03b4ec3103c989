"""How a document that QuickBooks cannot take is told about; pure."""

from __future__ import annotations

import re

from invoice_sync.model.documents import Document, Invoice, Party, Product
from invoice_sync.model.errors import BadDocument, Problem


def bad(document: Document, cause: str, reason: str, cure: str) -> BadDocument:
    """`reason` completes "Invoice 4711: ..."."""
    return BadDocument(problem(document, cause, reason, cure))


def problem(document: Document, cause: str, reason: str, cure: str) -> Problem:
    return Problem(cause, f"{what(document)}: {reason}.", cure)


def what(document: Document) -> str:
    """The document as a bookkeeper calls it; names of people are not in it."""
    if isinstance(document, Invoice):
        return f"{'Credit memo' if document.kind == 'credit_memo' else 'Invoice'} {one_line(document.number)}"
    if isinstance(document, Party):
        return f"Customer {document.number or document.source_id}"
    return f"Product {one_line(document.sku)}" if isinstance(document, Product) else one_line(document.label)


def one_line(text: str) -> str:
    """The text without line breaks, tabs or doubled blanks."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())
