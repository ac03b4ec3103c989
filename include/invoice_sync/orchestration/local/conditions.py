"""Whether the demo went as promised. Every question answers with what is wrong, in plain words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from invoice_sync.model.money import in_major_units
from invoice_sync.orchestration.local.acts import Act, Held, Pair, Role, Write
from invoice_sync.orchestration.local.control import WRITTEN, SandboxControl


def failed(first: Act, second: Act) -> list[str]:
    """Every condition that does not hold; none means that the demo went so."""
    return [
        *_same_run(first, second),
        *_endings(first, second),
        *_review(first, second),
        *_alerts(first, second),
        *_writes(first, second),
        *_written_once(first, second),
        *(line for name, act in (("act 1", first), ("act 2", second)) for line in figures(name, act)),
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


def _alerts(first: Act, second: Act) -> Iterator[str]:
    if len(first.alerts) != 1:
        yield f"the chat must be told once that act 1 is red, but was told {len(first.alerts)} times"
    if second.alerts:
        yield f"the chat must not be told of act 2, but was told {len(second.alerts)} times"


def _writes(first: Act, second: Act) -> Iterator[str]:
    expected = Counter(sorted(first.in_review))
    created = Counter(write.document for write in second.chosen(Role.DOCUMENT))
    if created != expected:
        yield f"act 2 must create the documents {_list(expected)}, but created {_list(created)}"
    told = Counter(write.document for write in second.chosen(Role.ACKNOWLEDGEMENT))
    if told != expected:
        yield f"act 2 must acknowledge {_list(expected)} at the source, but acknowledged {_list(told)}"
    yield from _nothing_else(second)


def _nothing_else(second: Act) -> Iterator[str]:
    made = {(write.entity.lower(), str(write.remote_id)) for write in second.chosen(Role.DOCUMENT)}
    needed = {each for held in second.held if (held.entity, held.remote_id) in made for each in held.needs}
    for write in second.writes:
        said = f"act 2 {write.outcome} {write.vendor} {write.entity} {write.document}"
        if write.role == Role.OTHER:
            yield f"{said}, which is neither a document in review, nor its acknowledgement, nor what it needed"
        elif write.role == Role.REFERENCE and (write.entity.lower(), str(write.remote_id)) not in needed:
            yield f"{said}, which no document that was in review needed"
        elif write.role == Role.PAYMENT and not _is_paid(second, write):
            yield f"{said}, which is on no document that was in review"


def _is_paid(second: Act, payment: Write) -> bool:
    """Its key is the invoice's and its own number behind it."""
    return any(f"/{made.document}/" in payment.document for made in second.chosen(Role.DOCUMENT))


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


def figures(name: str, act: Act) -> Iterator[str]:
    """Of one act: everything delivered is acknowledged, and the statement comes out at zero."""
    if act.statement["acknowledged"] != act.statement["delivered"]:
        counts = f"{act.statement['delivered']} delivered, {act.statement['acknowledged']} acknowledged"
        yield f"{name}: every delivered invoice must be acknowledged, but {counts}"
    if not act.statement["totals"]:
        yield f"{name}: the statement has no totals"
    for currency, total in act.statement["totals"].items():
        yield from _total(f"{name}, {currency}", currency, total)


def _total(name: str, currency: str, total: Mapping[str, Any]) -> Iterator[str]:
    amounts = [total["source"], total["destination"], total["difference"]]
    amounts += [entry["amount"] for entry in total["explained"]]
    if wrong := [amount for amount in amounts if not _is_decimal_text(amount)]:
        yield f"{name}: amounts must be decimal text, but there is {wrong}"
        return
    # JPY has no decimals, KWD three
    zero = in_major_units(0, currency)
    if total["difference"] != zero:
        yield f"{name}: the difference must be {zero}, but is {total['difference']}"
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
    """The statement's destination must be what really is there: added up here from the records of the sandbox."""
    wrong = []
    written: set[tuple[str, str]] = set()
    for name, act in (("act 1", first), ("act 2", second)):
        written |= {(write.entity.lower(), str(write.remote_id)) for write in act.chosen(Role.DOCUMENT)}
        wrong += _as_held(name, act, [held for held in act.held if (held.entity, held.remote_id) in written])
    return wrong


def _as_held(name: str, act: Act, documents: Sequence[Held]) -> list[str]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for held in documents:
        sums[held.currency] += held.amount
    said = {currency: Decimal(total["destination"]) for currency, total in act.statement["totals"].items()}
    return [
        f"{name}, {currency}: the statement says {said.get(currency, 0)} for the destination, "
        f"which holds {sums.get(currency, 0)}"
        for currency in sorted({*said, *sums})
        if said.get(currency, 0) != sums.get(currency, 0)
    ]


def elsewhere(sandbox: SandboxControl, pairs: Sequence[Pair]) -> list[str]:
    """Writes at companies that no flow of the demo has."""
    known = frozenset(side for pair in pairs for side in pair.sides)
    return [
        f"{entry.vendor} {entry.entity} {entry.key} was {entry.outcome} at {entry.tenant}, which is nobody's business"
        for entry in sandbox.journal()
        if entry.outcome in WRITTEN and (entry.vendor, entry.tenant) not in known
    ]


def alerts(sandbox: SandboxControl, firsts: Sequence[Act]) -> list[str]:
    """What the chat was told beside the first acts, late alerts of other runs among it."""
    expected = Counter(text for act in firsts for text in act.alerts)
    return [
        f"the chat was also told: {text.splitlines()[0]}" for text in (Counter(sandbox.alerts()) - expected).elements()
    ]


def _list(numbers: Counter[str]) -> str:
    return ", ".join(sorted(numbers.elements())) or "none"
