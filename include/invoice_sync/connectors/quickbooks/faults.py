"""What a refusal of QuickBooks says, in any of its four shapes, and what that means for a write.

Codes come as text, sometimes zero-padded ("003200"), so they are compared as integers.
https://developer.intuit.com/app/developer/qbo/docs/develop/troubleshooting/error-codes
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from invoice_sync.connectors.base import Verdict
from invoice_sync.model import canonical

THROTTLED = 3001
NOT_SIGNED_IN = 3200
WRONG_REALM = 3100
DUPLICATE_NUMBER = 6140
DUPLICATE_NAME = 6240
STALE = 5010
BUSINESS_RULE = 6000
NO_SUCH_PATH = 500
APPLICATION_ERROR = 10000
# a person must give a right or pay a subscription before any call can succeed
NEEDS_PERSON = frozenset({120, WRONG_REALM, 5020, 6190})

LONGEST_XML = 65536
# a 6000 with one of these is server trouble and no business rule; also seen as the answer to a replayed key
# (https://github.com/ruckus/quickbooks-ruby/pull/344)
_SERVER_TROUBLE = ("unexpected error occurred while accessing or saving", "unexpected internal error")
_AUTHENTICATION = frozenset({"authentication", "authenticationfault"})
_TROUBLE_TYPES = frozenset({"systemfault", "service"})


@dataclass(frozen=True, slots=True)
class Error:
    """One error of a fault. `code` is -1 when the vendor gave none that is a number."""

    code: int
    message: str = ""
    detail: str = ""
    element: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal; it may hold several errors at once."""

    type: str
    errors: tuple[Error, ...]

    @property
    def codes(self) -> tuple[int, ...]:
        return tuple(error.code for error in self.errors)

    @property
    def vendor_code(self) -> str:
        """The codes as people quote them."""
        return ", ".join(str(code) for code in dict.fromkeys(self.codes) if code >= 0)


def read(body: bytes) -> tuple[Any, Fault | None]:
    """A whole answer: its content, None when it is no JSON, and the fault in it, JSON or XML, if there is one."""
    try:
        content = canonical.loads(body)
    except ValueError:
        return None, _of_xml(body)
    return content, of_json(content)


def of_json(content: Any) -> Fault | None:
    """The fault inside an answer or inside one item of a batch, whichever case its keys are in."""
    if not isinstance(content, Mapping):
        return None
    fault = _lowered(content).get("fault")
    if not isinstance(fault, Mapping):
        return None
    fault = _lowered(fault)
    errors = fault.get("error")
    listed = errors if isinstance(errors, list) else [errors]
    return Fault(_text(fault.get("type")), tuple(_error(item) for item in listed if isinstance(item, Mapping)))


def verdict(fault: Fault) -> Verdict:
    """What the fault means for a write. Certainty wins over hints, and doubt over everything."""
    errors, codes = fault.errors, set(fault.codes)
    if codes == {NO_SUCH_PATH}:
        return Verdict.REFUSED  # a SystemFault by type, but it never reached anything that writes
    if not errors or fault.type.lower() == "systemfault" or any(_is_trouble(error) for error in errors):
        return Verdict.UNKNOWN
    if THROTTLED in codes:
        return Verdict.THROTTLED
    if NOT_SIGNED_IN in codes or fault.type.lower() in _AUTHENTICATION:
        return Verdict.NOT_DONE
    if fault.type.lower() in _TROUBLE_TYPES:
        return Verdict.UNKNOWN
    if codes & {DUPLICATE_NUMBER, DUPLICATE_NAME, STALE}:
        return Verdict.HIT
    return Verdict.REFUSED


def _is_trouble(error: Error) -> bool:
    if error.code in (APPLICATION_ERROR, -1):
        return True
    detail = f"{error.message} {error.detail}".lower()
    return error.code == BUSINESS_RULE and any(text in detail for text in _SERVER_TROUBLE)


def _error(item: Mapping[str, Any]) -> Error:
    fields = _lowered(item)
    message = _text(fields.get("message"))
    return Error(_code(fields.get("code")), message, _text(fields.get("detail")), _text(fields.get("element")))


def _code(value: object) -> int:
    text = _text(value)
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _lowered(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key).lower(): value for key, value in mapping.items()}


def _of_xml(body: bytes) -> Fault | None:
    root = _safe_xml(body)
    fault = None if root is None else next(iter(_named(root, "Fault")), None)
    if fault is None:
        return None
    return Fault(fault.get("type", ""), tuple(_xml_error(error) for error in _named(fault, "Error")))


def _safe_xml(body: bytes) -> ElementTree.Element | None:
    """The root element, None for anything that is no small plain document.

    A DTD is refused before the parser sees it: without one there are no entities to expand or fetch. Decoding
    as UTF-8 first leaves no other encoding to hide one in.
    """
    if len(body) > LONGEST_XML:
        return None
    try:
        text = body.decode("utf-8-sig")
        if re.search(r"<!\s*(doctype|entity)", text, re.IGNORECASE):
            return None
        return ElementTree.fromstring(text)  # noqa: S314 - a DTD was refused above
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError):
        return None


def _named(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if element.tag.rpartition("}")[2] == name]


def _xml_error(error: ElementTree.Element) -> Error:
    texts = {child.tag.rpartition("}")[2]: _text(child.text) for child in error}
    detail = texts.get("Detail", "")
    return Error(_code(error.get("code")), texts.get("Message", ""), detail, error.get("element", ""))
