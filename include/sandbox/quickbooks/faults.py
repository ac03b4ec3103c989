"""QuickBooks' refusals: codes, words and the shapes they arrive in.

Codes and texts: developer.intuit.com, "error-codes" and "handling-common-errors".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.quickbooks.wire import Record, encode

MADE_INACTIVE = (
    "Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)
DELETED_BY_OTHER = "Another user has deleted this transaction."
OTHER_LIST = "Another customer, vendor or employee is already using this name. Please use a different name."
UNEXPECTED = (
    "An unexpected error occurred while accessing or saving your data. "
    "Please wait a few minutes and try again. If the problem persists, contact customer support."
)
THROTTLED_XML = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<IntuitResponse time="{time}" xmlns="http://schema.intuit.com/finance/v3">'
    '<Fault type="SERVICE"><Error code="3001">'
    "<Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>"
    "<Detail>The request limit was reached.  Try again later</Detail>"
    "</Error></Fault></IntuitResponse>"
)


THROTTLED_JSON: Record = {
    "Fault": {
        "Error": [{
            "Message": "message=ThrottleExceeded; errorCode=003001; statusCode=429",
            "Detail": "The request limit was reached.  Try again later", "code": "003001",
        }],
        "type": "SERVICE",
    }
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One entry of a Fault's Error list."""

    code: str
    message: str
    detail: str
    element: str | None = None


class Fault(Exception):
    """A refusal in the normal shape; it may carry several problems at once."""

    def __init__(
        self, problems: Problem | Iterable[Problem], type_: str = "ValidationFault", status: int = 400
    ) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        self.type = type_
        self.status = status
        super().__init__("; ".join(f"{p.code} {p.message}: {p.detail}" for p in self.problems))


class GatewayFault(Exception):
    """A refusal by the gateway in front of QuickBooks: another shape, with lower-case keys."""

    def __init__(self, status: int, code: str, word: str, detail: str, type_: str) -> None:
        self.status = status
        self.code = code
        self.message = f"message={word}; errorCode=00{code}; statusCode={status}"
        self.detail = detail
        self.type = type_
        super().__init__(f"{self.message}: {detail}")


def not_authenticated(detail: str) -> GatewayFault:
    """401: no token, an unknown one or an expired one."""
    return GatewayFault(401, "3200", "AuthenticationFailed", detail, "AUTHENTICATION")


def wrong_realm(realm: str) -> GatewayFault:
    """403: the token is alive but was given for another company."""
    detail = f"The token is not authorized for company {realm}"
    return GatewayFault(403, "3100", "ApplicationAuthorizationFailed", detail, "AuthorizationFault")


def unsupported(detail: str) -> Fault:
    """A path or operation that QuickBooks does not have (code 500 in an HTTP 400)."""
    return Fault(Problem("500", "Unsupported Operation", detail), "SystemFault")


def bad_property(detail: str, element: str | None = None) -> Problem:
    """2010: an unknown field, a value of the wrong kind, or no JSON at all."""
    return Problem("2010", "Request has invalid or unsupported property", f"Property Name:{detail}", element)


def missing(name: str) -> Problem:
    """2020: a required field is not there."""
    words = "Required param missing, need to supply the required value for the API"
    return Problem("2020", words, f"Required parameter {name} is missing in the request", name)


def invalid_id(value: object, element: str = "Id") -> Problem:
    """2030: an id that is no whole number."""
    detail = f"{element} should be a valid number. Supplied value:{value}"
    return Problem("2030", "Invalid ID", detail, element)


def wrong_length(element: str, size: int, longest: int, shortest: int = 0) -> Problem:
    """2050: numbers over 999 carry commas."""
    words = "String length is either shorter or longer than supported by specification"
    detail = (
        "String length specified does not match the supported length. "
        f"Min:{shortest:,} Max:{longest:,} supported. Supplied length:{size:,}"
    )
    return Problem("2050", words, detail, element)


def invalid_number(value: object, element: str) -> Problem:
    """2090: text where a number belongs."""
    return Problem("2090", "Invalid Number", f"Invalid Number : {value}", element)


def invalid_enum(value: object, element: str) -> Problem:
    """2170: a word outside the enumeration."""
    return Problem("2170", "Invalid Enumeration", f"Invalid Enumeration : {value}", element)


def unknown_reference(kind: str, value: object, element: str) -> Problem:
    """2500: the reference names nothing."""
    detail = f"Invalid Reference Id : {kind} element id {value} not found"
    return Problem("2500", "Invalid Reference Id", detail, element)


def not_found(detail: str = MADE_INACTIVE, element: str | None = None) -> Problem:
    """610: gone, or made inactive."""
    return Problem("610", "Object Not Found", f"Object Not Found : {detail}", element)


