"""What the answer to a batch means for each of its items; pure.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/batch
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from invoice_sync.connectors.base import UPDATE, Armed, Json, Outcome, Remote, Verdict, WireItem
from invoice_sync.connectors.http import Reply
from invoice_sync.connectors.quickbooks import comparing, faults, mapping, wording
from invoice_sync.model.documents import Entity

_TRACE_HEADER = "intuit_tid"
_NUMBER_FIELD = {"product": "Sku", "invoice": "DocNumber", "credit_memo": "DocNumber"}


def outcomes(armed: Armed, reply: Reply) -> dict[str, Outcome]:
    """An outcome for every item; what the answer leaves out is unknown."""
    content, fault = faults.read(reply.answer.body) if reply.answer is not None else (None, None)
    whole = _whole(reply, fault)
    if whole.verdict is not Verdict.OK:
        return {item.wire_item: _shared(whole, armed.entity, item, fault) for item in armed.items}
    answers = _by_item(content)
    if answers is None:
        unknown = replace(whole, verdict=Verdict.UNKNOWN)
        return {item.wire_item: unknown for item in armed.items}
    return {item.wire_item: _single(armed, item, answers.get(item.wire_item), whole) for item in armed.items}


def _whole(reply: Reply, fault: faults.Fault | None) -> Outcome:
    """The verdict on the call; OK when its items must be looked at one by one."""
    answer = reply.answer
    if answer is None:
        return Outcome(reply.verdict, wait=reply.wait)
    trace_id = answer.headers.get(_TRACE_HEADER, "")
    return Outcome(_verdict(reply, fault), status=answer.status, trace_id=trace_id, wait=reply.wait)


def _verdict(reply: Reply, fault: faults.Fault | None) -> Verdict:
    """A 200 may hold a fault, and a 403 may be a throttle. A 5xx stays unknown whatever it says."""
    if fault is None or not fault.vendor_code or reply.verdict not in (Verdict.OK, Verdict.REFUSED):
        return reply.verdict
    verdict = faults.verdict(fault)
    # of a whole call nobody can tell which item a duplicate would be about
    return Verdict.UNKNOWN if verdict is Verdict.HIT else verdict


def _shared(whole: Outcome, entity: Entity, item: WireItem, fault: faults.Fault | None) -> Outcome:
    if whole.verdict is not Verdict.REFUSED:
        return whole
    what = label(entity, item.body)
    if fault is not None:
        return replace(whole, problem=wording.problem(what, fault, whole.trace_id))
    return replace(whole, problem=wording.unexplained(what, whole.status, whole.trace_id))


def _by_item(content: Any) -> dict[str, Json] | None:
    """Answers by bId, for their order means nothing; None when this is no answer to a batch."""
    listed = content.get("BatchItemResponse") if isinstance(content, Mapping) else None
    if not isinstance(listed, list):
        return None
    return {str(each.get("bId")): each for each in listed if isinstance(each, Mapping)}


def _single(armed: Armed, item: WireItem, answer: Json | None, whole: Outcome) -> Outcome:
    if answer is None:
        return replace(whole, verdict=Verdict.UNKNOWN)
    fault = faults.of_json(answer)
    if fault is not None:
        return _of_fault(armed.entity, item, fault, whole)
    record = answer.get(mapping.ENTITIES[armed.entity])
    try:
        return replace(whole, remote=_made(armed, record)) if isinstance(record, Mapping) else _lost(whole)
    except KeyError:
        return _lost(whole)


def _made(armed: Armed, record: Json) -> Remote:
    remote = comparing.remote(armed.entity, record)
    return comparing.taken(remote) if armed.operation == UPDATE else remote


def _lost(whole: Outcome) -> Outcome:
    """It seems done, but the answer does not say what was made."""
    return replace(whole, verdict=Verdict.UNKNOWN)


def _of_fault(entity: Entity, item: WireItem, fault: faults.Fault, whole: Outcome) -> Outcome:
    """A hit carries its problem too, for the case that the one who holds the name or number is not ours."""
    verdict = faults.verdict(fault)
    if verdict is Verdict.NOT_DONE:
        # the call came through and the item did not: only as a 401 does it make anybody renew the token
        return replace(whole, verdict=verdict, status=401)
    if verdict not in (Verdict.REFUSED, Verdict.HIT):
        return replace(whole, verdict=verdict)
    problem = wording.problem(label(entity, item.body), fault, whole.trace_id)
    return replace(whole, verdict=verdict, problem=problem)


def label(entity: Entity, body: Json) -> str:
    """The document as a bookkeeper calls it; a customer's name is nobody's business here, the table has its number."""
    if entity == "customer":
        return "the customer"
    return f"{entity.replace('_', ' ')} {body.get(_NUMBER_FIELD[entity], '')}".strip()
