"""Other people's client library, easy-acumatica, its code untouched, against the sandboxed Acumatica.

https://pypi.org/project/easy-acumatica/. It reads the list of endpoints and swagger.json and builds its methods from
them. It works with floats, so its answers are compared as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contract import test_sandbox_acumatica_caller as helpers
from contract.test_sandbox_acumatica_caller import FIRST, SECOND, Caller

pytest.importorskip("easy_acumatica")
running, acu = helpers.running, helpers.acu
Connect = Callable[..., Any]


@pytest.fixture
def connect(acu: Caller, tmp_path: Path) -> Iterator[Connect]:
    """Makes clients; the plain caller's own seat is given back first."""
    from easy_acumatica import AcumaticaClient

    acu.logout()
    made: list[Any] = []

    def one(tenant: str = FIRST, base_url: str = "", **more: Any) -> Any:
        user = next(each for each in acu.about["users"] if each["name"] == "sync")
        password = user["password"] if tenant == FIRST else "stonebridge-sync-1"
        given = {"rate_limit_calls_per_second": 10_000.0, "cache_dir": tmp_path, "endpoint_version": "24.200.001"}
        client = AcumaticaClient(base_url=base_url or acu.site, username="sync", password=password, tenant=tenant,
                                 **{**given, **more})  # fmt: skip
        made.append(client)
        return client

    yield one
    for client in made:
        client.close()


@pytest.fixture
def client(connect: Connect) -> Any:
    return connect()


def value(record: Any, name: str) -> Any:
    return record[name].get("value")


def test_it_signs_in_and_finds_endpoint_models_and_methods(acu: Caller, client: Any) -> None:
    assert client.endpoints["Default"]["version"] == "25.200.001"
    assert {"SalesInvoice", "Invoice", "Payment", "SalesOrder", "Shipment", "Customer"} <= set(client.list_services())
    assert "SalesInvoice" in client.list_models()
    assert client.sales_invoice.get_signature("get_list").startswith("sales_invoice.get_list(")
    assert len(acu.state("GET", "sessions")["records"]) == 1
    client.close()
    assert acu.state("GET", "sessions")["records"] == []


def test_it_is_refused_like_everybody(acu: Caller, connect: Connect) -> None:
    from easy_acumatica import AcumaticaAuthError

    with pytest.raises(AcumaticaAuthError, match="500"):
        connect(base_url=acu.site, tenant="Nowhere")
    acu.settings(session_limit=1)
    connect()
    with pytest.raises(AcumaticaAuthError, match="500"):
        connect(SECOND)


def test_lists_with_its_filters(client: Any) -> None:
    from easy_acumatica.odata import F, QueryOptions

    options = QueryOptions(filter=(F.Status == "Open") & (F.Balance < 4), select=["ReferenceNbr", "Balance"], top=5)
    (one,) = client.sales_invoice.get_list(options=options)
    assert (value(one, "ReferenceNbr"), value(one, "Balance")) == ("AR0000160", 3.75)
    soon = datetime.now(UTC) + timedelta(days=1)
    nobody = QueryOptions(filter=F.LastModifiedDateTime > soon)
    assert client.sales_invoice.get_list(options=nobody) == []
    held = QueryOptions(filter=F.Hold == True)  # noqa: E712
    assert [value(each, "ReferenceNbr") for each in client.sales_invoice.get_list(options=held)] == ["AR0000211"]
    mail = QueryOptions(filter=F.MainContact.Email == "ap@c00000288.example")
    assert len(client.customer.get_list(options=mail)) == 1
    some = QueryOptions(filter=F.Description.contains("Order: 423"))
    assert len(client.sales_invoice.get_list(options=some)) == 1


def test_records_by_keys_and_id(client: Any) -> None:
    from easy_acumatica import AcumaticaError
    from easy_acumatica.odata import CustomField, QueryOptions

    options = QueryOptions(expand=["Details", "ApplicationsInvoice"], custom=[CustomField.field("Document", "TermsID")])
    one = client.sales_invoice.get_by_keys(Type="Invoice", ReferenceNbr="AR0000160", options=options)
    assert value(one["Details"][0], "OrderNbr") == "SO0007845" and one["custom"] == {}
    assert value(client.sales_invoice.get_by_id(one["id"]), "ReferenceNbr") == "AR0000160"
    with pytest.raises(AcumaticaError, match="No entity satisfies the condition"):
        client.sales_invoice.get_by_keys(Type="Invoice", ReferenceNbr="AR9")
    assert value(client.customer.get_by_id("C00000287"), "CustomerName") == "Indigo Peak Living"


def test_records_are_saved_with_its_models(client: Any) -> None:
    from easy_acumatica import models
    from easy_acumatica.odata import QueryOptions

    made = client.customer.put_entity(models.Customer(CustomerName="From a library", CustomerClass="B2B"))
    number = value(made, "CustomerID")
    line = models.SalesOrderDetails(InventoryID="AABOOK01", OrderQty=2.0)
    order = client.sales_order.put_entity(
        models.SalesOrder(CustomerID=number, OrderType="SO", Details=[line]), options=QueryOptions(expand=["Details"])
    )
    assert (value(order, "OrderTotal"), value(order["Details"][0], "OrderQty")) == (40.0, 2.0)
    assert client.sales_order.delete_by_keys(OrderType="SO", OrderNbr=value(order, "OrderNbr")) is None


