"""A flow: one kind of document, from one system to another, for one company. The shape of flows.yaml."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,60}$")]
ChargeName = Literal["freight", "handling", "packaging", "rounding"]
CustomField = Literal["purchase_order", "order_number", "division", "source_number"]
WriteBack = Literal["none", "acknowledge", "transferred_flag", "activity", "custom_field"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Endpoint(_Strict):
    """One side of a flow: which vendor, which Airflow connection, which tenant it must turn out to be."""

    vendor: Slug
    connection: str
    tenant: str = Field(min_length=1)


class AcumaticaOptions(_Strict):
    """How Acumatica is read and told."""

    statuses: dict[str, Literal["send", "hold"]] = Field(default_factory=dict)
    order_id: dict[Literal["field", "pattern"], str] = Field(default_factory=dict)
    custom_field: str = ""
    saved_filter: str = ""
    warehouse: str = ""
    remove_hold: bool = False


class BigCommerceOptions(_Strict):
    """How invoices look in the store."""

    cash: Literal["balance", "offline_payments"] = "balance"
    company_field: str = ""
    tax_field: str = ""
    number_prefix: str = ""
    pdf_url: str = ""
    extra_fields: dict[str, str] = Field(default_factory=dict)
    channel: int | None = None


class Options(_Strict):
    """Choices of a flow that have a sensible default. README, "Options of a flow", says what each is for."""

    header_charges: Literal["lines", "shipping_item", "ignore", "refuse"] = "lines"
    charge_items: dict[ChargeName, str] = Field(default_factory=dict)
    number_rule: Literal["number", "division_number", "record_id"] = "number"
    credit_memos: Literal["linked", "all", "refuse"] = "linked"
    changes: Literal["review", "follow"] = "review"
    voids: Literal["review", "follow"] = "review"
    on_mismatch: Literal["leave", "void"] = "leave"
    similar_customers: Literal["review", "add"] = "review"
    export_all: bool = False
    write_ids: bool = True
    terms: dict[str, str] = Field(default_factory=dict)
    tax_codes: dict[str, str] = Field(default_factory=dict)
    custom_fields: dict[CustomField, str] = Field(default_factory=dict)
    income_account: str = "Sales of Product Income"
    rounding_line: bool = True
    acknowledge_batch: int = Field(default=20, ge=1, le=200)
    send_batch: int = Field(default=30, ge=1, le=30)
    in_flight: int = Field(default=4, ge=1, le=8)
    quota_share: float = Field(default=0.8, gt=0, le=1)
    red_while_waiting: bool = True
    unknown_customers: Literal["add", "review"] = "add"
    acumatica: AcumaticaOptions = Field(default_factory=AcumaticaOptions)
    bigcommerce: BigCommerceOptions = Field(default_factory=BigCommerceOptions)


class Flow(_Strict):
    """One entry of flows.yaml."""

    name: Slug
    title: str
    kind: Literal["invoice", "release"]
    company: Slug
    source: Endpoint
    destination: Endpoint
    write_back: WriteBack
    schedule: str | None = None
    timezone: str = "UTC"
    alert: str | None = None
    options: Options = Field(default_factory=Options)

    @model_validator(mode="before")
    @classmethod
    def _one_system(cls, given: Any) -> Any:
        """A release flow writes where it reads."""
        if isinstance(given, dict) and given.get("kind") == "release":
            return {"destination": given.get("source"), "write_back": "none", **given}
        return given

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"{name!r} is no time zone; write it like Europe/Berlin or America/New_York")
        return name

    @property
    def sides(self) -> tuple[Endpoint, Endpoint]:
        return self.source, self.destination

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class RunOptions(_Strict):
    """What the trigger form offers."""

    documents: tuple[str, ...] = ()
    changed_since: str | None = None
    dry_run: bool = False
    limit: int | None = Field(default=None, ge=1)
    full_sweep: bool = False
    warehouse: str = ""
    shipment_date: str = ""

    @property
    def is_selective(self) -> bool:
        """The person chose documents, or a sample: nothing else of the flow is touched."""
        return bool(self.documents or self.limit)

    @property
    def moves_cursor(self) -> bool:
        """A run over chosen documents, a sample or a preview leaves the cursor where it is."""
        return not (self.is_selective or self.dry_run)
