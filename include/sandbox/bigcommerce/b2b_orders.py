"""B2B orders: the core orders as B2B Edition sees them some seconds later, and invoices made from them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sandbox.bigcommerce import errors, extras, schema
from sandbox.bigcommerce.call import Call, Page, Written
from sandbox.bigcommerce.core_orders import STATUSES, STOPPED
from sandbox.bigcommerce.invoice_view import shown_details
from sandbox.bigcommerce.invoices import check_number, due_date
from sandbox.bigcommerce.listing import between, equals, numbers, ordered, page, where
from sandbox.bigcommerce.reader import Reader
from sandbox.bigcommerce.wire import Record, epoch, moment_of

_YEAR = 365 * 86400
_MONEY = {"currencyLocation": "left", "currencyToken": "$", "decimalToken": ".", "thousandsToken": ","}
_LEGACY = (*(f"extraInt{n}" for n in range(1, 6)), *(f"extraStr{n}" for n in range(1, 6)), "extraText")
_MOST = 200


def index(call: Call) -> None:
    """Take up the core orders that are old enough; makes invoices by itself where the portal is told to."""
    lag = call.settings.index_lag_seconds
    for order in list(call.store.table("order").rows()):
        known = call.store.table("b2b_order").having("bcOrderId", order["id"])
        if not known and order["_made"] + lag <= call.now.timestamp():
            add(call, order)


def add(call: Call, order: Record, po: str = "") -> Record:
    """One core order's twin; the company is the customer's, if the customer is a company user."""
    made = {
        "bcOrderId": order["id"], "poNumber": po, "companyId": company_of(call, order), "isInvoiceOrder": 0,
        "invoiceId": None, "extraFields": [], "createdAt": order["_made"], "updatedAt": order["_made"],
    }  # fmt: skip
    payment = any(each["key"] == "orderType" and each["value"] == "invoice payment" for each in order["_metafields"])
    twin = call.store.table("b2b_order").add({**made, "isInvoiceOrder": int(payment)})
    _invoice_by_itself(call, order, twin)
    return twin


def company_of(call: Call, order: Record) -> int:
    """0 for guests and for customers without a company."""
    users = call.store.table("user").having("customerId", order["customer_id"]) if order["customer_id"] else []
    return int(users[0]["companyId"]) if users else 0


def _invoice_by_itself(call: Call, order: Record, twin: Record) -> None:
    rule = "offline" if order["_offline"] else "online"
    if not call.store.portal["payments"][f"{rule}PaymentAutomaticInvoiceGeneration"]:
        return
    try:
        make_invoice(call, twin)
    except errors.Refusal:
        # an order that can have no invoice simply gets none
        return


def list_orders(call: Call) -> Page:
    """GET /orders: B2C and guests too, but nothing untouched for a year."""
    index(call)
    rows: Iterable[Record] = (row for row in map(lambda twin: _shown(call, twin), _twins(call)))
    rows = equals(call, rows, "companyId", "bcOrderId")
    if not {"minModified", "maxModified", "minCreated", "maxCreated"} & set(call.query):
        rows = where(rows, lambda row: row["updatedAt"] >= call.moment - _YEAR)
    rows = between(call, rows, "updatedAt", "minModified", "maxModified")
    rows = between(call, rows, "createdAt", "minCreated", "maxCreated")
    channels = numbers(call, "channelIds[]", "channelIds")
    rows = rows if channels is None else where(rows, lambda row: row["channelId"] in channels)
    found = page(call, ordered(call, rows, ("createdAt", "updatedAt"), "updatedAt"), _MOST)
    extra = call.query.get("showExtra", "").lower() == "true"
    listed = [_listed(row, extra) for row in found.rows]
    return Page(listed, found.total, found.limit, found.offset, call.settings.order_list_meta == "flat")


def get_order(call: Call) -> object:
    """GET /orders/{bcOrderId}: an object, or a list with that one object in it."""
    shown = {**_shown(call, held(call)), **dict.fromkeys(_LEGACY)}
    mode = call.settings.order_detail_data
    alone = mode == "object" or (mode == "mixed" and shown["bcOrderId"] % 2)
    return shown if alone else [shown]


def get_products(call: Call) -> list[Record]:
    """GET /orders/{bcOrderId}/products: no prices."""
    order = call.store.get("order", call.number("id"))
    if order is None:
        raise errors.plain(404, "The order does not exist.")
    made = order["_made"]
    return [
        {
            "id": line["id"], "productId": line["product_id"], "createdAt": made, "updatedAt": made,
            "productName": line["name"], "variantSku": line["sku"], "variantId": line["variant_id"],
            "productBrandName": "", "quantity": line["quantity"], "options": [],
        }
        for line in order["_products"]
    ]  # fmt: skip


def update(call: Call) -> Written:
    """PUT /orders/{bcOrderId}: the purchase order number and extra fields, nothing else."""
    old = held(call)
    body = Reader(call.settings).read(schema.UPDATE_ORDER, call.body)
    extra = extras.checked(call, "order", body.pop("extraFields", None), old)
    changed = call.store.table("b2b_order").put({**old, **body, "extraFields": extra, "updatedAt": call.moment})
    return Written([_shown(call, changed)], str(old["bcOrderId"]), old["id"])


def attach(call: Call) -> Written:
    """POST /orders: B2B data for an order just made; never makes a core order."""
    body = Reader(call.settings).read(schema.ATTACH_ORDER, call.body)
    index(call)
    order = call.store.get("order", body["bcOrderId"])
    if order is None:
        raise errors.plain(404, "The order does not exist.")
    late = call.now.timestamp() > order["_made"] + call.settings.attach_seconds
    if late or call.store.table("b2b_order").having("bcOrderId", order["id"]):
        raise errors.plain(400, "The order already exists.")
    if body["customerId"] != order["customer_id"]:
        raise errors.plain(404, errors.NO_RESOURCE)
    extra = extras.checked(call, "order", body.get("extraFields"), None)
    twin = add(call, order, body.get("poNumber", ""))
    call.store.table("b2b_order").put({**twin, "extraFields": extra})
    return Written(_shown(call, twin), str(order["id"]), twin["id"])


def adopt(call: Call) -> Written:
    """PUT /customers/{id}/orders/b2b: a customer's older orders go to the company that the customer is in now."""
    index(call)
    users = call.store.table("user").having("customerId", call.path["id"])
    if not users:
        raise errors.plain(404, errors.NO_RESOURCE)
    orders = {order["id"] for order in call.store.table("order").having("customer_id", call.path["id"])}
    mine = [twin for twin in _twins(call) if twin["bcOrderId"] in orders and not twin["companyId"]]
    for twin in mine:
        call.store.table("b2b_order").put({**twin, "companyId": users[0]["companyId"], "updatedAt": call.moment})
    return Written({"total": len(mine)}, call.path["id"], users[0]["id"])