def test_field_errors_reach_its_exceptions(client: Any) -> None:
    from easy_acumatica import AcumaticaBusinessRuleError

    with pytest.raises(AcumaticaBusinessRuleError, match="raised at least one error"):
        client.sales_order.put_entity({"CustomerID": {"value": "NOPE"}})


def test_the_chain_by_its_actions(acu: Caller, client: Any) -> None:
    """It does not poll; with operations done at once it need not."""
    from easy_acumatica import models
    from easy_acumatica.odata import QueryOptions

    order = models.SalesOrder(OrderType="SO", OrderNbr="SO0007850")
    # its own code wraps each parameter, so they are given bare
    press = models.SalesOrderCreateShipment(entity=order, parameters={"WarehouseID": "WHOLESALE"})
    client.sales_order.invoke_action_sales_order_create_shipment(press)
    held = client.sales_order.get_by_keys(
        OrderType="SO", OrderNbr="SO0007850", options=QueryOptions(expand=["Shipments"])
    )
    shipment = models.Shipment(ShipmentNbr=value(held["Shipments"][0], "ShipmentNbr"))
    client.shipment.invoke_action_confirm_shipment(models.ConfirmShipment(entity=shipment))
    client.shipment.invoke_action_prepare_invoice(models.PrepareInvoice(entity=shipment))
    number = [key for entity, _, key, outcome in acu.journal() if (entity, outcome) == ("SalesInvoice", "created")][0]
    document = models.SalesInvoice(Type="Invoice", ReferenceNbr=number, Hold=False)
    client.sales_invoice.put_entity(document)
    client.sales_invoice.invoke_action_release_sales_invoice(models.ReleaseSalesInvoice(entity=document))
    assert value(client.sales_invoice.get_by_keys(Type="Invoice", ReferenceNbr=number), "Status") == "Open"


def test_a_refused_action(client: Any) -> None:
    from easy_acumatica import AcumaticaError, models

    document = models.SalesInvoice(Type="Invoice", ReferenceNbr="AR0000211")
    with pytest.raises(AcumaticaError, match="Operation failed"):
        client.sales_invoice.invoke_action_release_sales_invoice(models.ReleaseSalesInvoice(entity=document))


def test_files(acu: Caller, connect: Connect) -> None:
    """It puts the link behind its base URL, so it needs a site without a folder."""
    client = connect(base_url=acu.site.removesuffix("/AcumaticaERP"))
    client.stock_item.put_file("AABOOK01", "notes.txt", b"hello", comment="from a library")
    (link,) = client.stock_item.get_files("AABOOK01")
    assert (link["filename"], link["comment"]) == ("notes.txt", "from a library")


def test_schemas_and_generic_inquiries(acu: Caller, client: Any) -> None:
    from easy_acumatica import AcumaticaError
    from easy_acumatica.odata import QueryOptions

    assert client.sales_invoice.get_ad_hoc_schema()["Balance"] == {}
    rows = client.inquiries.B2B_Invoices(options=QueryOptions(top=3))["value"]
    assert len(rows) == 3 and "Balance" in rows[0]
    with pytest.raises(AcumaticaError, match="Expose via OData|not exposed"):
        client.inquiries.Internal_Margins()


def test_a_lost_session_is_renewed_once(acu: Caller, client: Any) -> None:
    acu.mishap("expired_token", scope="read")
    assert client.customer.get_by_id("C00000287")["id"]


def test_without_a_kept_session_every_call_gives_its_seat_back(acu: Caller, connect: Connect) -> None:
    client = connect(persistent_login=False)
    assert client.customer.get_by_id("C00000287")["id"]
    assert acu.state("GET", "sessions")["records"] == []


def test_its_batches_take_a_seat_a_worker_and_run_into_the_limit(acu: Caller, client: Any) -> None:
    from easy_acumatica import BatchCall

    acu.settings(session_limit=9)
    numbers = ("C00000287", "C00000288", "C00000289")
    found = BatchCall(*(client.customer.get_by_id.batch(one) for one in numbers), max_concurrent=3).execute()
    assert [value(one, "CustomerID") for one in found] == list(numbers)
    acu.settings(session_limit=1)
    refused = BatchCall(client.customer.get_by_id.batch("C00000287"), max_concurrent=1).execute()
    assert "500" in str(refused[0])


def test_two_tenants_at_once(acu: Caller, connect: Connect) -> None:
    names = [value(connect(tenant).customer.get_by_id("C00000287"), "CustomerName") for tenant in (FIRST, SECOND)]
    assert names == ["Indigo Peak Living", "Cactus Cafe"]
