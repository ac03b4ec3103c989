"""{code, value} of the store as comparable text; pure."""

from __future__ import annotations

from collections.abc import Mapping

from invoice_sync.connectors.bigcommerce.envelope import text_of
from invoice_sync.model.errors import BadAmount
from invoice_sync.model.money import Money


def in_minor_units(balance: object) -> str:
    """{code, value} as minor units: "22670 USD". What is no exact amount stays as it came, unlike ours."""
    if not isinstance(balance, Mapping):
        return ""
    code = text_of(balance.get("code"))
    try:
        amount = Money.of(balance.get("value"), code)
    except BadAmount:
        return f"{text_of(balance.get('value'))} {code}".strip()
    return f"{amount.minor} {code}"
