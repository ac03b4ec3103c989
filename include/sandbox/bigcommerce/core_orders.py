"""The core's V2 orders: amounts as four-decimal texts, times in RFC 2822, sub-resources of their own."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sandbox.bigcommerce import hooks
from sandbox.bigcommerce.call import Call
from sandbox.bigcommerce.errors import NO_V2_RESOURCE, CoreRefusal
from sandbox.bigcommerce.wire import Record, decimal_of, four, moment_of, rfc2822, whole_of

STATUSES = {
    0: "Incomplete", 1: "Pending", 2: "Shipped", 3: "Partially Shipped", 4: "Refunded", 5: "Cancelled",
    6: "Declined", 7: "Awaiting Payment", 8: "Awaiting Pickup", 9: "Awaiting Shipment", 10: "Completed",
    11: "Awaiting Fulfillment", 12: "Manual Verification Required", 13: "Disputed", 14: "Partially Refunded",
}  # fmt: skip
INCOMPLETE, REFUNDED, CANCELLED, DECLINED = 0, 4, 5, 6
STOPPED = (REFUNDED, CANCELLED, DECLINED)
_COSTS = ("subtotal", "shipping_cost", "handling_cost", "wrapping_cost", "total")
_ZERO = ("discount_amount", "coupon_discount", "store_credit_amount", "gift_certificate_amount", "refunded_amount",
         "base_handling_cost", "base_shipping_cost", "base_wrapping_cost")  # fmt: skip
_WRITABLE = ("status_id", "customer_id", "staff_notes", "customer_message", "external_order_id", "payment_method",
             "external_source", "external_merchant_id", "channel_id")  # fmt: skip
_SORTS = ("id", "customer_id", "date_created", "date_modified", "status_id", "channel_id", "external_id")
_PARTS = {"products": "_products", "taxes": "_taxes", "shipping_addresses": "_addresses", "coupons": "_coupons",
          "shipments": "_shipments", "messages": "_messages"}  # fmt: skip


def build(call: Call, given: Record) -> Record:
    """A whole order from what somebody gave of it; amounts are worked out from the lines."""
    now, code = call.now, given.get("currency_code", call.store.default_currency)
    lines = [_line(each, place) for place, each in enumerate(given.get("products", []), 1)]
    status = given.get("status_id", 1)
    order = {
        "customer_id": given.get("customer_id", 0), "status_id": status, "status": STATUSES[status],
        "cart_id": given.get("cart_id", ""), "is_deleted": False, "channel_id": 1, "order_source": "external",
        "date_created": rfc2822(now), "date_modified": rfc2822(now), "date_shipped": "",
        "payment_method": given.get("payment_method", "Manual"), "payment_status": given.get("payment_status", ""),
        "payment_provider_id": "", "billing_address": {**_NOWHERE, **given.get("billing_address", {})},
        "staff_notes": given.get("staff_notes", ""), "customer_message": given.get("customer_message", ""),
        "external_id": None, "external_order_id": given.get("external_order_id", ""), "external_source": None,
        "external_merchant_id": None, "items_total": sum(line["quantity"] for line in lines), "items_shipped": 0,
        "order_is_digital": bool(lines) and all(line["type"] == "digital" for line in lines),
        "tax_provider_id": "", "is_tax_inclusive_pricing": False, "is_email_opt_in": False,
        "currency_code": code, "default_currency_code": code, "currency_exchange_rate": "1.0000000000",
        "currency_id": 1, "default_currency_id": 1, "store_default_currency_code": call.store.default_currency,
        "store_default_to_transactional_exchange_rate": "1.0000000000", "shipping_address_count": 1,
        **_amounts(lines, given), **dict.fromkeys(_ZERO, "0.0000"),
    }  # fmt: skip
    return {**order, **_inner(call, given, lines)}


_NOWHERE = {name: "" for name in ("first_name", "last_name", "company", "street_1", "street_2", "city", "state",
                                  "zip", "country", "country_iso2", "phone", "email")}  # fmt: skip


def _inner(call: Call, given: Record, lines: list[Record]) -> Record:
    taxes = [{"id": 1, "name": "Tax", "class": "API Tax Override", "rate": "0.0000", "priority": 1,
              "priority_amount": "0.0000", "line_amount": line["total_tax"], "tax_rate_id": 1, "tax_class_id": 0,
              "sales_tax_id": "", "order_address_id": 1, "order_product_id": str(line["id"]),
              "line_item_type": "item"} for line in lines]  # fmt: skip
    address = {**_NOWHERE, **given.get("billing_address", {}), "id": 1, "shipping_method": "Flat Rate"}
    return {
        "_made": int(call.now.timestamp()), "_products": lines, "_taxes": taxes, "_addresses": [address],
        "_coupons": [], "_shipments": [], "_messages": [], "_fees": [], "_transactions": [], "_refunds": [],
        "_metafields": [], "_offline": given.get("offline", True),
    }  # fmt: skip


def _line(given: Record, place: int) -> Record:
    quantity = int(given.get("quantity", 1))
    without = Decimal(str(given.get("price_ex_tax", given.get("price_inc_tax", 0))))
    within = Decimal(str(given.get("price_inc_tax", without)))
    texts = {"price_ex_tax": without, "price_inc_tax": within, "price_tax": within - without, "base_price": without}
    totals = {"total_ex_tax": without, "total_inc_tax": within, "total_tax": within - without, "base_total": without}
    return {
        "id": place, "product_id": given.get("product_id", 0), "variant_id": given.get("variant_id", 0),
        "sku": given.get("sku", ""), "upc": "", "name": given.get("name", "Item"),
        "type": given.get("type", "physical"), "quantity": quantity, "quantity_refunded": 0, "quantity_shipped": 0,
        "applied_discounts": [], "product_options": [], "order_address_id": 1,
        **{name: four(value) for name, value in texts.items()},
        **{name: four(value * quantity) for name, value in totals.items()},
        "discounted_total_inc_tax": four(within * quantity),
    }  # fmt: skip


def _amounts(lines: list[Record], given: Record) -> Record:
    sums = {part: sum((Decimal(line[f"total_{part}"]) for line in lines), Decimal(0)) for part in ("ex_tax", "inc_tax")}
    freight = Decimal(str(given.get("shipping_cost_ex_tax", 0)))
    amounts = {f"{name}_{part}": Decimal(0) for name in _COSTS for part in ("ex_tax", "inc_tax", "tax")}
    for part, value in sums.items():
        amounts[f"subtotal_{part}"] = value
        amounts[f"shipping_cost_{part}"] = freight
        amounts[f"total_{part}"] = value + freight
    for name in ("subtotal", "total"):
        amounts[f"{name}_tax"] = amounts[f"{name}_inc_tax"] - amounts[f"{name}_ex_tax"]
    return {name: four(value) for name, value in amounts.items()}


def add(call: Call, given: Record) -> Record:
    """Store a new order and tell the hooks."""
    order = call.store.table("order").add(build(call, given))
    for line in order["_products"]:
        line["order_id"] = order["id"]
    hooks.tell(call, "store/order/created", {"type": "order", "id": order["id"]})
    return order


def change(call: Call, old: Record, fields: Record) -> Record:
    """Store what is new about an order; the stamp moves and the hooks are told."""
    status: int = {**old, **fields}["status_id"]
    changed = {**old, **fields, "status": STATUSES[status], "date_modified": rfc2822(call.now)}
    call.store.table("order").put(changed)
    data: Record = {"type": "order", "id": old["id"]}
    hooks.tell(call, "store/order/updated", data)
    if status != old["status_id"]:
        states = {"new_status_id": status, "previous_status_id": old["status_id"]}
        hooks.tell(call, "store/order/statusUpdated", {**data, "status": states})
    return changed


def list_orders(call: Call) -> list[Record]:
    """GET /v2/orders; archived orders are left out."""
    rows: Iterable[Record] = (row for row in call.store.table("order").rows() if not row["is_deleted"])
    found = [row for row in rows if all(wanted(row) for wanted in _filters(call))]
    name, _, way = call.query.get("sort", "id:asc").partition(":")
    if name not in _SORTS or way not in ("", "asc", "desc"):
        raise CoreRefusal(400, "The field 'sort' is invalid.")
    keys = {"date_created": lambda row: row["_made"], "date_modified": lambda row: moment_of(row["date_modified"])}
    found.sort(key=keys.get(name, lambda row: (row[name] is not None, row[name])), reverse=way == "desc")
    return [shown(call, row) for row in sliced(call, found)]


def _filters(call: Call) -> list[Any]:
    wanted: list[Any] = []
    for name in ("customer_id", "status_id", "cart_id", "payment_method", "channel_id", "external_order_id"):
        value = call.asked(name)
        if value is not None:
            wanted.append(lambda row, name=name, value=value: str(row[name]) == value)
    email = call.asked("email")
    if email is not None:
        wanted.append(lambda row: row["billing_address"]["email"] == email)
    return wanted + _ranges(call)


def _ranges(call: Call) -> list[Any]:
    wanted: list[Any] = []
    for bound, keep in (("min", lambda a, b: a >= b), ("max", lambda a, b: a <= b)):
        for name, read in (("id", lambda row: row["id"]), ("total", lambda row: Decimal(row["total_inc_tax"]))):
            limit = decimal_of(call.asked(f"{bound}_{name}") or "")
            if limit is not None:
                wanted.append(lambda row, keep=keep, read=read, limit=limit: keep(read(row), limit))
        for name in ("date_created", "date_modified"):
            text = call.asked(f"{bound}_{name}")
            if text is not None:
                moment = moment_of(text)
                if moment is None:
                    raise CoreRefusal(400, f"The field '{bound}_{name}' is invalid.")
                wanted.append(lambda row, keep=keep, name=name, moment=moment: keep(moment_of(row[name]), moment))
    return wanted


def sliced(call: Call, rows: list[Record]) -> list[Record]:
    """V2 pages: 50 usually, 250 at most; nothing tells the total."""
    limit, number = whole_of(call.query.get("limit", "50")), whole_of(call.query.get("page", "1"))
    if limit is None or number is None or limit < 1 or number < 1:
        raise CoreRefusal(400, "The field 'limit' is invalid.")
    limit = min(limit, 250)
    return rows[(number - 1) * limit : number * limit]


def held(call: Call) -> Record:
    """The order that the path names."""
    found = call.store.get("order", call.number("id"))
    if found is None:
        raise CoreRefusal(404, NO_V2_RESOURCE)
    return found


def part(call: Call) -> Any:
    """One of an order's sub-resources; fees come as an object."""
    order, name = held(call), call.path["part"]
    if name == "fees":
        return {"fees": order["_fees"]}
    if name not in _PARTS:
        raise CoreRefusal(404, NO_V2_RESOURCE)
    rows = order[_PARTS[name]]
    if name == "taxes" and call.query.get("details") != "true":
        rows = [{k: v for k, v in row.items() if k not in ("order_product_id", "line_item_type")} for row in rows]
    return [{**row, "order_id": order["id"]} for row in sliced(call, rows)]


def writable(body: Any) -> Record:
    """The fields of an update; others are ignored."""
    if not isinstance(body, dict):
        raise CoreRefusal(400, "Input is invalid.")
    status = body.get("status_id")
    if status is not None and status not in STATUSES:
        raise CoreRefusal(400, "The field 'status_id' is invalid.")
    return {name: body[name] for name in _WRITABLE if name in body}


def shown(call: Call, order: Record) -> Record:
    """An order as V2 shows it: sub-resources as links."""
    base = f"https://api.bigcommerce.com/stores/{call.store.hash}/v2/orders/{order['id']}"
    links = {
        name: {"url": f"{base}/{name}", "resource": f"/orders/{order['id']}/{name}"}
        for name in ("products", "shipping_addresses", "coupons", "fees")
    }
    return {**{name: value for name, value in order.items() if not name.startswith("_")}, **links}