def invoice_from_order(call: Call) -> Written:
    """POST /ip/orders/{id}/invoices: the B2B order's own id, not BigCommerce's."""
    index(call)
    twin = call.store.get("b2b_order", call.number("id"))
    if twin is None:
        raise errors.refused(404, "Order does not exist")
    invoice = make_invoice(call, twin)
    data = {"invoiceNumber": invoice["invoiceNumber"], "invoiceId": invoice["id"]}
    return Written(data, invoice["invoiceNumber"], invoice["id"])


def make_invoice(call: Call, twin: Record) -> Record:
    """An invoice with the store's own number, the order's lines and three cost lines."""
    order, company = call.store.get("order", twin["bcOrderId"]), call.store.get("company", twin["companyId"])
    if order is None or company is None or twin["isInvoiceOrder"] or order["status_id"] in (0, *STOPPED):
        raise errors.refused(400, "The order cannot be invoiced")
    if call.store.table("invoice").having("orderNumber", str(order["id"])):
        raise errors.order_invoiced()
    number = _own_number(call)
    code, now = order["default_currency_code"], call.moment
    total = {"code": code, "value": Decimal(order["total_inc_tax"])}
    return call.store.table("invoice").add({
        "invoiceNumber": number, "customerId": str(company["id"]), "externalId": "", "externalCustomerId": "",
        "type": "Invoice on Shipment", "dueDate": due_date(call, company), "status": 0,
        "orderNumber": str(order["id"]), "purchaseOrderNumber": twin["poNumber"], "originalBalance": total,
        "openBalance": dict(total), "source": 0, "customerName": company["companyName"], "createdAt": now,
        "updatedAt": now, "channelId": "1", "channelName": "Channel 1", "externalPdfUrl": "", "termsConditions": "",
        "extraFields": [], "details": shown_details(_details(order, code), order["_made"]),
    })  # fmt: skip


