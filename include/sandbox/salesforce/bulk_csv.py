"""CSV of Bulk API 2.0: read with the job's delimiter, written as Salesforce writes it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox import exact_json
from sandbox.salesforce.errors import SalesforceError

DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
NULL = "#N/A"
LONGEST_FIELD = 32_000
MOST_FIELDS = 5_000
LONGEST_RECORD = 400_000


def read(text: str, delimiter: str, ending: str) -> tuple[list[str], list[list[str]]]:
    """Headings and rows; SalesforceError says why a job must fail as a whole."""
    ends_in_crlf = "\r\n" in text.split("\n", 1)[0] + "\n"
    if text and ends_in_crlf != (ending == "CRLF"):
        raise invalid_batch("LineEnding is invalid on user data. Current LineEnding setting is " + ending)
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[delimiter]) if row]
    if not rows:
        raise invalid_batch("Failed to parse CSV header. No header line found")
    headings, *records = rows
    if len(headings) > MOST_FIELDS:
        raise invalid_batch(f"More than {MOST_FIELDS} fields")
    return headings, records


def fits(headings: list[str], row: list[str]) -> SalesforceError | None:
    """What is wrong with one row as such."""
    if len(row) != len(headings):
        return SalesforceError("INVALID_BATCH", "Row has a different number of columns than the header")
    if any(len(cell) > LONGEST_FIELD for cell in row) or sum(map(len, row)) > LONGEST_RECORD:
        return SalesforceError("STRING_TOO_LONG", "Maximum field or record size exceeded")
    return None


def write(headings: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str, ending: str) -> str:
    """Every cell in quotes."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=DELIMITERS[delimiter], lineterminator=ENDINGS[ending], quoting=csv.QUOTE_ALL)
    writer.writerow(headings)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def cell(value: Any) -> str:
    """A value as text; null is an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return exact_json.stamp(value).replace("+0000", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def invalid_batch(text: str) -> SalesforceError:
    """The errorMessage of a job that failed as a whole."""
    return SalesforceError("InvalidBatch", f"InvalidBatch : {text}")
