"""Whether the demo went as promised. Every question answers with what is wrong, in plain words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from invoice_sync.orchestration.local.acts import Act

INVOICE = "rstk__soinv__c"
# links that the product writes back beside the acknowledgements
LINKED = {"rstk__socust__c", "rstk__soprod__c"}
HOME_CURRENCY = "USD"


def failed(first: Act, second: Act) -> list[str]:
    """Every condition that does not hold; none means that the demo went so."""
    return [
        *_same_run(first, second),
        *_endings(first, second),
        *_review(first, second),
        *_writes(first, second),
        *_written_once(first, second),
        *(line for name, act in (("act 1", first), ("act 2", second)) for line in _figures(name, act)),
    ]


def _same_run(first: Act, second: Act) -> Iterator[str]:
    if first.run_id != second.run_id:
        yield f"both acts must be the same run, but are {first.run_id} and {second.run_id}"
    if first.cleared_task_ids:
        yield "act 1 must begin with a new run, but tasks were cleared for it"
    if not second.cleared_task_ids:
        yield "act 2 must begin by clearing the red task, but no task was cleared"
    if "extract" in second.cleared_task_ids:
        yield "extract was cleared: the invoices would be read again instead of only finishing what is open"


def _endings(first: Act, second: Act) -> Iterator[str]:
    if first.run_state != "failed":
        yield f"act 1 must end red because of the planted mistakes, but the run ended {first.run_state}"
    if second.run_state != "success":
        yield f"act 2 must end green after the corrections, but the run ended {second.run_state}"


def _review(first: Act, second: Act) -> Iterator[str]:
    if not first.statement["in_review"]:
        yield "act 1 must leave documents in review, but there is none"
    if first.statement["in_review"] != len(first.in_review):
        yield f"act 1 counts {first.statement['in_review']} in review, but lists {sorted(first.in_review)}"
    if second.statement["in_review"] or second.in_review:
        yield f"act 2 must leave nothing in review, but leaves {sorted(second.in_review)}"
    if first.statement["extracted"] != second.statement["extracted"]:
        yield "act 2 must not extract again, but the number of extracted documents changed"


def _writes(first: Act, second: Act) -> Iterator[str]:
    expected = Counter(sorted(first.in_review))
    invoices = second.chosen("quickbooks", "invoice", "created")
    created = Counter(write.document for write in invoices)
    if created != expected:
        yield f"act 2 must create the invoices {_list(expected)} in QuickBooks, but created {_list(created)}"
    told = Counter(write.document for write in second.chosen("salesforce", INVOICE, "updated"))
    if told != expected:
        yield f"act 2 must acknowledge {_list(expected)} in Rootstock, but acknowledged {_list(told)}"
    yield from _nothing_else(second)


def _nothing_else(second: Act) -> Iterator[str]:
    made = {str(write.remote_id) for write in second.chosen("quickbooks", "invoice", "created")}
    needed = _references(record for record in second.quickbooks_invoices if str(record["Id"]) in made)
    for write in second.writes:
        entity = write.entity.lower()
        said = f"act 2 {write.outcome} {write.vendor} {write.entity} {write.document}"
        if write.vendor == "salesforce":
            if entity != INVOICE and entity not in LINKED:
                yield f"{said}, which is neither an acknowledgement nor a link"
        elif write.outcome != "created":
            yield f"{said}, but nothing in QuickBooks was to be changed"
        elif entity != "invoice" and (entity, str(write.remote_id)) not in needed:
            yield f"{said}, which no invoice that was in review needed"


def _references(invoices: Iterator[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """The customers and products that these QuickBooks invoices name."""
    found = set()
    for invoice in invoices:
        found.add(("customer", str(invoice["CustomerRef"]["value"])))
        for line in invoice["Line"]:
            item = line.get("SalesItemLineDetail", {}).get("ItemRef", {}).get("value")
            found.add(("item", str(item)))
    return found


def _written_once(first: Act, second: Act) -> Iterator[str]:
    created = Counter(
        (write.vendor, write.entity, write.document)
        for act in (first, second)
        for write in act.writes
        if write.outcome == "created"
    )
    for (vendor, entity, document), times in created.items():
        if times > 1:
            yield f"{vendor} {entity} {document} was created {times} times"


def _figures(name: str, act: Act) -> Iterator[str]:
    if act.statement["acknowledged"] != act.statement["delivered"]:
        counts = f"{act.statement['delivered']} delivered, {act.statement['acknowledged']} acknowledged"
        yield f"{name}: every delivered invoice must be acknowledged, but {counts}"
    if not act.statement["totals"]:
        yield f"{name}: the statement has no totals"
    for currency, total in act.statement["totals"].items():
        yield from _total(f"{name}, {currency}", total)


def _total(name: str, total: Mapping[str, Any]) -> Iterator[str]:
    amounts = [total["source"], total["destination"], total["difference"]]
    amounts += [entry["amount"] for entry in total["explained"]]
    if wrong := [amount for amount in amounts if not _is_decimal_text(amount)]:
        yield f"{name}: amounts must be decimal text, but there is {wrong}"
        return
    if total["difference"] != "0.00":
        yield f"{name}: the difference must be 0.00, but is {total['difference']}"
    explained = sum((Decimal(entry["amount"]) for entry in total["explained"]), Decimal(0))
    if Decimal(total["source"]) != Decimal(total["destination"]) + explained + Decimal(total["difference"]):
        yield f"{name}: source {total['source']} is not destination {total['destination']} plus explained"


def _is_decimal_text(amount: object) -> bool:
    if not isinstance(amount, str):
        return False
    try:
        return Decimal(amount).is_finite()
    except InvalidOperation:
        return False


def destination(first: Act, second: Act) -> list[str]:
    """The statement's destination must be what QuickBooks holds: added up here from its own records."""
    wrong = []
    written: set[tuple[str, str]] = set()
    for name, act in (("act 1", first), ("act 2", second)):
        for entity in ("invoice", "creditmemo"):
            written |= {(entity, str(write.remote_id)) for write in act.chosen("quickbooks", entity, "created")}
        held: defaultdict[str, Decimal] = defaultdict(Decimal)
        for entity, sign, record in _documents(act):
            if (entity, str(record["Id"])) in written:
                currency = record.get("CurrencyRef", {}).get("value", HOME_CURRENCY)
                held[currency] += sign * Decimal(str(record["TotalAmt"]))
        for currency, total in act.statement["totals"].items():
            if Decimal(total["destination"]) != held[currency]:
                wrong.append(
                    f"{name}, {currency}: the statement says {total['destination']} for QuickBooks, "
                    f"which holds {held[currency]}"
                )
    return wrong


def _documents(act: Act) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """A credit memo gives back."""
    yield from (("invoice", 1, record) for record in act.quickbooks_invoices)
    yield from (("creditmemo", -1, record) for record in act.quickbooks_credit_memos)


def _list(numbers: Counter[str]) -> str:
    return ", ".join(sorted(numbers.elements())) or "none"