def _own_number(call: Call) -> str:
    """The id, padded to eight; what happens when somebody else has put that number there is unknown."""
    ident = call.store.table("invoice").last + 1
    mode = call.settings.auto_number_taken
    if mode == "next":
        while call.store.table("invoice").having("invoiceNumber", f"{ident:08d}"):
            ident += 1
    elif mode == "refuse":
        check_number(call, f"{ident:08d}", None)
    return f"{ident:08d}"


def _details(order: Record, code: str) -> Record:
    costs = (("Subtotal", "subtotal_ex_tax"), ("Freight", "shipping_cost_ex_tax"), ("Sales Tax", "total_tax"))
    lines = [
        {
            "sku": line["sku"], "type": line["type"], "comments": "", "quantity": str(line["quantity"]),
            "unitPrice": {"code": code, "value": Decimal(line["price_ex_tax"])}, "description": line["name"],
            "unitDiscount": {"code": code, "value": Decimal(0)}, "customFields": {},
        }
        for line in order["_products"]
    ]  # fmt: skip
    place = _place(order["billing_address"])
    return {
        "header": {
            "costLines": [{"amount": {"code": code, "value": Decimal(order[name])}, "description": text}
                          for text, name in costs],
            "billingAddress": place, "shippingAddresses": [place],
        },
        "details": {"lineItems": lines},
    }  # fmt: skip


def _place(address: Record) -> Record:
    names = {
        "city": "city", "state": "state", "country": "country", "street1": "street_1", "street2": "street_2",
        "zipCode": "zip", "lastName": "last_name", "firstName": "first_name",
    }  # fmt: skip
    return {name: address.get(held, "") for name, held in names.items()} | {"customFields": {}}


def held(call: Call) -> Record:
    """The B2B order of the BigCommerce order that the path names."""
    index(call)
    found = call.store.table("b2b_order").having("bcOrderId", call.path["id"])
    if not found:
        raise errors.plain(404, "Order Does Not Exist.")
    return found[0]


def _twins(call: Call) -> list[Record]:
    return list(call.store.table("b2b_order").rows())


def _shown(call: Call, twin: Record) -> Record:
    order = call.store.get("order", twin["bcOrderId"]) or {}
    found = call.store.table("invoice").having("orderNumber", str(twin["bcOrderId"]))
    invoice = found[0] if found else {}
    modified = moment_of(order["date_modified"])
    changed = max(twin["updatedAt"], epoch(modified) if modified else 0)
    total, code = Decimal(order["total_inc_tax"]).quantize(Decimal("0.01")), order["default_currency_code"]
    return {
        "id": twin["id"], "bcOrderId": twin["bcOrderId"], "totalIncTax": total, "poNumber": twin["poNumber"],
        "status": STATUSES[order["status_id"]], "customStatus": order["status"], "cartId": order["cart_id"],
        "items": order["items_total"], "usdIncTax": total, "companyId": twin["companyId"], "currencyCode": code,
        "money": [{**_MONEY, "decimalPlaces": call.store.currencies.get(code, 2)}], "statusCode": order["status_id"],
        "isArchived": order["is_deleted"], "channelId": order["channel_id"], "channelName": "Channel 1",
        "extraFields": twin["extraFields"], "createdAt": twin["createdAt"], "updatedAt": changed,
        "isInvoiceOrder": twin["isInvoiceOrder"], "invoiceId": invoice.get("id"),
        "invoiceNumber": invoice.get("invoiceNumber"), "invoiceStatus": invoice.get("status"),
    }  # fmt: skip


def _listed(row: Record, with_extra: bool) -> Record:
    hidden = {"isInvoiceOrder", "invoiceId", "invoiceNumber", "invoiceStatus"}
    shown = {key: value for key, value in row.items() if key not in hidden | {"extraFields"}}
    return {**shown, **dict.fromkeys(_LEGACY), "extraFields": row["extraFields"]} if with_extra else shown
