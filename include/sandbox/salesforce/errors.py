"""Refusals in Salesforce's own words.

Status codes and error bodies: REST API Developer Guide, "Status Codes and Error Responses".
"""

from __future__ import annotations

from typing import Any


class SalesforceError(Exception):
    """One refusal; the body of a plain answer is a list of them."""

    def __init__(self, code: str, message: str, status: int = 400, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields

    def body(self) -> list[dict[str, Any]]:
        """As the body of a plain answer: the code is called errorCode."""
        entry: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields:
            entry["fields"] = list(self.fields)
        return [entry]

    def result(self, record_id: str | None) -> dict[str, Any]:
        """As one result of a collection: the code is called statusCode."""
        error = {"statusCode": self.code, "message": self.message, "fields": list(self.fields)}
        head = {} if record_id is None else {"id": record_id}
        return {**head, "success": False, "errors": [error]}


class OAuthError(Exception):
    """A refused sign-in; its body differs from that of the data API."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


def not_found() -> SalesforceError:
    """A path, object or record that is not there, or not to be seen."""
    return SalesforceError("NOT_FOUND", "The requested resource does not exist", 404)


def invalid_type(name: str) -> SalesforceError:
    """An object that is not there, or not to be seen, named in a request."""
    return SalesforceError("INVALID_TYPE", f"sObject type '{name}' is not supported.")


def session_expired() -> SalesforceError:
    """No token, a stranger's token or one that has run out."""
    return SalesforceError("INVALID_SESSION_ID", "Session expired or invalid", 401)


def malformed_id(value: str, field: str = "Id") -> SalesforceError:
    """Neither 15 nor 18 characters of an id, or an id of another object."""
    return SalesforceError("MALFORMED_ID", f"Id value of incorrect type: {value}", 400, (field,))


def parser_error(kind: str, value: object) -> SalesforceError:
    """JSON of the wrong type refuses the whole request, before any record is looked at."""
    token = _token_name(value)
    return SalesforceError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {kind} from {token} value {value} "
        "or request may be missing a required field at [line:1, column:1]",
    )


def _token_name(value: object) -> str:
    if isinstance(value, bool):
        return f"VALUE_{str(value).upper()}"
    if isinstance(value, str):
        return "VALUE_STRING"
    if isinstance(value, dict):
        return "START_OBJECT"
    if isinstance(value, list):
        return "START_ARRAY"
    return "VALUE_NUMBER_INT" if isinstance(value, int) else "VALUE_NUMBER_FLOAT"
