"""The seeded stores. ERP customer ids fit the other vendors' data; the awkward cases are on purpose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sandbox.bigcommerce import b2b_orders, buyers, core_orders, extras, portal
from sandbox.bigcommerce.call import Call
from sandbox.bigcommerce.invoice_view import shown_details
from sandbox.bigcommerce.operator import new_company
from sandbox.bigcommerce.store import Store
from sandbox.bigcommerce.tokens import CORE_ONLY, FULL, Token, TokenDesk
from sandbox.bigcommerce.wire import Record

HARBOR, MISTRAL, PLAIN = "hw7kq2x9ab", "mt4zr8c1de", "pl0nb2b5fg"
MADE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ERP_ID, TAX_ID = "ERP Customer ID", "Tax ID"
NO_SCOPE_TOKEN, READ_ONLY_TOKEN = "harbor-token-without-b2b", "harbor-token-that-only-reads"
_STAFF_PASSWORD = "demo-pass"
# id, name, ERP customer id, tax id, status
_HARBOR_BUYERS = (
    (8101, "IPL India", "C00000287", "27AAACI1234F1Z5", 1),
    (8102, "Birchwood Joinery", "C00000301", "US-301-77", 1),
    # two buyers for one ERP customer
    (8103, "Cobalt Fittings", "C00000310", "US-310-01", 1),
    (8104, "Cobalt Fittings (old account)", "C00000310", "", 1),
    # no ERP id, found by tax id only
    (8105, "Tin & Timber", "", "US-315-09", 1),
    (8106, "Dormant Mills", "C00000320", "", 3),
    (8107, "Newcomer Ltd", "C00000321", "", 0),
    # the ERP id of another one is a part of this one's
    (8108, "Ink Paper Labels", "C000002870", "", 1),
    (8111, "Amber Lane Dental", "C00000288", "", 1),
    (8112, "Birch & Sons Plumbing", "C00000289", "", 1),
    (8113, "O'Malley's Garden Supply", "C00000290", "", 1),
    # nobody has put the ERP's number on it yet
    (8114, "Cedar Valley Clinic", "", "", 1),
    (8115, "Kaffee Lindner", "C00000292", "", 1),
    (8116, "Sakura Stationery", "C00000293", "", 1),
    (8117, "Dar Al Noor Trading", "C00000294", "", 1),
    (8118, "Nobody in Particular", "C00000298", "", 1),
    (8119, "Slash and Space Supplies", "C 100/7", "", 1),
)
_MISTRAL_BUYERS = (
    # the same ERP id as in the other tenant, and another firm
    (9201, "Lumen Sud", "C00000287", "FR40303265045", 1),
    (9202, "Atelier Cyan", "C00000402", "FR83404833048", 1),
)
CallFor = Callable[[Store, datetime], Call]


def stores() -> list[Store]:
    """Two stores with B2B Edition and one without; empty yet."""
    harbor = Store(HARBOR, "Harbor Wholesale", currencies={"USD": 2, "EUR": 2, "JPY": 0})
    mistral = Store(MISTRAL, "Mistral Trade", multi_storefront=True, currencies={"EUR": 2, "USD": 2})
    plain = Store(PLAIN, "Plain Retail", has_b2b=False)
    for store in (harbor, mistral, plain):
        store.portal = portal.defaults()
        store.staff = [
            (f"owner@{store.hash}.example", _STAFF_PASSWORD, "Store Owner"),
            (f"custom@{store.hash}.example", _STAFF_PASSWORD, "Custom"),
        ]
    return [harbor, mistral, plain]


def tokens(desk: TokenDesk) -> None:
    """One full token for each store; in the first also one without the B2B scope and one that only reads."""
    for store, word in ((HARBOR, "harbor"), (MISTRAL, "mistral"), (PLAIN, "plain")):
        scopes = set(CORE_ONLY if store == PLAIN else FULL)
        desk.add(Token(f"{word}-token", store, client_id=f"client-{word}", scopes=scopes))
    desk.add(Token(NO_SCOPE_TOKEN, HARBOR, name="No B2B", client_id="client-core", scopes=set(CORE_ONLY)))
    read_only = {"store_v2_orders_read_only", "store_v2_customers_read_only"}
    desk.add(Token(READ_ONLY_TOKEN, HARBOR, name="Reads", client_id="client-reads", scopes=read_only))


def fill(made: dict[str, Store], call_for: CallFor) -> None:
    """Buyers, orders, invoices and payments of the seeded stores."""
    for store_hash, rows in ((HARBOR, _HARBOR_BUYERS), (MISTRAL, _MISTRAL_BUYERS)):
        store = made[store_hash]
        _fields(store)
        for ident, name, erp, tax, status in rows:
            named = {key: value for key, value in ((ERP_ID, erp), (TAX_ID, tax)) if value}
            given = {"id": ident, "companyName": name, "extraFields": named, "companyStatus": status}
            new_company(call_for(store, MADE), given)
    _harbor(made[HARBOR], call_for)
    _mistral(made[MISTRAL], call_for)


def _fields(store: Store) -> None:
    store.configs["company"] = [
        extras.config(1, ERP_ID, maximumLength="30"),
        extras.config(2, TAX_ID, maximumLength="40"),
        extras.config(3, "Credit Group", extras.CHOICE, listOfValue=["A", "B", "C"]),
    ]
    store.configs["invoice"] = [
        extras.config(1, "ERP Branch", maximumLength="50"),
        extras.config(2, "Store Order", maximumLength="50"),
        extras.config(3, "Lot and Serial", extras.LINES, numberOfRows="5"),
        extras.config(4, "Weight", extras.NUMBER, maximumValue="99999"),
        extras.config(5, "Document Kind", extras.CHOICE, listOfValue=["Invoice", "Debit Memo", "Credit Memo"]),
    ]
    store.configs["order"] = [extras.config(1, "Delivery Window", maximumLength="30")]


def _harbor(store: Store, call_for: CallFor) -> None:
    """Order 423 waits for its invoice; 424 is incomplete, 425 a guest's, 426 has an invoice with the store's number."""
    store.table("order").last = 422
    call = call_for(store, MADE + timedelta(days=30))
    user = {each["companyId"]: each["customerId"] for each in store.table("user").rows()}
    for customer, status, price in ((user[8101], 7, "500.00"), (user[8101], 0, "20.00"), (0, 11, "35.00"),
                                    (user[8102], 11, "120.00"), (user[8103], 11, "80.00")):  # fmt: skip
        order = core_orders.add(call, _order(customer, status, price))
        b2b_orders.add(call, order, po=f"PO-{order['id']}" if customer else "")
    store.table("invoice").last = 30
    for number in (426, 427):
        b2b_orders.make_invoice(call, store.table("b2b_order").having("bcOrderId", number)[0])
    # a stranger's invoice under a number that the ERP will want
    invoice(call, "AR0000163", 8102, "75.00", externalId="elsewhere-1")
    invoice(call, "AR0000120", 8101, "240.00", type="Invoice", source=1, externalId="AR0000120")
    paid = store.table("invoice").having("invoiceNumber", "AR0000120")[0]
    buyers.pay(call, {"invoiceId": paid["id"], "amount": "40.00"})


def _mistral(store: Store, call_for: CallFor) -> None:
    store.table("order").last = 700
    store.table("invoice").last = 11
    call = call_for(store, MADE + timedelta(days=30))
    user = {each["companyId"]: each["customerId"] for each in store.table("user").rows()}
    order = core_orders.add(call, _order(user[9201], 11, "90.00"))
    b2b_orders.add(call, order)
    invoice(call, "AR0000120", 9202, "31.00", code="EUR")


def _order(customer: int, status: int, price: str) -> Record:
    line = {"name": "Computer", "sku": "AACOMPUT01", "product_id": 77, "quantity": 1, "price_ex_tax": price}
    place = {"first_name": "Ada", "last_name": "Buyer", "street_1": "1 Dock Road", "city": "Boston",
             "state": "Massachusetts", "zip": "02108", "country": "United States", "country_iso2": "US",
             "email": f"customer{customer}@example.com"}  # fmt: skip
    return {"customer_id": customer, "status_id": status, "products": [line], "billing_address": place}


def invoice(call: Call, number: str, company: int, amount: str, code: str = "USD", **fields: object) -> Record:
    """A plain invoice, all of it open, with one line; nothing is checked."""
    held = call.store.get("company", company) or {}
    whole = {"code": code, "value": Decimal(amount)}
    line = {
        "sku": "AACOMPUT01", "type": "physical", "comments": "", "quantity": "1", "unitPrice": dict(whole),
        "description": "Computer", "unitDiscount": {"code": code, "value": Decimal(0)}, "customFields": {},
    }  # fmt: skip
    cost = {"amount": dict(whole), "description": "Subtotal"}
    given = {"header": {"costLines": [cost]}, "details": {"lineItems": [line]}}
    return call.store.table("invoice").add({
        "invoiceNumber": number, "customerId": str(company), "externalId": "", "externalCustomerId": "",
        "type": "Invoice", "dueDate": call.moment + 30 * 86400, "status": 0, "orderNumber": "",
        "purchaseOrderNumber": "", "originalBalance": whole, "openBalance": dict(whole), "source": 0,
        "customerName": held.get("companyName", ""), "createdAt": call.moment, "updatedAt": call.moment,
        "channelId": "1", "channelName": "Channel 1", "externalPdfUrl": "", "termsConditions": "",
        "extraFields": [], "details": shown_details(given, call.moment), **fields,
    })  # fmt: skip
