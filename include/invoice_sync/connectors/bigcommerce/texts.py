"""Texts as the store can hold them; pure."""

from __future__ import annotations

import unicodedata

from invoice_sync.model.documents import Invoice
from invoice_sync.model.errors import BadDocument, Problem

SOURCE = "in the source system"


def one_line(text: str) -> str:
    """Without control characters, line breaks and doubled blanks."""
    return " ".join(_printable(text).split())


def lines_of(text: str) -> str:
    """The same line by line, empty ones at either end left out."""
    return "\n".join(one_line(line) for line in text.strip().splitlines()).strip()


def problem(invoice: Invoice, cause: str, reason: str, cure: str) -> Problem:
    return Problem(cause, f"Invoice {one_line(invoice.number)}: {reason}.", cure)


def bad(invoice: Invoice, cause: str, reason: str, cure: str) -> BadDocument:
    return BadDocument(problem(invoice, cause, reason, cure))


def _printable(text: str) -> str:
    """Control and private characters, halves of pairs and marks of direction are nothing that a store shows."""
    return "".join(" " if unicodedata.category(each) in ("Cc", "Cf", "Co", "Cs") else each for each in text)
