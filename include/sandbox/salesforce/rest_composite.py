"""Several calls in one: sub-requests that may refer to each other's answers, counted as a single call.

REST API Developer Guide, "Composite".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox import exact_json
from sandbox.salesforce.errors import SalesforceError, parser_error
from sandbox.salesforce.schema import Row
from sandbox.salesforce.wire import DATA, Answer, Call, Resource, Router
from sandbox.salesforce.writes import Writer

MOST_REQUESTS = 25
_LINK = re.compile(r"@\{([A-Za-z]\w*)((?:\.\w+|\[\d+\])*)\}")
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."


@dataclass(frozen=True)
class _Part:
    """One sub-request as it came."""

    reference: str
    method: str
    url: str
    body: Any
    headers: dict[str, str]


class Composite:
    """Handler of /composite; `router` leads to every other resource."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.router = Router([])

    def resources(self) -> list[Resource]:
        """Its path."""
        return [Resource(DATA + "/composite", {"POST": self._run})]

    def _run(self, call: Call) -> Answer:
        body = call.record()
        parts, all_or_none = _parts(body), body.get("allOrNone", False)
        if not isinstance(all_or_none, bool):
            raise parser_error("boolean", all_or_none)
        if not all_or_none:
            return Answer({"compositeResponse": self._answers(call, parts, stop=False)})
        with self._writer.transaction() as work:
            responses = self._answers(call, parts, stop=True)
            if any(one["httpStatusCode"] >= 300 for one in responses):
                work.fail()
                responses = [one if one["httpStatusCode"] >= 300 else _halted(one) for one in responses]
        return Answer({"compositeResponse": responses})

    def _answers(self, call: Call, parts: list[_Part], stop: bool) -> list[Row]:
        known: dict[str, Any] = {}
        responses: list[Row] = []
        failed = False
        for part in parts:
            response = _response(part, _refusal("PROCESSING_HALTED", _HALTED)) if failed and stop else None
            response = response or self._answer(call, part, known)
            if response["httpStatusCode"] < 300:
                known[part.reference] = response["body"]
            failed = failed or response["httpStatusCode"] >= 300
            responses.append(response)
        return responses

    def _answer(self, call: Call, part: _Part, known: dict[str, Any]) -> Row:
        try:
            linked = replace(part, url=_linked(part.url, known), body=_linked(part.body, known))
            return _response(part, self._called(call, linked))
        except SalesforceError as refusal:
            return _response(part, Answer(refusal.body(), refusal.status))

    def _called(self, call: Call, part: _Part) -> Answer:
        where = urlsplit(part.url)
        resource, at = self.router.find(unquote(where.path))
        text = "" if part.body is None else exact_json.dumps(part.body)
        query = dict(parse_qsl(where.query, keep_blank_values=True))
        inner = Call(part.method, where.path, at, query, part.headers, text, base_url=call.base_url)
        return resource.handler(part.method)(inner)


def _parts(body: Row) -> list[_Part]:
    listed = body.get("compositeRequest")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise parser_error("CompositeRequest list", listed)
    if not 0 < len(listed) <= MOST_REQUESTS:
        message = f"The composite request must hold between 1 and {MOST_REQUESTS} operations."
        raise SalesforceError("INVALID_INPUT", message)
    parts = [_part(one) for one in listed]
    if len({one.reference for one in parts}) < len(parts):
        raise SalesforceError("INVALID_INPUT", "referenceId must be unique within a composite request")
    return parts


def _part(one: Row) -> _Part:
    texts = [one.get(name) for name in ("referenceId", "method", "url")]
    if not all(isinstance(text, str) and text for text in texts):
        raise SalesforceError("INVALID_INPUT", "a sub-request needs method, url and referenceId")
    reference, method, url = (str(text) for text in texts)
    headers = one.get("httpHeaders") or {}
    if not isinstance(headers, dict) or not re.fullmatch(r"[A-Za-z]\w*", reference):
        raise SalesforceError("INVALID_INPUT", f"Provided referenceId or httpHeaders of '{reference}' is invalid")
    return _Part(reference, method.upper(), url, one.get("body"), {str(k): str(v) for k, v in headers.items()})


def _linked(value: Any, known: dict[str, Any]) -> Any:
    """@{ref.id} becomes what that sub-request answered; alone in a text it keeps its type."""
    if isinstance(value, dict):
        return {key: _linked(one, known) for key, one in value.items()}
    if isinstance(value, list):
        return [_linked(one, known) for one in value]
    if not isinstance(value, str):
        return value
    whole = _LINK.fullmatch(value)
    if whole is not None:
        return _resolved(whole, known)
    return _LINK.sub(lambda match: str(_resolved(match, known)), value)


def _resolved(match: re.Match[str], known: dict[str, Any]) -> Any:
    reference, steps = match[1], re.findall(r"\w+", match[2])
    try:
        found = known[reference]
        for step in steps:
            found = found[int(step)] if isinstance(found, list) else found[step]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        message = f"Invalid reference specified. No value for {'.'.join(steps)} found in {reference}."
        raise SalesforceError("PROCESSING_HALTED", message) from error
    return found


def _response(part: _Part, answer: Answer) -> Row:
    return {
        "body": answer.data,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": part.reference,
    }


def _refusal(code: str, message: str) -> Answer:
    return Answer(SalesforceError(code, message).body(), 400)


def _halted(response: Row) -> Row:
    refused = _refusal("PROCESSING_HALTED", _HALTED)
    return {**response, "body": refused.data, "httpHeaders": {}, "httpStatusCode": refused.status}
