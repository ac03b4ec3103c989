"""What happens at the org at the push of a button: verbs of the operator beyond plain edits of records.

Over HTTP: POST /control/state/salesforce/<org>/Action {"do": "<verb>", ...}. In-process: `Salesforce.act`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.salesforce.allowance import Refusals
from sandbox.salesforce.bulk_ingest import Ingest
from sandbox.salesforce.cursors import Cursors
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.names import INVOICE
from sandbox.salesforce.schema import Row
from sandbox.salesforce.sign_in import Sessions
from sandbox.salesforce.store import Org
from sandbox.salesforce.sydata import Processor
from sandbox.salesforce.triggers import Triggers

ACTION = "Action"
_NUMBER = "rstk__soinv_invoiceno__c"
_APPROVED, _DATE = "rstk__soinv_approved__c", "rstk__soinv_dateapproved__c"


class Actions:
    """One method per verb; each says what it did."""

    def __init__(
        self,
        org: Org,
        sessions: Sessions,
        cursors: Cursors,
        triggers: Triggers,
        refusals: Refusals,
        ingest: Ingest,
        processor: Processor,
    ) -> None:
        self._org = org
        self._triggers = triggers
        self._refusals = refusals
        self._ingest = ingest
        self._verbs: dict[str, Callable[..., Row]] = {
            "expire_tokens": lambda: _done(sessions.expire),
            "expire_cursors": lambda: _done(cursors.expire),
            "process_sydata": lambda: _done(processor.looked_at),
            "approve": self.approve,
            "deapprove": self.deapprove,
            "lock_rows": self.lock_rows,
            "refuse_calls": self.refuse_calls,
            "fail_bulk": self.fail_bulk,
            "empty_recycle_bin": self.empty_recycle_bin,
        }

    def run(self, verb: str, arguments: dict[str, Any]) -> Row:
        """Carry out one verb; ValueError for bad input, LookupError for what is not there."""
        found = self._verbs.get(verb)
        if found is None:
            raise ValueError(f"no action {verb!r}; there are {', '.join(self._verbs)}")
        try:
            return {"do": verb, **found(**arguments)}
        except TypeError as error:
            raise ValueError(f"{verb}: {error}") from error

    def approve(self, invoice: str) -> Row:
        """A person approves an invoice, named by id or number."""
        row = self._invoice(invoice)
        self._org.change(INVOICE, row, {_APPROVED: True, _DATE: self._org.stamp().date()})
        return {"id": row["Id"]}

    def deapprove(self, invoice: str) -> Row:
        """A person takes the approval back, which is possible until the transfer (facts 4.3)."""
        row = self._invoice(invoice)
        if row["rstk__soinv_transferred__c"]:
            raise ValueError(f"invoice {invoice} has been transferred")
        self._org.change(INVOICE, row, {_APPROVED: False, _DATE: None})
        return {"id": row["Id"]}

    def lock_rows(self, record: str, times: int = 1) -> Row:
        """The next writes to a record, or to its details, find it locked."""
        self._triggers.lock(record, _count(times))
        return {"record": record, "times": times}

    def refuse_calls(self, code: str, message: str = "", status: int = 503, times: int = 1) -> Row:
        """The next data calls are refused as a whole."""
        self._refusals.add(SalesforceError(code, message or code, _count(status)), _count(times))
        return {"code": code, "times": times}

    def fail_bulk(self, message: str, after_rows: int = 0) -> Row:
        """The next ingest job fails after so many rows."""
        self._ingest.fail_next(message, _count(after_rows))
        return {"message": message}

    def empty_recycle_bin(self) -> Row:
        """Deleted records leave queryAll."""
        count = 0
        for name in self._org.objects:
            for row in [one for one in self._org.table(name) if one["IsDeleted"]]:
                self._org.purge(name, row)
                count += 1
        return {"purged": count}

    def _invoice(self, named: str) -> Row:
        found = self._org.row(INVOICE, named)
        rows = [found] if found else self._org.holders(INVOICE, _NUMBER, named)
        if len(rows) != 1:
            raise LookupError(f"{len(rows)} invoices are called {named!r}")
        return rows[0]


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no whole number of 0 or more")
    return value


def _done(work: Callable[[], None]) -> Row:
    work()
    return {}