def stale() -> Problem:
    """5010: the SyncToken is not the current one."""
    detail = (
        "Stale Object Error : You and another user were working on this at the same time. "
        "The other user finished before you did, so your work was not saved."
    )
    return Problem("5010", "Stale Object Error", detail)


def business(detail: str, element: str | None = None) -> Problem:
    """6000: the catch-all."""
    words = "A business validation error has occurred while processing your request"
    return Problem("6000", words, f"Business Validation Error: {detail}", element)


def not_product(amount: Decimal) -> Problem:
    """6070: Amount is not Qty times UnitPrice."""
    words = "Amount is not equal to UnitPrice * Qty"
    return Problem("6070", words, f"{words}. Supplied value:{amount:,f}", "Line.Amount")


def duplicate_number(number: str, kind: str, remote_id: str) -> Problem:
    """6140: the document number is taken, and the user asked to be warned."""
    words = "Duplicate Document Number Error"
    detail = (
        f"{words} : You must specify a different number. This number has already been used. "
        f"DocNumber={number} is assigned to TxnType={kind} with TxnId={remote_id}"
    )
    return Problem("6140", words, detail)


def closed_period() -> Problem:
    """6210: the date lies in closed books."""
    detail = (
        "Account Period Closed : The account period has closed and the account books "
        "cannot be updated through the QBO Services API."
    )
    return Problem("6210", "Account Period Closed, Cannot Update Through Services API", detail, "TxnDate")


def duplicate_name(detail: str) -> Problem:
    """6240: the name is taken."""
    return Problem("6240", "Duplicate Name Exists Error", detail)


def deposited() -> Problem:
    """6540: the payment sits in a deposit."""
    words = "Deposited Transaction cannot be changed"
    detail = (
        f"{words} : If you want to change or delete this transaction, you must edit the deposit it appears on "
        "and remove it first."
    )
    return Problem("6540", words, detail)


def company_ended() -> Problem:
    """6190: the trial or the subscription is over."""
    detail = (
        "Invalid Company Status : You can't add data to QuickBooks Online because the subscription period has "
        "ended or canceled or there was a billing problem."
    )
    return Problem("6190", "Invalid Company Status", detail)


def not_permitted(detail: str) -> Problem:
    """5020: the company has no such feature, or the user no right to it."""
    return Problem("5020", "Permission Denied Error", f"Permission Denied Error : {detail}")


def wrong_account_type(element: str) -> Problem:
    """6430: the account behind the reference is of another type."""
    return Problem("6430", "Invalid account type", "Invalid account type: wrong type used", element)


def unparsable_query(detail: str) -> Fault:
    """4000: the statement does not follow the grammar."""
    return Fault(Problem("4000", "Error parsing query", f"QueryParserError: {detail}"))


def invalid_query(detail: str) -> Fault:
    """4001: the statement is well formed but asks for what is not there."""
    return Fault(Problem("4001", "Invalid query", f"QueryValidationError: {detail}"))


def throttled_item() -> Fault:
    """A limit met by an item of a batch; its neighbours are run."""
    words = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    return Fault(Problem("3001", words, "The request limit was reached.  Try again later"), "SERVICE")


def body_of(fault: Fault, in_batch: bool = False) -> Record:
    """The value under `Fault`. A batch item always has `element`; a single call only when known."""
    return {"Error": [_error(problem, in_batch) for problem in fault.problems], "type": fault.type}


def _error(problem: Problem, in_batch: bool) -> Record:
    error = {"Message": problem.message, "Detail": problem.detail, "code": problem.code}
    if problem.element is not None or in_batch:
        error["element"] = problem.element or ""
    return error


def gateway_json(fault: GatewayFault, now: datetime) -> str:
    """The gateway's JSON: lower-case keys and a whole set of empty neighbours."""
    error = {"message": fault.message, "detail": fault.detail, "code": fault.code, "element": None}
    body: dict[str, Any] = {
        "warnings": None, "intuitObject": None,
        "fault": {"error": [error], "type": fault.type},
        "report": None, "queryResponse": None, "batchItemResponse": [], "attachableResponse": [],
        "syncErrorResponse": None, "requestId": None, "time": int(now.timestamp() * 1000),
        "status": None, "cdcresponse": [],
    }  # fmt: skip
    return encode(body)


def gateway_payload(fault: GatewayFault) -> Record:
    """The same refusal for the XML writer."""
    error = {"Message": fault.message, "Detail": fault.detail, "code": fault.code}
    return {"Fault": {"Error": [error], "type": fault.type}}
