"""Inquiries: the stock summary of the contract API, and generic inquiries over OData (facts 6)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import quoteattr

from sandbox.acumatica import requests_in
from sandbox.acumatica.entities_finance import ENTITIES, INVENTORY_SUMMARY
from sandbox.acumatica.errors import FieldErrors, forbidden, general, not_signed_in, page
from sandbox.acumatica.filters import BadFilter, Filter
from sandbox.acumatica.reading import Place, Query, Reader
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.shapes import shown
from sandbox.acumatica.store import Row, Tenant
from sandbox.acumatica.values import plain

ODATA = "/t/{tenant}/api/odata/gi"
_EDM = {"s": "Edm.String", "d": "Edm.Decimal", "b": "Edm.Boolean", "i": "Edm.Int32", "g": "Edm.Guid"}


@dataclass(frozen=True)
class Inquiry:
    """A generic inquiry over an entity; only an exposed one can be read over OData."""

    name: str
    entity: str
    fields: tuple[str, ...]
    exposed: bool = True


INQUIRIES = (
    Inquiry(
        "B2B-Invoices",
        "SalesInvoice",
        ("Type", "ReferenceNbr", "Status", "CustomerID", "Currency", "Amount", "Balance", "LastModifiedDateTime"),
    ),
    Inquiry(
        "B2B-Customers", "Customer", ("CustomerID", "CustomerName", "Status", "AccountRef", "LastModifiedDateTime")
    ),
    Inquiry("Internal-Margins", "SalesInvoice", ("ReferenceNbr", "Amount"), exposed=False),
)


def stock_summary(reader: Reader, place: Place, text: str, query: Query) -> Row:
    """What of an item lies where; the results only when they are expanded."""
    reader.refuse_unset(place.entity)
    errors = FieldErrors()
    given = requests_in.read(INVENTORY_SUMMARY, requests_in.body_of(text), place.version, errors)
    item = given.fields.get("InventoryID")
    if item is None or place.tenant.item(item) is None:
        raise general("'Inventory ID' cannot be found in the system.", "PX.Data.PXSetPropertyException")
    rows = [
        _stock_row(place.tenant, shelf, quantity)
        for shelf, quantity in place.tenant.shelves(str(item), given.fields.get("WarehouseID"))
        if given.fields.get("LocationID") in (None, shelf[2])
    ]
    record = {"_id": place.tenant.guid(), **given.fields, "Results": rows}
    return shown(INVENTORY_SUMMARY, record, reader.look(place, query))


def _stock_row(tenant: Tenant, shelf: tuple[str, str, str, str], quantity: Decimal) -> Row:
    taken = sum(
        (
            row["ShippedQty"]
            for shipment in tenant.rows("Shipment")
            if shipment["Status"] in ("Open", "On Hold")
            for row in shipment["Details"]
            if (row["InventoryID"], row["WarehouseID"], row["LocationID"]) == shelf[:3]
        ),
        Decimal(0),
    )
    free = quantity - taken
    return {
        "_id": tenant.guid(),
        "BaseUOM": "EA",
        "WarehouseID": shelf[1],
        "LocationID": shelf[2],
        "LotSerialNbr": shelf[3] or None,
        "QtyOnHand": quantity,
        "QtyAvailable": free,
        "QtyAvailableForShipment": free,
        "QtyNotAvailable": Decimal(0),
    }


def basic_credentials(header: str) -> tuple[str, str]:
    """Name and password of a Basic header."""
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "basic":
        raise not_signed_in()
    try:
        name, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise not_signed_in() from error
    return name, password


def metadata() -> str:
    """$metadata of the generic inquiries, also of those that are not exposed."""
    types, sets = [], []
    for one in INQUIRIES:
        fields = ENTITIES[one.entity].fields
        inside = "".join(
            f'<Property Name="{name}" Type="{_EDM.get(fields[name].type, "Edm.DateTimeOffset")}"/>'
            for name in one.fields
        )
        kind = one.name.replace("-", "_")
        types.append(f'<EntityType Name="{kind}">{inside}</EntityType>')
        sets.append(f'<EntitySet Name={quoteattr(one.name)} EntityType="PX.Data.{kind}"/>')
    return (
        '<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="4.0" '
        'xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        f'<Schema Namespace="PX.Data" xmlns="http://docs.oasis-open.org/odata/ns/edm">{"".join(types)}'
        f'<EntityContainer Name="Default">{"".join(sets)}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )


def listed(name: str, place_of: Callable[[str], Place], parameters: Mapping[str, str], settings: Settings) -> Row:
    """The rows of a generic inquiry: plain values, and here $orderby works."""
    found = next((one for one in INQUIRIES if one.name == name), None)
    if found is None:
        raise page(404, "Not Found")
    if not found.exposed:
        raise forbidden(f"generic inquiry {name}, Expose via OData is off")
    place = place_of(found.entity)
    rows = _rows(place, parameters, settings)
    fields = [place.entity.fields[each] for each in found.fields]
    value = [{one.name: plain(row.get(one.source)) for one in fields} for row in rows]
    return {"@odata.context": f"$metadata#{name}", "value": value}


def _rows(place: Place, parameters: Mapping[str, str], settings: Settings) -> list[Row]:
    condition = _condition(place, parameters.get("$filter", ""), settings)
    reader = Reader(settings)
    rows = [
        row
        for row in place.tenant.rows(place.entity.kind)
        if reader.is_visible(place, row) and (condition is None or condition.matches(row))
    ]
    field, _, direction = parameters.get("$orderby", "").partition(" ")
    if field in place.entity.fields:
        source = place.entity.fields[field].source
        rows.sort(key=lambda row: (row.get(source) is None, row.get(source)), reverse=direction == "desc")
    skip, top = int(parameters.get("$skip", 0)), parameters.get("$top")
    return rows[skip:] if top is None else rows[skip : skip + int(top)]


def _condition(place: Place, text: str, settings: Settings) -> Filter | None:
    try:
        return Filter(place.entity, place.version, text, settings.user_offset_hours) if text else None
    except BadFilter as error:
        raise general(str(error), "Microsoft.OData.ODataException", 400) from error
