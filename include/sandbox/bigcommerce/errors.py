"""Refusals, in the three shapes that BigCommerce has: B2B, core V3 and core V2.

Texts without a source are ours; the fact file marks which ones the vendor publishes.
"""

from __future__ import annotations

from typing import Any

from sandbox.bigcommerce.wire import Record

BAD_REQUEST, NOT_FOUND = "Bad Requests Error", "Not Found Error"
PARAMETER, LOGIC = "Parameter Error", "API logic error"
NO_TOKEN = "Invalid token header. No credentials provided."
NO_SCOPE = "You don't have a required scope to access the endpoint"
NO_RESOURCE = "This resource is not found."
NO_V2_RESOURCE = "The requested resource was not found."
NOT_VALID_HERE = (
    "Unauthorized - the v3 Auth client ID or token in the request are not a valid combination for this store."
)
STATUS_PAGE = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes"
BAD_NUMBER = "Please enter a valid number; "
REQUIRED = "This field is required."


class Refusal(Exception):
    """What the API answers instead of doing it; `data` and `meta` as the B2B envelope has them."""

    def __init__(self, status: int, data: Any, meta: Record) -> None:
        super().__init__(f"{status} {meta} {data}")
        self.status = status
        self.data = data
        self.meta = meta

    def body(self) -> Record:
        """The envelope of a failure."""
        return {"code": self.status, "data": self.data, "meta": self.meta}


class BareRefusal(Refusal):
    """The channels' own shape: no envelope, the words beside the code."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, {}, {"message": text})

    def body(self) -> Record:
        """Code and message."""
        return {"code": self.status, **self.meta}


class CoreRefusal(Exception):
    """The core API's; which body it gets depends on the version that was asked."""

    def __init__(self, status: int, title: str, errors: Record | None = None) -> None:
        super().__init__(f"{status} {title}")
        self.status = status
        self.title = title
        self.errors = errors


def refused(status: int, text: str, category: str | None = None) -> Refusal:
    """The usual shape: a category in meta.message and the words in data.errMsg."""
    usual = {400: BAD_REQUEST, 404: NOT_FOUND, 422: PARAMETER}.get(status, text)
    return Refusal(status, {"errMsg": text}, {"message": category or usual})


def plain(status: int, text: str) -> Refusal:
    """The shape of companies and orders: no data, the words in meta.message."""
    return Refusal(status, {}, {"message": text})


def bad_number(remote_id: int | None = None) -> Refusal:
    """An amount that is none, or is one of the wrong JSON type."""
    data = {} if remote_id is None else {"id": remote_id}
    return Refusal(400, data, {"message": BAD_REQUEST, "errors": BAD_NUMBER})


def wrong_fields(problems: dict[str, Any], shape: str) -> Refusal:
    """Everything that is wrong with a body, in the shape that the switch asks for."""
    if shape == "object":
        return Refusal(422, {"errMsg": problems}, {"message": PARAMETER})
    if shape == "text":
        text = "; ".join(f"{name}: {' '.join(map(str, words))}" for name, words in problems.items())
        return Refusal(422, {"errMsg": text}, {"message": PARAMETER})
    return Refusal(422, problems, {"message": PARAMETER})


def no_invoice() -> Refusal:
    """The invoice is not there."""
    return refused(404, "Invoice does not exist")


def no_payment() -> Refusal:
    """The payment is not there."""
    return refused(404, "Payment does not exist")


def no_receipt() -> Refusal:
    """The receipt is not there."""
    return refused(404, "Receipt does not exist")


def number_taken() -> Refusal:
    """Numbers are unique in the store, whoever holds them."""
    return refused(400, "The invoice number already exists.")


def order_invoiced() -> Refusal:
    """One invoice for one BigCommerce order."""
    return refused(400, "The invoice exists for this order")


def no_channels() -> Refusal:
    """channelId was sent to a store without multi-storefront."""
    return refused(404, "Store channels not exist")


def bad_currency() -> Refusal:
    """No ISO code, not one of the store's, or not the invoice's own."""
    return refused(422, "Invalid currency code")


def core_body(refusal: CoreRefusal, version: str) -> Any:
    """V2 answers a list, V3 an object."""
    if version == "v2":
        details = {"details": refusal.errors} if refusal.errors else {}
        return [{"status": refusal.status, "message": refusal.title, **details}]
    return {"status": refusal.status, "title": refusal.title, "type": STATUS_PAGE, "errors": refusal.errors or {}}
