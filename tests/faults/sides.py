"""Rootstock and QuickBooks as they stand, read at the sandbox's own records and journal."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from faults.subject import Evidence
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.tables import DocumentRow, IntentRow
from invoice_sync.model.words import IntentState
from invoice_sync.orchestration.local.control import SandboxControl

INVOICE = "rstk__soinv__c"
SEEDED_RECORDS = {"9001", "9002", "9003"}
NUMBERS = {"customer": "Customer", "product": "Item", "invoice": "Invoice", "credit_memo": "CreditMemo"}
LISTS = {"Customer": "DisplayName", "Item": "Name"}
OPEN = (IntentState.SENDING, IntentState.UNCERTAIN)


@dataclass
class Sides:
    """Both sides of the demo company; `note_due` remembers what must arrive before it leaves the queue."""

    control: SandboxControl
    database_url: str
    due: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.control.call("POST", "/control/sendings")

    def note_due(self) -> None:
        """Everything in the queue of company 01 now, with its exact grand total."""
        divisions = {row["Id"]: row["rstk__sydiv_div__c"] for row in self.records("rstk__sydiv__c")}
        for row in self.records(INVOICE):
            if divisions[row["rstk__soinv_div__c"]] == "0101" and _in_queue(row):
                self.due[row["rstk__soinv_invoiceno__c"]] = Decimal(row["rstk__soinv_grandtotal__c"])

    def evidence(self) -> Evidence:
        journal = self.control.call("GET", "/control/journal")["entries"]
        intents, unfinished = self._ledger()
        asked = list(_asked(self.control.call("GET", "/control/sendings")["sendings"]))
        keys: dict[str, set[str]] = defaultdict(set)
        for record, key in asked:
            keys[record].add(key)
        return Evidence(
            due=dict(self.due),
            there=self._there(),
            records=[*self._made(), *(f"created {e['entity']} {e['key']}" for e in journal if _is_new_record(e))],
            told=self._told(),
            wire_keys={number: frozenset(found) for number, found in keys.items()},
            seen_again=len(asked) - len(keys),
            issues={record: n for record, n in intents.items() if n > 1},
            open=sum(state in OPEN for state in unfinished.values()),
            unfinished=unfinished,
            write_calls=self._write_calls(),
        )

    def records(self, entity: str) -> list[dict[str, Any]]:
        return self.control.records("salesforce", entity)

    def _write_calls(self) -> int:
        calls = self.control.call("GET", "/control/calls")["calls"]
        return sum(int(entry["count"]) for entry in calls if entry["kind"] == "write")

    def _there(self) -> list[tuple[str, Decimal]]:
        rows = [row for entity in ("Invoice", "CreditMemo") for row in self.control.records("quickbooks", entity)]
        found = [(str(row.get("DocNumber", "")), Decimal(row["TotalAmt"])) for row in rows]
        return [(number, amount) for number, amount in found if number not in SEEDED_RECORDS]

    def _made(self) -> list[str]:
        """Names at QuickBooks; two of one name, or two items of one SKU, are one too many."""
        names = []
        for entity, prop in LISTS.items():
            rows = self.control.records("quickbooks", entity)
            names += [f"{entity} {str(row[prop]).casefold()}" for row in rows]
            names += [f"{entity} SKU {row['Sku'].casefold()}" for row in rows if row.get("Sku")]
        return names

    def _told(self) -> dict[str, str]:
        """What Rootstock was told of the invoices that are flagged as transferred."""
        return {
            row["rstk__soinv_invoiceno__c"]: str(row.get("rstk__soinv_acctinvoice__c"))
            for row in self.records(INVOICE)
            if row["rstk__soinv_transferred__c"]
        }

    def _ledger(self) -> tuple[Counter[str], dict[str, str]]:
        """How often each record was issued and sent, and everything that has not come to its end."""
        database = Database(self.database_url)
        with database.transaction() as session:
            sent = select(IntentRow).where(IntentRow.op == "create", IntentRow.attempts > 0)
            issued = Counter(_record(row.entity, json.loads(row.wire_body or "{}")) for row in session.scalars(sent))
            ended = (IntentState.DONE, IntentState.REPLACED, IntentState.REFUSED)
            rows = session.scalars(select(IntentRow).where(IntentRow.state.not_in(ended)).order_by(IntentRow.id))
            unfinished = {f"{row.entity} {row.op} {row.number} r{row.revision}": row.state for row in rows}
            waiting = select(DocumentRow).where(DocumentRow.state == "review")
            unfinished |= {f"{row.entity} {row.number}": f"review: {row.cause}" for row in session.scalars(waiting)}
        database.dispose()
        return issued, unfinished


def _asked(sendings: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """Record, and key with body, of every item of every batch that arrived at QuickBooks."""
    for sending in sendings:
        if sending["vendor"] == "quickbooks":
            request = parse_qs(urlsplit(sending["path"]).query)["requestid"][0]
            for item in json.loads(sending["body"])["BatchItemRequest"]:
                entity = next(name for name in NUMBERS.values() if name in item)
                number = str(item[entity][LISTS.get(entity, "DocNumber")])
                yield f"{entity} {number}", f"{request}:{item['bId']} {json.dumps(item[entity], sort_keys=True)}"


def _record(entity: str, body: Mapping[str, Any]) -> str:
    name = NUMBERS[entity]
    return f"{name} {body.get(LISTS.get(name, 'DocNumber'))}"


def _in_queue(row: dict[str, Any]) -> bool:
    at = "rstk__soinv_"
    refused = any(row.get(f"{at}{flag}__c") for flag in ("transferred", "cancelled", "inprocess", "ppyinv"))
    return bool(row[f"{at}approved__c"]) and not refused and row[f"{at}txntype__c"] in ("Invoice", "Credit Memo")


def _is_new_record(entry: dict[str, Any]) -> bool:
    is_document = entry["entity"] in ("Invoice", "CreditMemo")
    return not is_document and entry["outcome"] == "created" and entry["vendor"] == "quickbooks"
