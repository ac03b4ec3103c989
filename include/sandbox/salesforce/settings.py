"""The switches of this vendor. Where the facts are unsettled, the harsher reading is the default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.salesforce.triggers import LIMITS

API_ACCESS = ("on", "API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED")

DEFAULTS: dict[str, Any] = {
    # org session settings; two hours is Salesforce's own default
    "session_seconds": 7200,
    # hosts that are no My Domain besides login.* and test.*; there client credentials are refused
    "login_hosts": [],
    # a sandbox org: assertions must name test.salesforce.com instead of login.salesforce.com
    "sandbox_org": False,
    # the user's profile allows other addresses than the caller's
    "ip_restricted": False,
    # any of API_ACCESS: the code of the 403 that every data call gets
    "api_access": "on",
    # None = 2000, or what Sforce-Query-Options asks for
    "page_size": None,
    # lists of children; None = like page_size
    "child_page_size": None,
    "cursor_seconds": 900,
    # Rootstock Financials installed: rstkf__ objects are there
    "financials": False,
    # the package's trigger refuses changes of a transferred invoice, except acknowledgement fields
    "locked_when_transferred": True,
    # the package's triggers refuse a user without a row in rstk__syusr__c
    "rootstock_user_required": True,
    # "object.field" names that a trigger of the package refuses to see written
    "trigger_refuses": [],
    # by "object.field": the text of a validation rule that refuses any value there
    "validation_rules": {},
    # most rstk__soinv__c rows that the triggers get done in one transaction; None = any number.
    # 200 may fail where 20 pass (facts section 10), so the border lies between
    "governor_rows": 100,
    # which limit is hit: "cpu" or "soql"
    "governor_limit": "cpu",
    # a changed line moves the SystemModstamp of its header
    "line_moves_header": False,
    "daily_limit": 100_000,
    # allowance of the connected app alone, told in Sforce-Limit-Info; None = not told
    "per_app_limit": None,
    # field-level security: "object.field" names that the integration user may not see, or not edit
    "hidden_fields": [],
    "read_only_fields": [],
    # objects that the user may not see, or not write
    "hidden_objects": [],
    "read_only_objects": [],
    # "object.field" names of external ids that are not unique in this org
    "double_external_ids": [],
    # times that a bulk job answers InProgress before it is done
    "bulk_polls": 1,
    # the profile allows hardDelete
    "bulk_hard_delete": False,
    # reads of rstk__sydata__c that a transaction stays Ready, and Processing Job
    "sydata_polls": 1,
    # Sales Invoice Payment wants a known payment gateway (facts 12.4)
    "gateway_required": True,
}


def checked(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes, all of them fit, or ValueError."""
    for name, value in changes.items():
        if name not in DEFAULTS:
            raise ValueError(f"unknown setting {name!r}; there are {', '.join(DEFAULTS)}")
        wanted, fits = _RULES[name]
        if not fits(value):
            raise ValueError(f"{name} must be {wanted}, not {value!r}")
    return changes


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _page(value: Any) -> bool:
    return value is None or (_count(value) and value > 0)


def _maybe_count(value: object) -> bool:
    return value is None or _count(value)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _texts_by_name(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for pair in value.items() for one in pair)


_A_COUNT = ("a whole number", _count)
_A_PAGE = ("a whole number above 0, or null", _page)
_A_FLAG = ("true or false", _flag)
_A_LIST = ("a list of texts", _names)

_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("session_seconds", "cursor_seconds", "daily_limit", "bulk_polls", "sydata_polls"), _A_COUNT),
    **dict.fromkeys(("page_size", "child_page_size"), _A_PAGE),
    **dict.fromkeys(("governor_rows", "per_app_limit"), ("a whole number, or null", _maybe_count)),
    **dict.fromkeys(("sandbox_org", "ip_restricted", "financials", "locked_when_transferred"), _A_FLAG),
    **dict.fromkeys(("rootstock_user_required", "line_moves_header", "bulk_hard_delete", "gateway_required"), _A_FLAG),
    **dict.fromkeys(("login_hosts", "trigger_refuses", "hidden_fields", "read_only_fields"), _A_LIST),
    **dict.fromkeys(("hidden_objects", "read_only_objects", "double_external_ids"), _A_LIST),
    "validation_rules": ("an object of texts", _texts_by_name),
    "api_access": (f"one of {', '.join(API_ACCESS)}", lambda value: value in API_ACCESS),
    "governor_limit": (f"one of {', '.join(LIMITS)}", lambda value: value in LIMITS),
}
