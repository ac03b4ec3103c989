"""Orders of the BigCommerce stand-in: the core's V2 and V3, B2B Edition's twins of them, webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from contract import test_sandbox_bigcommerce_caller as helpers
from contract.test_sandbox_bigcommerce_caller import BIRCH, IPL, PLAIN, Caller

running, bc = helpers.running, helpers.bc
HOOK = {"scope": "store/order/*", "destination": "https://erp.example/hook"}


def customer_of(bc: Caller, company: int) -> int:
    return int(next(row["customerId"] for row in bc.records("user") if row["companyId"] == company))


def new_order(bc: Caller, **fields: Any) -> int:
    line = {"name": "Pump", "sku": "P-1", "quantity": 2, "price_ex_tax": "10.00", "price_inc_tax": "11.00"}
    given = {"customer_id": customer_of(bc, IPL), "status_id": 11, "products": [line], **fields}
    return int(bc.insert("order", **given)["id"])


def b2b_id(bc: Caller, order: int) -> int:
    return int(next(row["id"] for row in bc.records("b2b_order") if row["bcOrderId"] == order))


# --- core ---------------------------------------------------------------------------------------


def test_amounts_are_texts_with_four_decimals_and_times_rfc_2822(bc: Caller) -> None:
    order = bc.core("GET", f"/v2/orders/{new_order(bc)}").json()
    assert (order["total_ex_tax"], order["total_inc_tax"], order["total_tax"]) == ("20.0000", "22.0000", "2.0000")
    assert order["date_created"].endswith("+0000") and order["status"] == "Awaiting Fulfillment"
    assert order["products"]["resource"] == f"/orders/{order['id']}/products"
    (line,) = bc.core("GET", f"/v2/orders/{order['id']}/products").json()
    assert (line["quantity"], line["price_tax"], line["discounted_total_inc_tax"]) == (2, "1.0000", "22.0000")
    assert "order_product_id" not in bc.core("GET", f"/v2/orders/{order['id']}/taxes").json()[0]
    (tax,) = bc.core("GET", f"/v2/orders/{order['id']}/taxes", details="true").json()
    assert (tax["order_product_id"], tax["line_item_type"], tax["line_amount"]) == ("1", "item", "2.0000")
    assert bc.core("GET", f"/v2/orders/{order['id']}/fees").json() == {"fees": []}


def test_v2_lists_end_without_a_body(bc: Caller) -> None:
    for path in ("/v2/orders/423/coupons", "/v2/orders/423/shipments", "/v2/orders/423/messages"):
        told = bc.core("GET", path)
        assert (told.status_code, told.content) == (204, b"")
    assert len(bc.core("GET", "/v2/orders", limit=4).json()) == 4
    assert bc.core("GET", "/v2/orders", limit=4, page=3).status_code == 204
    bc.set(empty_v2_list="empty")
    assert bc.core("GET", "/v2/orders", limit=4, page=3).json() == []


def test_filters_of_orders(bc: Caller) -> None:
    def ids(**query: Any) -> list[int]:
        told = bc.core("GET", "/v2/orders", **query)
        return [] if told.status_code == 204 else [row["id"] for row in told.json()]

    customer = customer_of(bc, IPL)
    assert ids(customer_id=customer) == [423, 424, 428] and ids(status_id=7) == [423]
    assert ids(min_id=426, max_id=427) == [426, 427] and ids(min_total=120) == [423, 426] and ids(max_total=20) == [424]
    assert ids(sort="id:desc")[0] == 428 and ids(email="customer0@example.com") == [425]
    late = new_order(bc, external_order_id="SO-1")
    assert ids(min_date_created="2026-06-01T00:00:00Z") == [late] == ids(external_order_id="SO-1")
    assert late not in ids(max_date_modified="Mon, 01 Jun 2026 00:00:00 +0000")
    assert ids(sort="date_modified:desc")[0] == late
    for wrong in ({"sort": "colour"}, {"limit": "0"}, {"min_date_created": "long ago"}):
        told = bc.core("GET", "/v2/orders", **wrong)
        assert told.status_code == 400 and isinstance(told.json(), list), wrong
    assert bc.core("GET", "/v2/orders/count").json()["count"] == 7


def test_orders_are_made_changed_and_archived(bc: Caller) -> None:
    body = {"products": [{"name": "Pump", "quantity": 1, "price_inc_tax": 5, "price_ex_tax": 5}], "customer_id": 1}
    made = bc.core("POST", "/v2/orders", body)
    assert made.status_code == 200 and made.json()["status_id"] == 1
    path = f"/v2/orders/{made.json()['id']}"
    changed = bc.core("PUT", path, {"status_id": 10, "external_order_id": "SO-9", "total_inc_tax": "99"}).json()
    assert (changed["status"], changed["external_order_id"], changed["total_inc_tax"]) == (
        "Completed",
        "SO-9",
        "5.0000",
    )
    assert bc.core("DELETE", path).status_code == 204
    assert bc.core("GET", path).json()["is_deleted"] is True
    assert made.json()["id"] not in [row["id"] for row in bc.core("GET", "/v2/orders").json()]
    assert [entry[1] for entry in bc.journal()] == ["create", "update", "delete"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v2/orders/999", None, 404), ("PUT", "/v2/orders/999", {}, 404),
        ("DELETE", "/v2/orders/999", None, 404),
        ("GET", "/v2/orders/423/dreams", None, 404), ("PUT", "/v2/orders/423", {"status_id": 99}, 400),
        ("PUT", "/v2/orders/423", [], 400), ("POST", "/v2/orders", {}, 400),
        ("POST", "/v2/orders", {"products": [{"name": "x"}], "customer_id": 999}, 400),
    ],
)  # fmt: skip
def test_v2_refusals_are_lists(bc: Caller, method: str, path: str, body: Any, status: int) -> None:
    told = bc.core(method, path, body)
    assert told.status_code == status and told.json()[0]["status"] == status and told.json()[0]["message"]


def test_v3_pages_and_refusals(bc: Caller) -> None:
    told = bc.core("GET", "/v3/customers", limit=3, page=2).json()
    page = told["meta"]["pagination"]
    links = page.pop("links")
    assert page == {"total": 17, "count": 3, "per_page": 3, "current_page": 2, "total_pages": 6}
    assert links == {"previous": "?page=1&limit=3", "current": "?page=2&limit=3", "next": "?page=3&limit=3"}
    told = bc.core("GET", "/v3/customers", limit=251)
    assert told.status_code == 422 and told.json()["errors"] == {"limit": "error.max"}
    assert bc.core("GET", "/v3/customers", **{"date_created:min": "soon"}).status_code == 422
    assert bc.core("GET", "/v3/orders/999/transactions").json()["status"] == 404


def test_customers(bc: Caller) -> None:
    def ids(**query: Any) -> list[int]:
        return [row["id"] for row in bc.core("GET", "/v3/customers", **query).json()["data"]]

    one = bc.core("GET", "/v3/customers").json()["data"][0]
    assert ids(**{"email:in": one["email"]}) == [one["id"]] == ids(**{"company:in": "IPL India"})
    assert ids(**{"name:like": "8102"}) == [2] and ids(**{"id:in": "2,3"}) == [2, 3]
    assert ids(**{"date_created:min": "2026-06-01T00:00:00Z"}) == []
    assert len(ids(**{"date_modified:max": "2026-06-01T00:00:00Z"})) == 17


def test_the_store_itself(bc: Caller) -> None:
    assert bc.core("GET", "/v2/store").json()["currency"] == "USD"
    assert [(row["currency_code"], row["decimal_places"]) for row in bc.core("GET", "/v2/currencies").json()] == [
        ("USD", 2), ("EUR", 2), ("JPY", 0),
    ]  # fmt: skip
    assert bc.core("GET", "/v2/order_statuses").json()[7]["name"] == "Awaiting Payment"
    assert bc.core("GET", "/v3/channels").json()["data"][0]["id"] == 1
    assert abs(bc.core("GET", "/v2/time").json()["time"] - bc.running.world.clock.now().timestamp()) < 5


def test_transactions_and_refunds(bc: Caller) -> None:
    assert bc.core("GET", "/v3/orders/423/transactions").status_code == 204
    assert bc.core("GET", "/v3/orders/428/transactions").json()["data"][0]["amount"] == 40
    bc.insert("refund", order_id=423, amount="100.00")
    (one,) = bc.core("GET", "/v3/orders/423/payment_actions/refunds").json()["data"]
    assert one["total_amount"] == 100 and one["items"][0]["item_type"] == "ORDER"
    assert bc.core("GET", "/v3/orders/payment_actions/refunds", **{"order_id:in": "423,9"}).json()["data"] == [one]
    assert bc.core("GET", "/v3/orders/payment_actions/refunds", **{"order_id:in": "9"}).json()["data"] == []
    assert bc.core("GET", "/v2/orders/423").json()["status"] == "Partially Refunded"
    assert [row["resource_id"] for row in bc.core("GET", "/v3/orders/metafields", key="orderType").json()["data"]] == [
        428
    ]


# --- B2B ----------------------------------------------------------------------------------------


def test_a_new_order_is_indexed_some_seconds_later(bc: Caller) -> None:
    order = new_order(bc)
    assert bc.refused("GET", f"/orders/{order}") == (404, {}, {"message": "Order Does Not Exist."})
    bc.wait(5)
    assert bc.call("GET", f"/orders/{order}").status_code == 200
    bc.set(index_lag_seconds=25)
    other = new_order(bc)
    bc.wait(24)
    assert bc.call("GET", f"/orders/{other}").status_code == 404
    bc.wait(1)
    assert bc.call("GET", f"/orders/{other}").status_code == 200


def test_one_order_comes_as_an_object_or_as_a_list(bc: Caller) -> None:
    assert isinstance(bc.get("/orders/423"), dict) and isinstance(bc.get("/orders/424"), list)
    bc.set(order_detail_data="object")
    assert bc.get("/orders/424")["bcOrderId"] == 424
    bc.set(order_detail_data="array")
    assert bc.get("/orders/423")[0]["bcOrderId"] == 423


def test_only_the_detail_tells_what_is_an_invoice_payment(bc: Caller) -> None:
    bc.set(order_detail_data="object")
    assert bc.get("/orders/428")["isInvoiceOrder"] == 1
    one = bc.get("/orders/426")
    assert (one["isInvoiceOrder"], one["invoiceId"], one["invoiceNumber"], one["invoiceStatus"]) == (
        0,
        31,
        "00000031",
        0,
    )
    assert bc.get("/orders/423")["invoiceId"] is None
    assert not {"isInvoiceOrder", "invoiceId", "extraFields"} & set(bc.get("/orders")[0])
    assert {"extraFields", "extraInt1", "extraText"} <= set(bc.get("/orders", showExtra="true")[0])


def test_filters_of_b2b_orders(bc: Caller) -> None:
    def ids(**query: Any) -> list[int]:
        return sorted(row["bcOrderId"] for row in bc.get("/orders", **query))

    assert ids(companyId=IPL) == [423, 424, 428] and ids(bcOrderId=425) == [425] and ids(companyId=0) == [425]
    assert len(ids(**{"channelIds[]": "1"})) == 6 and ids(**{"channelIds[]": "2"}) == []
    bc.wait(400 * 86400)
    assert ids() == [] and len(ids(minCreated=1)) == 6
    bc.core("PUT", "/v2/orders/423", {"status_id": 10})
    assert ids() == [423]


def test_products_have_no_prices(bc: Caller) -> None:
    (line,) = bc.get("/orders/423/products")
    assert (line["variantSku"], line["quantity"]) == ("AACOMPUT01", 1) and not any("rice" in name for name in line)
    assert bc.refused("GET", "/orders/999/products") == (404, {}, {"message": "The order does not exist."})


def test_b2b_data_is_attached_within_ten_seconds(bc: Caller) -> None:
    bc.set(index_lag_seconds=60)
    order = new_order(bc)
    body = {"bcOrderId": order, "customerId": customer_of(bc, IPL), "poNumber": "PO-9"}
    assert bc.done("POST", "/orders", body)["poNumber"] == "PO-9"
    assert bc.refused("POST", "/orders", body) == (400, {}, {"message": "The order already exists."})
    late = new_order(bc)
    bc.wait(11)
    assert bc.refused("POST", "/orders", {**body, "bcOrderId": late})[0] == 400
    bc.set(attach_seconds=30)
    assert bc.refused("POST", "/orders", {**body, "bcOrderId": late, "customerId": 99})[0] == 404
    assert bc.call("POST", "/orders", {**body, "bcOrderId": late}).status_code == 200
    assert bc.refused("POST", "/orders", {**body, "bcOrderId": 999})[0] == 404
    assert bc.refused("POST", "/orders", {})[0] == 422


def test_a_b2b_order_is_changed(bc: Caller) -> None:
    window = [{"fieldName": "Delivery Window", "fieldValue": "noon"}]
    (told,) = bc.done("PUT", "/orders/423", {"poNumber": "PO-1", "extraFields": window})
    assert (told["poNumber"], told["extraFields"]) == ("PO-1", window)
    bc.edit("order_extra_field", "Delivery Window", isRequired=True)
    assert bc.error("PUT", "/orders/423", {"extraFields": []}) == (422, "[Delivery Window] is a required extra field")
    assert bc.refused("PUT", "/orders/999", {})[0] == 404
    assert bc.get("/orders/extra-fields")[0]["labelName"] == "Delivery Window"


def test_older_orders_are_adopted(bc: Caller) -> None:
    order = new_order(bc, customer_id=77)
    bc.wait(5)
    bc.set(order_detail_data="object")
    assert bc.get(f"/orders/{order}")["companyId"] == 0
    user = bc.insert("user", companyId=BIRCH, adminEmail="new@birch.example")
    bc.edit("user", user["id"], customerId=77)
    assert (
        bc.done("PUT", "/customers/77/orders/b2b") == {"total": 1} and bc.get(f"/orders/{order}")["companyId"] == BIRCH
    )
    assert bc.done("PUT", "/customers/77/orders/b2b") == {"total": 0}
    assert bc.refused("PUT", "/customers/999/orders/b2b")[0] == 404


# --- invoices from orders -----------------------------------------------------------------------


def test_an_invoice_from_an_order_bears_the_stores_own_number(bc: Caller) -> None:
    following = max(row["id"] for row in bc.records("invoice")) + 1
    made = bc.done("POST", f"/ip/orders/{b2b_id(bc, 423)}/invoices")
    assert made == {"invoiceNumber": f"{following:08d}", "invoiceId": following}
    held = bc.invoice(following)
    assert (held["type"], held["source"], held["orderNumber"]) == ("Invoice on Shipment", 0, "423")
    assert held["purchaseOrderNumber"] == "PO-423" and held["originalBalance"]["value"] == "500.0000"
    costs = [line["description"] for line in held["details"]["header"]["costLines"]]
    assert costs == ["Subtotal", "Freight", "Sales Tax"]
    assert held["details"]["details"]["lineItems"][0]["sku"] == "AACOMPUT01"


@pytest.mark.parametrize(
    ("order", "words"),
    [(424, "The order cannot be invoiced"), (425, "The order cannot be invoiced"),
     (428, "The order cannot be invoiced"),
     (426, "The invoice exists for this order")],
)  # fmt: skip
def test_orders_that_get_no_invoice(bc: Caller, order: int, words: str) -> None:
    """Incomplete, a guest's, an invoice's payment, invoiced already."""
    assert bc.error("POST", f"/ip/orders/{b2b_id(bc, order)}/invoices") == (400, words)


def test_the_bigcommerce_id_is_not_the_b2b_id(bc: Caller) -> None:
    for ident in ("423", "none"):
        told = bc.refused("POST", f"/ip/orders/{ident}/invoices")
        assert told == (404, {"errMsg": "Order does not exist"}, {"message": "Not Found Error"})


@pytest.mark.parametrize(("offline", "rule"), [(True, "offline"), (False, "online")])
def test_the_store_may_invoice_by_itself(bc: Caller, offline: bool, rule: str) -> None:
    bc.edit("config", "1", payments={f"{rule}PaymentAutomaticInvoiceGeneration": 1})
    order = new_order(bc, offline=offline)
    other, guest = new_order(bc, offline=not offline), new_order(bc, offline=offline, customer_id=0)
    bc.wait(5)
    bc.get("/orders")
    taken = {row["orderNumber"] for row in bc.records("invoice")}
    assert str(order) in taken and not {str(other), str(guest)} & taken
    told = bc.error("POST", "/ip/invoices", helpers.invoice(orderNumber=str(order)))
    assert told == (400, "The invoice exists for this order")


# --- webhooks -----------------------------------------------------------------------------------


def test_hooks_belong_to_an_api_account(bc: Caller) -> None:
    made = bc.core("POST", "/v3/hooks", HOOK).json()["data"]
    assert (made["client_id"], made["is_active"], made["store_hash"]) == ("client-harbor", True, bc.store)
    assert bc.core("GET", f"/v3/hooks/{made['id']}").json()["data"] == made
    changed = bc.core("PUT", f"/v3/hooks/{made['id']}", {"is_active": False}).json()["data"]
    assert changed["is_active"] is False and bc.core("GET", "/v3/hooks", is_active="true").json()["data"] == []
    assert len(bc.core("GET", "/v3/hooks", scope=HOOK["scope"], destination=HOOK["destination"]).json()["data"]) == 1
    bc.headers["X-Auth-Token"] = bc.mine["other_tokens"][0]["access_token"]
    assert bc.core("GET", "/v3/hooks").json()["data"] == []
    assert bc.core("DELETE", f"/v3/hooks/{made['id']}").json()["status"] == 404
    bc.headers["X-Auth-Token"] = bc.mine["access_token"]
    assert bc.core("DELETE", f"/v3/hooks/{made['id']}").json()["data"]["id"] == made["id"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"scope": "store/invoice/created"}, "scope"), ({"scope": "store/payment/*"}, "scope"),
        ({"scope": ""}, "scope"),
        ({"destination": "http://erp.example/"}, "destination"), ({"destination": ""}, "destination"),
        ({"destination": "https://erp.example:8443/"}, "destination"),
        ({"destination": "https://erp.example:port/"}, "destination"),
    ],
)  # fmt: skip
def test_hooks_that_cannot_be(bc: Caller, fields: Any, wrong: str) -> None:
    told = bc.core("POST", "/v3/hooks", {**HOOK, **fields})
    assert told.status_code == 422 and list(told.json()["errors"]) == [wrong]


def test_how_many_hooks_there_may_be(bc: Caller) -> None:
    assert bc.core("POST", "/v3/hooks", []).json()["title"] == "Input is invalid."
    made = [bc.core("POST", "/v3/hooks", {**HOOK, "destination": f"https://erp.example/{n}"}) for n in range(11)]
    assert [one.status_code for one in made] == [200] * 10 + [422]
    other = {**HOOK, "scope": "store/company/created"}
    assert [bc.core("POST", "/v3/hooks", other).status_code for _ in range(2)] == [200, 422]


class Receiver:
    """Takes stubs; answers as told."""

    def __init__(self, bc: Caller, *scopes: str) -> None:
        self.vendor, self.status = bc.vendor, 200
        self.got: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        for scope in scopes:
            body = {"scope": scope, "destination": f"https://erp.example/{scope}", "headers": {"X-Own": "secret"}}
            assert bc.core("POST", "/v3/hooks", body).status_code == 200
        bc.wait(60)

    def send(self, url: str, headers: dict[str, str], body: str) -> int:
        self.got.append((url, headers, json.loads(body)))
        self.body = body
        return self.status

    def take(self) -> list[dict[str, Any]]:
        self.vendor.deliver_hooks(self.send)
        taken, self.got = [body for _, _, body in self.got], []
        return taken


def test_stubs_go_out_and_are_signed(bc: Caller) -> None:
    receiver = Receiver(bc, "store/order/*")
    bc.core("PUT", "/v2/orders/423", {"status_id": 9})
    bc.vendor.deliver_hooks(receiver.send)
    (_, headers, updated), (_, _, stub) = receiver.got
    assert updated["scope"] == "store/order/updated" and stub["scope"] == "store/order/statusUpdated"
    states = {"new_status_id": 9, "previous_status_id": 7}
    assert stub["data"] == {"type": "order", "id": 423, "status": states} and stub["producer"] == f"stores/{bc.store}"
    content = {name: value for name, value in stub.items() if name != "hash"}
    assert stub["hash"] == hashlib.sha1(json.dumps(content, separators=(",", ":")).encode()).hexdigest()  # noqa: S324
    assert headers["X-Own"] == "secret" and headers["webhook-signature"].startswith("v1,")
    _, headers, _ = receiver.got[1]
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{receiver.body}".encode()
    digest = hmac.new(bc.mine["client_secret"].encode(), text, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert receiver.vendor.deliver_hooks(receiver.send) == 0


def test_what_is_told_and_what_is_not(bc: Caller) -> None:
    receiver = Receiver(bc, "store/order/created", "store/order/archived", "store/company/created",
                        "store/company/statusUpdated", "store/company/updated", "store/company/deleted",
                        "store/order/refund/created")  # fmt: skip
    ident = bc.made()
    bc.paid(ident, "1.00")
    assert receiver.take() == []
    order = new_order(bc, status_id=0)
    bc.insert("refund", order_id=order, amount="1")
    bc.core("DELETE", f"/v2/orders/{order}")
    bc.done("PUT", f"/companies/{BIRCH}", {"companyPhone": "1"})
    bc.done("PUT", f"/companies/{BIRCH}/status", {"companyStatus": 3})
    bc.done("DELETE", f"/companies/{BIRCH}")
    from contract.test_sandbox_bigcommerce_companies import company, many

    bc.done("POST", "/companies/bulk", many(2))
    bc.done("POST", "/companies", company())
    assert [stub["scope"].removeprefix("store/") for stub in receiver.take()] == [
        "order/created", "order/refund/created", "order/archived", "company/updated", "company/statusUpdated",
        "company/deleted", "company/created",
    ]  # fmt: skip


def test_a_hook_takes_a_minute_to_start_and_stops_when_it_is_gone(bc: Caller) -> None:
    bc.set(hook_delay_seconds=60)
    made = bc.core("POST", "/v3/hooks", HOOK).json()["data"]
    new_order(bc)
    assert bc.records("delivery") == []
    bc.set(hook_delay_seconds=0)
    new_order(bc)
    assert len(bc.records("delivery")) == 1
    bc.core("DELETE", f"/v3/hooks/{made['id']}")
    assert Receiver(bc).take() == [] and bc.records("delivery")[0]["state"] == "dropped"


def test_copies_and_order_of_stubs(bc: Caller) -> None:
    receiver = Receiver(bc, "store/order/created")
    bc.set(hook_copies=2, hook_reversed=True)
    first, second = new_order(bc), new_order(bc)
    taken = receiver.take()
    assert [stub["data"]["id"] for stub in taken] == [second, second, first, first]
    assert taken[0]["hash"] == taken[1]["hash"] != taken[2]["hash"]


def test_the_ladder_of_tries_and_its_end(bc: Caller) -> None:
    receiver = Receiver(bc, "store/order/created")
    receiver.status = 500
    new_order(bc)
    waits = [0, 60, 180, 300, 600, 900, 1800, 3600, 7200, 21600, 50400, 86400]
    for place, seconds in enumerate(waits):
        if seconds:
            bc.wait(seconds - 10)
            assert receiver.take() == [], place
            bc.wait(10)
        assert len(receiver.take()) == 1, place
    assert bc.records("delivery")[0]["state"] == "given up"
    assert bc.core("GET", "/v3/hooks").json()["data"][0]["is_active"] is False
    new_order(bc)
    assert len(bc.records("delivery")) == 1


def test_a_store_without_b2b_still_has_orders(bc: Caller) -> None:
    plain = Caller(bc.running, PLAIN)
    assert plain.core("GET", "/v2/orders").status_code == 204
    plain.insert("order", products=[{"name": "Cup", "price_ex_tax": "3"}])
    assert plain.core("GET", "/v2/orders").json()[0]["total_inc_tax"] == "3.0000"
