"""The switches for what Intuit leaves open, and for what a test wants harsher or milder."""

from dataclasses import dataclass

from sandbox.switches import Switches

_CHOICES: dict[str, tuple[str, ...]] = {
    "rotate": ("every_refresh", "daily"),
    # remember and same_answer are two words for one thing
    "replay_mode": ("remember", "same_answer", "fault_6000", "forget"),
    "replay_other_body": ("same_answer", "fault_6000"),
    "throttle": ("on", "off"),
    "throttle_body": ("xml", "json"),
    "duplicate_name_detail": ("id", "other_list", "null"),
    "duplicate_bids": ("refuse", "run"),
    "cdc_window": ("cut", "all", "refuse"),
    "tax_rounding": ("document", "line"),
    "inclusive_amounts": ("gross", "net"),
    "line_without_item": ("note", "default_item"),
    "custom_field_off": ("drop", "refuse"),
    "untracked_refs": ("refuse", "drop"),
    "number_when_custom_off": ("stored", "ignored"),
    "sparse_empty": ("keeps", "clears"),
}
_SIGNED = frozenset({"rounding_cents"})


@dataclass
class Settings(Switches):
    """Each default is the harsher reading of an unsettled point, or the published value.

    Where a cap is 0 and the comment does not say otherwise, nothing at all passes.
    """

    vendor = "quickbooks"
    choices = _CHOICES
    signed = _SIGNED

    # OAuth
    rotate: str = "every_refresh"
    refresh_grace_seconds: float = 0
    access_token_seconds: float = 3600
    authorization_code_seconds: float = 300
    refresh_idle_days: float = 100
    refresh_hard_years: float = 5
    # requestid; days of 0 keep an answer for ever
    replay_mode: str = "remember"
    replay_other_body: str = "same_answer"
    replay_faults: bool = False
    replay_days: float = 7
    # limits; in flight, cap and sizes of 0 are no limit, and Retry-After of 0 seconds is not sent
    throttle: str = "on"
    throttle_body: str = "xml"
    retry_after_seconds: float = 0
    calls_per_minute: float = 500
    calls_per_second: float = 10
    batches_per_minute: float = 40
    realm_batches_per_minute: float = 120
    all_calls_per_minute: float = 800
    calls_in_flight: float = 10
    emails_per_day: float = 40
    batch_counts_items: bool = False
    core_plus_cap: float = 0
    metered_batch_queries: bool = True
    largest_body_bytes: float = 0
    in_list_limit: float = 0
    # what an empty value of a sparse update does to the field
    sparse_empty: str = "keeps"
    # names and numbers
    duplicate_name_detail: str = "id"
    case_blind_names: bool = True
    warn_duplicate_docnum: bool = True
    number_when_custom_off: str = "stored"
    # sales
    line_without_item: str = "note"
    custom_field_off: str = "drop"
    untracked_refs: str = "refuse"
    amount_tolerance_cents: float = 0
    tracking_num_length: float = 31
    currency_required: bool = True
    rounding_cents: float = 0
    deposited_locked: bool = True
    # tax
    ast_replaces_codes: bool = True
    global_tax_required: bool = True
    tax_rounding: str = "document"
    inclusive_amounts: str = "gross"
    # batch, query, change data capture
    shuffle_batch_answers: bool = True
    duplicate_bids: str = "refuse"
    service_seconds: float = 0.0
    lenient_start_position: bool = False
    cdc_window: str = "cut"
