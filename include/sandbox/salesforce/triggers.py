"""Refusals that are not the platform's: row locks, validation rules, and the package's triggers.

What the package's triggers refuse, and in which words, is not public (facts 4.1, 12.2): every rule here has a
switch, and the harsher reading is the default.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.misfortune import Misfortune
from sandbox.salesforce.changes import Change
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.names import ACKNOWLEDGEMENT, INVOICE, INVOICE_OF_LINE, LINE, ROOTSTOCK_USER, TRANSFERRED
from sandbox.salesforce.schema import Row
from sandbox.salesforce.store import Org

VENDOR = "salesforce"
LOCKED = "unable to obtain exclusive access to this record"
LIMITS = {
    "cpu": "System.LimitException: Apex CPU time limit exceeded",
    "soql": "System.LimitException: Too many SOQL queries: 101",
}


class Triggers:
    """Asked once per record, after the platform's own checks."""

    def __init__(self, org: Org, misfortune: Misfortune) -> None:
        self._org = org
        self._misfortune = misfortune
        self._locks: dict[str, int] = {}
        # the user of the call that is being answered; calls are answered one after the other
        self.actor: str | None = None
        self.locked_when_transferred = True
        self.user_required = True
        self.refused_fields: frozenset[str] = frozenset()
        self.validation_rules: dict[str, str] = {}
        self.governor_rows: int | None = None
        self.governor_limit = "cpu"

    def lock(self, record_id: str, times: int) -> None:
        """Let the next writes to a record or its details fail."""
        self._locks[record_id[:15]] = times

    def before(self, change: Change, row: Row | None, kind: str, too_many: bool) -> None:
        """Refuse, or let pass."""
        self._refuse_by_mishap(change)
        self._refuse_locked(change, row)
        self._refuse_by_rule(change)
        if not change.sobject.name.startswith("rstk"):
            return
        self._refuse_stranger(change, kind)
        self._refuse_field(change, kind)
        self._refuse_transferred(change, row, kind)
        if too_many and change.sobject.name == INVOICE:
            raise _trigger(change, kind, LIMITS[self.governor_limit])

    def overloaded(self, changes: Iterable[Change]) -> bool:
        """Whether one transaction holds more invoices than the triggers get done."""
        most = self.governor_rows
        return most is not None and sum(one.sobject.name == INVOICE for one in changes) > most

    def _refuse_by_mishap(self, change: Change) -> None:
        mishap = self._misfortune.take_refusal(VENDOR, change.sobject.name)
        if mishap is not None:
            raise SalesforceError(mishap.code or "UNABLE_TO_LOCK_ROW", mishap.message or LOCKED)

    def _refuse_locked(self, change: Change, row: Row | None) -> None:
        """A write locks the record and the masters it rolls up to."""
        names = [field.name for field in change.sobject.masters]
        given = {field.name: value for field, value in change.values.items()}
        held = [(row or given).get(name) for name in names]
        for record_id in [(row or {}).get("Id"), *held]:
            left = self._locks.get(str(record_id)[:15], 0)
            if left > 0:
                self._locks[str(record_id)[:15]] = left - 1
                raise SalesforceError("UNABLE_TO_LOCK_ROW", LOCKED)

    def _refuse_by_rule(self, change: Change) -> None:
        for field, value in change.values.items():
            message = self.validation_rules.get(f"{change.sobject.name}.{field.name}")
            if message is not None and value is not None:
                raise SalesforceError("FIELD_CUSTOM_VALIDATION_EXCEPTION", message, 400, (field.name,))

    def _refuse_stranger(self, change: Change, kind: str) -> None:
        """Without a record of its own in Rootstock a user changes nothing there (assumed, facts 3.5)."""
        if not self.user_required or self.actor is None:
            return
        held = self._org.children(ROOTSTOCK_USER, "rstk__syusr_employee__c", self.actor)
        if not any(not one.get("rstk__syusr_inactive__c") for one in held):
            raise _trigger(change, kind, _exception("The current user has no Rootstock user record"))

    def _refuse_field(self, change: Change, kind: str) -> None:
        for field in change.values:
            if f"{change.sobject.name}.{field.name}" in self.refused_fields:
                raise _trigger(change, kind, _exception(f"Field {field.name} cannot be changed"))

    def _refuse_transferred(self, change: Change, row: Row | None, kind: str) -> None:
        invoice = self._invoice_of(change, row)
        if invoice is None or not invoice.get(TRANSFERRED) or not self.locked_when_transferred:
            return
        if kind == "update" and all(field.name in ACKNOWLEDGEMENT for field in change.values):
            return
        raise _trigger(change, kind, _exception("Invoice has been transferred and cannot be changed"))

    def _invoice_of(self, change: Change, row: Row | None) -> Row | None:
        if change.sobject.name == INVOICE:
            return row
        if change.sobject.name != LINE:
            return None
        given: dict[str, Any] = {field.name: value for field, value in change.values.items()}
        return self._org.row(INVOICE, (row or given).get(INVOICE_OF_LINE))


def _exception(text: str) -> str:
    return f"rstk.RstkException: {text}"


def _trigger(change: Change, kind: str, cause: str) -> SalesforceError:
    name = change.sobject.name.removeprefix("rstk__").removesuffix("__c")
    moment = {"create": "BeforeInsert", "update": "BeforeUpdate", "delete": "BeforeDelete"}[kind]
    return SalesforceError(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"rstk.{name}_trigger: execution of {moment}\n\ncaused by: {cause}"
    )
