"""The switches of this vendor. Where the facts are unsettled, the harsher reading is the default."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.switches import Switches

VERSIONS = ("20.200.001", "22.200.001", "23.200.001", "24.200.001", "25.200.001")
_CHOICES: dict[str, tuple[str, ...]] = {
    "seat_refusal": ("500", "429"),
    "seat_policy": ("refuse", "sign_out_oldest"),
    "endpoint_list": ("object", "array"),
    "missing_body": ("html", "empty"),
    "maintenance": ("off", "html_503", "html_200", "redirect"),
    "list_order": ("moving", "shuffled", "keys"),
    "multi_view_filter": ("empty", "works"),
    "bad_filter_status": ("500", "400"),
    "detail_total": ("gross", "net"),
    "released_write": ("ignored", "refused"),
    "validation_status": ("422", "500"),
    "invoice_gate": ("none", "approval", "print", "email", "processing", "tax"),
    "location_form": ("path", "absolute"),
    "busy_form": ("fail", "wait", "off"),
    "action_status": ("500", "422"),
    "action_error": ("inner", "outer"),
    "push_order": ("kept", "reversed"),
}


def _endpoints() -> list[str]:
    return [f"Default/{version}" for version in VERSIONS]


@dataclass
class Settings(Switches):
    """Sections in brackets are those of the facts; a limit of 0 is no limit."""

    vendor = "acumatica"
    choices = _CHOICES
    signed = frozenset({"user_offset_hours"})

    # sign-in and seats (2, 3, 20.3); third parties tell of 3 sessions with small licences
    session_limit: float = 3
    user_session_limit: float = 0
    idle_seconds: float = 1200
    seat_refusal: str = "500"
    seat_policy: str = "refuse"
    # such a site takes any tenant's name and opens the first
    single_tenant: bool = False
    access_token_seconds: float = 3600
    concurrent_access_fails: bool = True
    # overload (3)
    concurrent_requests: float = 4
    queue_length: float = 20
    queue_seconds: float = 600
    requests_per_minute: float = 100
    minute_seconds: float = 60
    service_seconds: float = 0
    # site and endpoints (4, 15)
    endpoints: list[str] = field(default_factory=_endpoints)
    endpoint_list: str = "object"
    missing_body: str = "html"
    maintenance: str = "off"
    # of the user's time zone, for filters without an offset and for today's date (16)
    user_offset_hours: float = -8
    # "Entity" or "Entity/Action" that the user has no right to; entities whose preferences were never set
    forbidden: list[str] = field(default_factory=list)
    setup_missing: list[str] = field(default_factory=list)
    # reading (6, 12, 20.1, 20.4); "Entity", "Entity.Field" or "Entity.Collection" that a list cannot export
    list_order: str = "moving"
    optimization_fails: list[str] = field(default_factory=lambda: ["Payment.ApplicationHistory"])
    multi_view_filter: str = "empty"
    bad_filter_status: str = "500"
    custom_terms: bool = False
    detail_total: str = "gross"
    # writing (7, 13, 20.2, 20.6, 20.7)
    released_write: str = "ignored"
    custom_after_release: bool = False
    validation_status: str = "422"
    payment_ref_unique: bool = False
    hold_on_prepare: bool = True
    invoice_gate: str = "none"
    activity_moves_stamp: bool = True
    payment_moves_invoice_stamp: bool = False
    # actions (8, 20.8); an operation of 0 seconds is done at once: 204
    operation_seconds: float = 0.5
    operation_memory_seconds: float = 600
    operation_owner_only: bool = True
    dead_location: bool = True
    location_form: str = "path"
    busy_form: str = "fail"
    action_status: str = "500"
    action_error: str = "inner"
    # push notifications (14.2)
    push_attempts: float = 5
    push_retry_seconds: float = 0.05
    push_duplicates: bool = False
    push_order: str = "kept"
