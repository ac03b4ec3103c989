"""The switches for what the vendor leaves open, and for what a test wants harsher or milder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.switches import Switches

_CHOICES: dict[str, tuple[Any, ...]] = {
    "throttle": ("on", "off"),
    "rate_window": ("sliding", "clock", "first_call"),
    "throttled_mishap": ("b2b", "core"),
    "wrong_hash_status": (500, 401, 403),
    "no_b2b_status": (403, 401, 404, 500),
    "over_limit": ("refuse", "clamp"),
    "success_word": ("varied", "SUCCESS", "Success", "success"),
    "parameter_errors": ("fields", "object", "text"),
    "types": ("strict", "lenient"),
    "unknown_fields": ("drop", "refuse"),
    "empty_strings": ("refuse", "accept"),
    "update_address_custom_fields": ("required", "optional"),
    "extra_fields_on_update": ("replace", "merge"),
    "unknown_company_status": (422, 404),
    "inactive_company": ("refuse", "accept"),
    "negative_original": ("refuse", "accept"),
    "mixed_currencies": ("refuse", "accept"),
    "currencies": ("enabled", "iso"),
    "auto_number_taken": ("refuse", "next", "duplicate"),
    "external_id_filter": ("refuse", "text", "ignore"),
    "detail_values": ("four_decimals", "short"),
    "id_type": ("number", "string"),
    "invoice_times": ("integer", "string"),
    "paid_invoice_deletion": ("refuse", "keep_payments", "delete_payments"),
    "overpayment": ("refuse", "accept"),
    "pending_flag": ("unsettled", "awaiting"),
    "order_detail_data": ("mixed", "object", "array"),
    "order_list_meta": ("flat", "nested"),
    "user_list_customer_id": ("absent", "customerId", "bcId"),
    "companies": ("independent", "dependent"),
    "empty_v2_list": ("no_content", "empty"),
}


@dataclass
class Settings(Switches):
    """Each default is the harsher reading of an unsettled point, or the published value."""

    vendor = "bigcommerce"
    choices = _CHOICES

    # doors: no body is published for any of these
    maintenance: bool = False
    wrong_hash_status: int = 500
    no_b2b_status: int = 403
    auth_token_beside_hash: bool = False
    # limits; a window is of the store, whoever calls
    throttle: str = "on"
    rate_window: str = "sliding"
    b2b_calls: float = 150
    b2b_window_seconds: float = 60
    core_calls: float = 150
    core_window_seconds: float = 30
    throttle_headers: bool = True
    throttled_mishap: str = "b2b"
    # bodies; sizes and lengths of 0 are no limit
    largest_body_bytes: float = 0
    longest_text: float = 0
    success_word: str = "varied"
    errors_in_200: bool = False
    parameter_errors: str = "fields"
    types: str = "strict"
    unknown_fields: str = "drop"
    # lists
    over_limit: str = "refuse"
    exclusive_bounds: bool = True
    external_id_filter: str = "refuse"
    list_lag_seconds: float = 0
    # invoices
    empty_strings: str = "refuse"
    update_address_custom_fields: str = "required"
    extra_fields_on_update: str = "replace"
    unknown_company_status: int = 422
    inactive_company: str = "refuse"
    negative_original: str = "refuse"
    mixed_currencies: str = "refuse"
    currencies: str = "enabled"
    order_number_must_exist: bool = False
    auto_number_taken: str = "refuse"
    detail_values: str = "four_decimals"
    id_type: str = "number"
    invoice_times: str = "integer"
    status_follows_balance: bool = False
    paid_invoice_deletion: str = "refuse"
    due_days: float = 30
    # payments: from which processing status on a payment moves the balances
    applies_from_status: float = 2
    overpayment: str = "refuse"
    pending_flag: str = "unsettled"
    payment_moves_updated_at: bool = False
    # orders and companies
    index_lag_seconds: float = 5
    attach_seconds: float = 10
    order_detail_data: str = "mixed"
    order_list_meta: str = "flat"
    user_list_customer_id: str = "absent"
    companies: str = "independent"
    empty_v2_list: str = "no_content"
    # webhooks
    hook_delay_seconds: float = 60
    hook_copies: float = 1
    hook_reversed: bool = False
