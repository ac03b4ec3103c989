"""What a field takes: JSON to stored values, and the refusals of what does not fit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from sandbox.salesforce import ids
from sandbox.salesforce.errors import SalesforceError, malformed_id, parser_error
from sandbox.salesforce.schema import Field


def stored(field: Field, value: Any) -> Any:
    """The value in the type of the field; wrong JSON types refuse the whole request."""
    if value is None:
        return False if field.type == "boolean" else None
    read = _READERS.get(field.type)
    return _text(field, value) if read is None else read(field, value)


def check(label: str, field: Field, value: Any) -> None:
    """Refuse one record's value that does not fit the field."""
    if value is None:
        if field.required:
            raise SalesforceError(
                "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{field.name}]", 400, (field.name,)
            )
    elif field.type == "reference":
        if ids.full_id(value) is None:
            raise malformed_id(value, field.name)
    elif isinstance(value, str):
        _check_text(label, field, value)
    elif isinstance(value, Decimal):
        _check_number(field, value)


def _check_text(label: str, field: Field, value: str) -> None:
    if field.picklist and value not in field.picklist:
        raise SalesforceError(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"bad value for restricted picklist field: {value}",
            400,
            (field.name,),
        )
    if field.length and len(value) > field.length:
        raise SalesforceError(
            "STRING_TOO_LONG",
            f"{label}: data value too large: {value} (max length={field.length})",
            400,
            (field.name,),
        )


def _check_number(field: Field, value: Decimal) -> None:
    if abs(value) >= Decimal(10) ** (field.precision - field.scale):
        raise SalesforceError(
            "NUMBER_OUTSIDE_VALID_RANGE",
            f"value outside of valid range on numeric field: {value}",
            400,
            (field.name,),
        )


def _text(field: Field, value: Any) -> str | None:
    if not isinstance(value, str):
        raise parser_error("string", value)
    # an empty text is no text in Salesforce, and blanks around a text are cut off
    return value.strip() or None


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise parser_error("boolean", value)


def _number(field: Field, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise parser_error("double", value)
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise parser_error("double", value) from error
    if not number.is_finite():
        raise parser_error("double", value)
    return number.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP)


def _date(field: Field, value: Any) -> date:
    # fromisoformat alone would also take 20261005 and week dates
    if not isinstance(value, str) or len(value) != 10:
        raise parser_error("date", value)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise parser_error("date", value) from error


def _datetime(field: Field, value: Any) -> datetime:
    if not isinstance(value, str):
        raise parser_error("datetime", value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise parser_error("datetime", value) from error
    # without a zone Salesforce takes it for UTC
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    "boolean": _boolean,
    "double": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
}
