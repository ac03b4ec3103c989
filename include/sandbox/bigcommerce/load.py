"""Fills a store in-process: single records made to measure, and thousands of them in seconds.

`running.vendors["bigcommerce"].loader(store_hash)` gives a Loader. Amounts are text or Decimal, never float.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.bigcommerce import seed
from sandbox.bigcommerce.call import Call
from sandbox.bigcommerce.operator import new_company
from sandbox.bigcommerce.wire import Record


class Loader:
    """Every method gives back the ids it made. Nothing is checked and nothing goes into the journal."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def company(self, name: str, erp_id: str = "", **fields: Any) -> int:
        """A buyer with its ERP customer id; `fields` as the operator's insert takes them."""
        named = {**fields.pop("extraFields", {}), **({seed.ERP_ID: erp_id} if erp_id else {})}
        return int(new_company(self._call, {"companyName": name, "extraFields": named, **fields})["id"])

    def companies(self, count: int, first: int = 1) -> list[int]:
        """Buyers "Buyer 000001", ... with the ERP ids L000001, ..."""
        return [self.company(f"Buyer {number:06d}", f"L{number:06d}") for number in range(first, first + count)]

    def invoice(self, number: str, company: int, amount: str = "100.00", code: str = "USD", **fields: Any) -> int:
        """An invoice, all of it open; `fields` as they are stored."""
        return int(seed.invoice(self._call, number, company, amount, code, **fields)["id"])

    def invoices(self, count: int, companies: Sequence[int], first: int = 1) -> list[int]:
        """Invoices L-000001, ... of these buyers in turn, as an ERP would have pushed them."""
        return [
            self.invoice(f"L-{n:06d}", companies[n % len(companies)], source=1, externalId=f"L-{n:06d}")
            for n in range(first, first + count)
        ]

    def invoice_numbered(self, number: str) -> Record:
        """The stored invoice of a number."""
        found = self._call.store.table("invoice").having("invoiceNumber", number)
        if not found:
            raise LookupError(f"bigcommerce has no invoice {number}")
        return found[0]
