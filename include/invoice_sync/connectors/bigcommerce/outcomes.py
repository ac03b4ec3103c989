"""What the answer to a write means; pure. A call writes one document, and its answer names the id and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from invoice_sync.connectors.base import CREATE, VOID, Armed, Json, Outcome, Remote, Verdict, WireItem
from invoice_sync.connectors.bigcommerce import comparing, envelope, mapping, payments, wording
from invoice_sync.connectors.bigcommerce.envelope import Told
from invoice_sync.connectors.bigcommerce.payload import COMPANY
from invoice_sync.connectors.http import Reply, verdict_of_status
from invoice_sync.model.documents import Entity
from invoice_sync.model.flow import BigCommerceOptions

_TRACE_HEADER = "X-Request-Id"
_NAMES: Mapping[Entity, tuple[str, ...]] = {
    "customer": ("companyId",), "payment": ("paymentId", "id"), "invoice": ("id",),
}  # fmt: skip
"""By what an answer names the record that it made."""

DENIED = 401
"""Where a token or its right is gone no document is to blame: as a sign-in that has ended it stops everything."""


def outcome(armed: Armed, item: WireItem, reply: Reply, options: BigCommerceOptions) -> Outcome:
    """What became of one item. A 5xx stays unknown whatever it says, and so does a success that names no id."""
    if reply.answer is None:
        return Outcome(reply.verdict, wait=reply.wait)
    told = envelope.read(reply.answer.status, reply.answer.body)
    trace_id = reply.answer.headers.get(_TRACE_HEADER, "")
    verdict = _verdict(armed.operation, reply, told)
    seen = Outcome(verdict, status=reply.answer.status, trace_id=trace_id, wait=reply.wait)
    if verdict is Verdict.OK and told is not None:
        remote = _made(armed, item, told, options)
        return replace(seen, remote=remote) if remote else replace(seen, verdict=Verdict.UNKNOWN)
    if verdict is Verdict.NOT_DONE:
        return replace(seen, status=DENIED)
    if verdict not in (Verdict.REFUSED, Verdict.HIT):
        return seen
    if _is_gone(armed, reply):
        return replace(seen, verdict=Verdict.OK, remote=payments.gone(str(item.body[payments.DELETED])))
    what = label(armed.entity, item.body)
    known = told is not None and told.refuses
    problem = (
        wording.problem(what, told, trace_id)
        if told and known
        else wording.unexplained(what, reply.answer.status, trace_id)
    )
    return replace(seen, problem=problem)


def label(entity: Entity, body: Json) -> str:
    """The document as a bookkeeper calls it; a customer's name is nobody's business here, the table has its number."""
    number = str(body.get("invoiceNumber", ""))
    if entity == "payment":
        return str(body.get(payments.LABEL, "the payment"))
    return "the customer" if entity == "customer" else f"invoice {number}".strip()


def _is_gone(armed: Armed, reply: Reply) -> bool:
    """What was to be deleted was not there any more."""
    status = reply.answer.status if reply.answer is not None else None
    return (armed.entity, armed.operation, status) == ("payment", VOID, 404)


def _verdict(operation: str, reply: Reply, told: Told | None) -> Verdict:
    if reply.verdict not in (Verdict.OK, Verdict.REFUSED):
        return reply.verdict
    if told is None:
        return Verdict.UNKNOWN if reply.verdict is Verdict.OK else Verdict.REFUSED
    verdict = verdict_of_status(told.status)
    if told.status == 403:
        return Verdict.NOT_DONE
    if verdict is not Verdict.REFUSED:
        return verdict
    rule = wording.rule_of(told)
    # only a creation can meet itself; for a change the number is simply taken
    return rule.verdict if rule is not None and operation == CREATE else Verdict.REFUSED


def _made(armed: Armed, item: WireItem, told: Told, options: BigCommerceOptions) -> Remote | None:
    data = told.data if isinstance(told.data, dict) else {}
    identity = envelope.whole(next((data[name] for name in _NAMES[armed.entity] if name in data), None))
    if identity is None:
        return None
    if armed.entity == "payment":
        return payments.made(str(identity), item.body)
    if armed.entity == "customer":
        return Remote(str(identity), "", str(item.body["companyName"]), mapping.expected(item.body, options))
    facts = comparing.expected(armed.operation, item.body)
    return comparing.asked(str(identity), {"company": str(item.body.get(COMPANY, "")), **facts})
