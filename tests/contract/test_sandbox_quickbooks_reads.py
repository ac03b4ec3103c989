"""Queries, change data capture and batches of the QuickBooks stand-in."""

from __future__ import annotations

import gzip
from datetime import timedelta
from decimal import Decimal

import pytest
import requests

from contract import test_sandbox_quickbooks_caller as helpers
from contract.test_sandbox_quickbooks_caller import EAST, NORTH, WEST, Body, Caller, codes, invoice, line
from sandbox.misfortune import Mishap

running, qb = helpers.running, helpers.qb
# what may stand in WHERE, beside Id and the time stamps
FILTERABLE = {
    "Customer": "DisplayName GivenName MiddleName FamilyName CompanyName FullyQualifiedName PrintOnCheckName "
                "PrimaryEmailAddr Active Balance Job ParentRef",
    "Vendor": "DisplayName GivenName FamilyName CompanyName PrintOnCheckName PrimaryEmailAddr Active Balance",
    "Employee": "DisplayName GivenName FamilyName PrintOnCheckName PrimaryEmailAddr Active",
    "Item": "Name Sku FullyQualifiedName Type Active ParentRef",
    "Account": "Name FullyQualifiedName AccountType AccountSubType Classification AcctNum Active CurrentBalance",
    "Term": "Name Active", "TaxCode": "Name Active Taxable", "TaxRate": "Name Active", "TaxAgency": "DisplayName",
    "Class": "Name FullyQualifiedName Active", "Department": "Name FullyQualifiedName Active",
    "PaymentMethod": "Name Active Type", "CompanyCurrency": "Code Name Active",
    "Invoice": "DocNumber TxnDate DueDate CustomerRef SalesTermRef Balance TotalAmt",
    "CreditMemo": "DocNumber TxnDate CustomerRef SalesTermRef Balance TotalAmt",
    "Payment": "TxnDate CustomerRef TotalAmt",
}  # fmt: skip
_VALUES = {"Active": "true", "Job": "false", "Taxable": "true", "Balance": "1", "TotalAmt": "1", "CurrentBalance": "1"}
NOT_FILTERABLE = {
    "Customer": "Notes", "Vendor": "AcctNum", "Employee": "SSN", "Item": "Description", "Account": "Description",
    "Term": "DueDays", "TaxCode": "Description", "TaxRate": "RateValue", "Class": "SubClass", "Invoice": "PrivateNote",
    "CreditMemo": "PrivateNote", "Payment": "PaymentRefNum", "CompanyCurrency": "CustomField",
}  # fmt: skip


@pytest.fixture
def north(qb: Caller) -> Caller:
    return Caller(qb.running, NORTH)


def fault(answer: requests.Response) -> Body:
    assert answer.status_code == 400, answer.text
    return dict(answer.json()["Fault"]["Error"][0])


# --- queries ------------------------------------------------------------------------------------


@pytest.mark.parametrize("entity", list(FILTERABLE))
def test_what_may_stand_in_where_and_orderby(qb: Caller, entity: str) -> None:
    for name in FILTERABLE[entity].split():
        value = _VALUES.get(name, "2026-01-01" if name in ("TxnDate", "DueDate") else "x")
        found = qb.query(f"select * from {entity} where {name} = '{value}' orderby {name} desc")
        assert found.keys() <= {entity, "startPosition", "maxResults"}, name
    stamps = "MetaData.CreateTime > '2020-01-01T00:00:00Z' and MetaData.LastUpdatedTime < '2040-01-01T00:00:00Z'"
    whole = qb.query(f"select count(*) from {entity} where {stamps}")["totalCount"]
    assert whole == qb.query(f"select count(*) from {entity}")["totalCount"]


@pytest.mark.parametrize("entity", list(NOT_FILTERABLE))
def test_what_may_not(qb: Caller, entity: str) -> None:
    name = NOT_FILTERABLE[entity]
    error = fault(qb.asked(f"select * from {entity} where {name} = 'x'"))
    assert (error["code"], error["Detail"]) == ("4001", f"QueryValidationError: property '{name}' is not queryable")
    assert fault(qb.asked(f"select * from {entity} orderby {name}"))["code"] == "4001"


def test_payments_have_no_document_number_to_ask_for(qb: Caller) -> None:
    error = fault(qb.asked("select * from Payment where DocNumber = '1'"))
    assert (error["code"], "DocNumber not found" in error["Detail"]) == ("4001", True)
    assert qb.query("select * from CreditMemo where DocNumber = '1'") == {}


def test_indexed_and_scanned_conditions_agree(qb: Caller) -> None:
    numbers = [f"Q-{n}" for n in range(12)]
    for number in numbers:
        qb.vendor.insert(EAST, "Invoice", invoice(DocNumber=number))
    some = "'q-3', ' Q-7 ', 'Q-99', '9001'"
    indexed = qb.query(f"select * from Invoice where DocNumber in ({some}) and TotalAmt > '1'")["Invoice"]
    scanned = qb.query("select * from Invoice where DocNumber like 'Q-%' and TotalAmt = '25.50' maxresults 1000")
    assert [row["DocNumber"] for row in indexed] == ["9001", "Q-3", "Q-7"]
    assert [row["DocNumber"] for row in scanned["Invoice"]] == numbers
    known = qb.records("Invoice")[-1]
    qb.made("invoice", {"Id": known["Id"], "SyncToken": "0", "sparse": True, "DocNumber": "Q-new"})
    assert qb.query("select * from Invoice where DocNumber = 'Q-11'") == {}
    assert qb.query("select * from Invoice where DocNumber = 'q-NEW'")["Invoice"][0]["Id"] == known["Id"]
    both = qb.query("select * from Invoice where Id in ('3001', '3003', '77') and DocNumber = '9003'")
    assert [row["Id"] for row in both["Invoice"]] == ["3003"]


def test_nothing_in_a_list_is_something_too(qb: Caller) -> None:
    bare = qb.made("invoice", invoice())["Id"]
    rows = qb.query("select * from Invoice where DocNumber in (' ', '9001')")["Invoice"]
    assert [row["Id"] for row in rows] == ["3001", bare]


@pytest.mark.parametrize("entity", ["Term", "Account", "Item", "Customer", "Vendor", "Employee", "Class"])
def test_lists_hide_what_is_inactive(qb: Caller, entity: str) -> None:
    key = "DisplayName" if entity in ("Customer", "Vendor", "Employee") else "Name"
    more = {"Term": {"DueDays": 1}, "Account": {"AccountType": "Income"},
            "Item": {"Type": "Service", "IncomeAccountRef": {"value": "79"}}}.get(entity, {})  # fmt: skip
    made = qb.made(entity.lower(), {key: "Gone soon", **more})
    qb.made(entity.lower(), {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    where = f"select * from {entity} where {key} = 'Gone soon (deleted)'"
    assert qb.query(where) == {}
    assert qb.query(f"{where} and Active in (true, false)")[entity][0]["Id"] == made["Id"]
    assert qb.query(f"{where} and Active = false")["maxResults"] == 1


def test_columns_may_be_named(qb: Caller) -> None:
    row = qb.query("select *, Sku from Item where Id = '2001'")["Item"][0]
    assert row["Sku"] == "P-100" and row["Name"] == "Hand trowel"
    (row,) = qb.query("select Id, TotalAmt, MetaData.CreateTime from Invoice where DocNumber = '9001'")["Invoice"]
    assert set(row) == {"Id", "TotalAmt", "MetaData", "domain", "sparse"}


def test_long_lists_can_be_limited(qb: Caller) -> None:
    values = ", ".join(f"'{n}'" for n in range(300))
    statement = f"select * from Invoice where DocNumber in ({values})"
    assert qb.post("query", statement).status_code == 200
    qb.set(in_list_limit=299)
    assert fault(qb.post("query", statement))["code"] == "4001"


def test_a_zero_position_is_refused_unless_leniency_is_asked_for(qb: Caller) -> None:
    statement = "select * from Customer startposition 0 maxresults 2"
    assert fault(qb.asked(statement))["Detail"].endswith("value 0 is too small. Min allowed value is 1")
    qb.set(lenient_start_position=True)
    assert qb.query(statement)["maxResults"] == 2


def test_statements_are_compressed_by_some_clients(qb: Caller) -> None:
    headers = {"Authorization": f"Bearer {qb.token}", "Accept": "application/json", "Content-Encoding": "gzip"}
    body = gzip.compress(b"select count(*) from Customer")
    answer = requests.post(f"{qb.url}/v3/company/{EAST}/query", data=body, headers=headers, timeout=5)
    assert answer.json()["QueryResponse"] == {"totalCount": 3}


def test_bodies_can_be_limited(qb: Caller) -> None:
    qb.set(largest_body_bytes=300)
    assert qb.post("invoice", invoice()).status_code == 200
    assert qb.post("invoice", invoice(PrivateNote="x" * 300)).status_code == 413
    assert len(qb.records("Invoice")) == 4


# --- change data capture ------------------------------------------------------------------------


def cdc(qb: Caller, entities: str, since: str) -> list[Body]:
    answer = qb.call("GET", "cdc", entities=entities, changedSince=since)
    assert answer.status_code == 200, answer.text
    (outer,) = helpers.loads(answer.text)["CDCResponse"]
    return list(outer["QueryResponse"])


def test_what_was_made_changed_put_away_or_deleted(qb: Caller) -> None:
    clock = qb.running.world.clock
    since = clock.now().isoformat(timespec="seconds")
    kept, gone = qb.made("invoice", invoice()), qb.made("invoice", invoice())
    qb.made("invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")
    qb.made("customer", {"Id": "1002", "SyncToken": "0", "sparse": True, "Active": False})
    invoices, customers, items = cdc(qb, "Invoice,customer,Item", since)
    assert [row["Id"] for row in invoices["Invoice"]] == [kept["Id"], gone["Id"]]
    assert invoices["Invoice"][0] == kept and (invoices["startPosition"], invoices["maxResults"]) == (1, 2)
    stub = invoices["Invoice"][1]
    assert stub == {"domain": "QBO", "status": "Deleted", "Id": gone["Id"], "MetaData": stub["MetaData"]}
    assert [row["Active"] for row in customers["Customer"]] == [False]
    assert items == {}
    clock.advance(5)
    assert cdc(qb, "Invoice", clock.now().isoformat()) == [{}]


def test_a_payment_is_a_change_of_its_invoice(qb: Caller) -> None:
    made = qb.made("invoice", invoice())
    qb.running.world.clock.advance(60)
    since = (qb.running.world.clock.now() - timedelta(seconds=5)).isoformat()
    paid = {"CustomerRef": {"value": "1001"}, "TotalAmt": 1,
            "Line": [{"Amount": 1, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}]}  # fmt: skip
    qb.made("payment", paid)
    (found,) = cdc(qb, "Invoice", since)
    assert [(row["Id"], row["Balance"]) for row in found["Invoice"]] == [(made["Id"], Decimal("24.50"))]


def test_thirty_days_back_and_no_more(qb: Caller) -> None:
    made, clock = qb.made("invoice", invoice()), qb.running.world.clock
    since = clock.now().isoformat(timespec="seconds")
    clock.advance(29 * 86400)
    qb.token = qb.sign_in().json()["access_token"]
    assert cdc(qb, "Invoice", since)[0]["Invoice"][0]["Id"] == made["Id"]
    clock.advance(2 * 86400)
    qb.token = qb.sign_in().json()["access_token"]
    assert cdc(qb, "Invoice", since) == [{}]
    qb.set(cdc_window="all")
    assert cdc(qb, "Invoice", since)[0]["maxResults"] == 1
    qb.set(cdc_window="refuse")
    assert "30 days" in fault(qb.call("GET", "cdc", entities="Invoice", changedSince=since))["Detail"]


def test_a_thousand_objects_over_all_entities(qb: Caller) -> None:
    since = qb.running.world.clock.now().isoformat(timespec="seconds")
    for number in range(990):
        qb.vendor.insert(EAST, "Class", {"Name": f"C{number}"})
    for number in range(20):
        qb.vendor.insert(EAST, "Term", {"Name": f"T{number}", "DueDays": number})
    classes, terms = cdc(qb, "Class,Term", since)
    assert (classes["maxResults"], terms["maxResults"]) == (990, 10)


def test_change_data_capture_refuses(qb: Caller) -> None:
    for entities in ("Wombat", "TaxCode", "Preferences"):
        error = fault(qb.call("GET", "cdc", entities=entities, changedSince="2026-11-01T00:00:00Z"))
        assert error["code"] == "4001" and entities in error["Detail"]
    bad = qb.call("GET", "cdc", entities="Invoice", changedSince="yesterday")
    assert fault(bad)["code"] == "4001"
    empty = qb.call("GET", "cdc").json()["Fault"]["Error"]
    assert [error["element"] for error in empty] == ["entities", "changedSince"]


# --- batches ------------------------------------------------------------------------------------


def test_a_batch_asks_for_changes_and_reports_nothing(qb: Caller) -> None:
    since = qb.running.world.clock.now().isoformat(timespec="seconds")
    made = qb.made("invoice", invoice())
    answers = qb.batch([
        {"bId": "c", "CDCQuery": {"Entities": "Invoice,Item", "ChangedSince": since}},
        {"bId": "bad", "CDCQuery": {"Entities": "Wombat", "ChangedSince": since}}, {"bId": "none", "CDCQuery": {}},
        {"bId": "r", "ReportQuery": "ProfitAndLoss"},
    ])  # fmt: skip
    (found,) = answers["c"]["CDCResponse"]
    assert [row.get("maxResults") for row in found["QueryResponse"]] == [1, None]
    assert found["QueryResponse"][0]["Invoice"][0]["Id"] == made["Id"]
    assert codes(answers["bad"]["Fault"]["Error"]) == ["4001"]
    assert codes(answers["none"]["Fault"]["Error"]) == ["2020", "2020"]
    assert codes(answers["r"]["Fault"]["Error"]) == ["500"]


def test_a_batch_answers_at_most_a_thousand_objects(qb: Caller) -> None:
    for number in range(700):
        qb.vendor.insert(EAST, "Class", {"Name": f"C{number}"})
    query = {"Query": "select * from Class maxresults 1000"}
    answers = qb.batch([{"bId": "a", **query}, {"bId": "b", **query}])
    assert [answers[b_id]["QueryResponse"]["maxResults"] for b_id in ("a", "b")] == [700, 300]


def test_one_item_reports_all_that_is_wrong_with_it(qb: Caller) -> None:
    body = {"DocNumber": "9001", "Line": []}
    answers = qb.batch([{"bId": "i", "operation": "create", "Invoice": body}])
    assert codes(answers["i"]["Fault"]["Error"]) == ["2020", "2020", "6140"]
    assert [error["element"] for error in answers["i"]["Fault"]["Error"]] == ["CustomerRef", "Line", ""]


@pytest.mark.parametrize("entity", ["CreditMemo", "Payment", "Customer", "Vendor", "Item", "Term", "Account", "Class"])
def test_every_entity_goes_into_a_batch(qb: Caller, entity: str) -> None:
    bodies: dict[str, Body] = {
        "CreditMemo": invoice(), "Payment": {"CustomerRef": {"value": "1001"}, "TotalAmt": 1},
        "Customer": {"DisplayName": "N"}, "Vendor": {"DisplayName": "N"}, "Term": {"Name": "N", "DueDays": 1},
        "Item": {"Name": "N", "Type": "Service", "IncomeAccountRef": {"value": "79"}},
        "Account": {"Name": "N", "AccountType": "Income"}, "Class": {"Name": "N"},
    }  # fmt: skip
    made = qb.batch([{"bId": "x", "operation": "create", entity: bodies[entity]}])["x"][entity]
    known = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    change = {"PrivateNote": "n"} if entity in ("CreditMemo", "Payment") else {"Active": False}
    answers = qb.batch([
        {"bId": "u", "operation": "update", entity: {**known, **change}},
        {"bId": "v", "operation": "update", entity: {**known, **change}},
    ])  # fmt: skip
    assert answers["u"][entity]["SyncToken"] == "1"
    stale = codes(answers["v"]["Fault"]["Error"])
    assert stale == ["5010"]


def test_a_payment_cannot_see_an_invoice_of_its_own_batch(qb: Caller) -> None:
    def pay(b_id: str, record_id: str) -> Body:
        lines = [{"Amount": 1, "LinkedTxn": [{"TxnId": record_id, "TxnType": "Invoice"}]}]
        return {"bId": b_id, "operation": "create",
                "Payment": {"CustomerRef": {"value": "1001"}, "TotalAmt": 1, "Line": lines}}  # fmt: skip

    answers = qb.batch([{"bId": "i", "operation": "create", "Invoice": invoice()}, pay("p", "3005")])
    assert answers["i"]["Invoice"]["Id"] == "3005" and codes(answers["p"]["Fault"]["Error"]) == ["610"]
    assert qb.batch([pay("p", "3005")])["p"]["Payment"]["UnappliedAmt"] == 0


def test_a_deleted_invoice_is_gone_for_the_rest_of_its_batch(qb: Caller) -> None:
    made = qb.made("invoice", invoice())["Id"]
    lines = [{"Amount": 1, "LinkedTxn": [{"TxnId": made, "TxnType": "Invoice"}]}]
    answers = qb.batch([
        {"bId": "d", "operation": "delete", "Invoice": {"Id": made, "SyncToken": "0"}},
        {"bId": "again", "operation": "delete", "Invoice": {"Id": made, "SyncToken": "0"}},
        {"bId": "p", "operation": "create",
         "Payment": {"CustomerRef": {"value": "1001"}, "TotalAmt": 1, "Line": lines}},
    ])  # fmt: skip
    assert answers["d"]["Invoice"]["status"] == "Deleted"
    assert codes(answers["again"]["Fault"]["Error"]) == ["610"] == codes(answers["p"]["Fault"]["Error"])


@pytest.mark.parametrize("operation", ["revert", "send", "merge", "dance"])
def test_operations_that_are_not_carried_out(qb: Caller, operation: str) -> None:
    item = {"bId": "x", "operation": operation, "Invoice": {"Id": "3002", "SyncToken": "0"}}
    assert codes(qb.batch([item])["x"]["Fault"]["Error"]) == ["500"]


def test_a_bid_used_twice(qb: Caller) -> None:
    items = [{"bId": "x", "operation": "create", "Invoice": invoice(DocNumber=f"D-{n}")} for n in range(2)]
    error = qb.error("batch", {"BatchItemRequest": items})
    assert (error["code"], error["element"]) == ("6000", "bId") and len(qb.records("Invoice")) == 3
    qb.set(duplicate_bids="run", shuffle_batch_answers=False)
    answers = qb.post("batch", {"BatchItemRequest": items}).json()["BatchItemResponse"]
    assert [each["Invoice"]["DocNumber"] for each in answers] == ["D-0", "D-1"]
    # under one requestid the second is the first sent again
    answers = qb.post("batch", {"BatchItemRequest": items}, requestid="r", include="x").json()["BatchItemResponse"]
    faults = [each["Fault"]["Error"][0]["code"] for each in answers]
    assert faults == ["6140", "6140"]


def test_a_limit_or_a_dead_token_may_meet_a_single_item(qb: Caller) -> None:
    add = qb.running.world.misfortune.add
    add(Mishap("quickbooks", "refuse", code="3001", message="ThrottleExceeded"))
    add(Mishap("quickbooks", "refuse", code="3200", message="AuthenticationFailed"))
    add(Mishap("quickbooks", "refuse", code="10000", message="An application error has occurred"))
    items = [{"bId": f"{n}", "operation": "create", "Invoice": invoice()} for n in range(4)]
    answers = qb.batch(items)
    kinds = {b_id: answer["Fault"]["type"] for b_id, answer in answers.items() if "Fault" in answer}
    assert kinds == {"0": "SERVICE", "1": "AUTHENTICATION", "2": "SystemFault"} and "Invoice" in answers["3"]


def test_a_system_fault_is_http_500(qb: Caller) -> None:
    qb.running.world.misfortune.add(Mishap("quickbooks", "refuse", code="10000", message="An application error"))
    answer = qb.post("invoice", invoice())
    assert (answer.status_code, answer.json()["Fault"]["type"]) == (500, "SystemFault")
    assert len(qb.records("Invoice")) == 3


@pytest.mark.parametrize(
    ("kind", "status", "kept"),
    [("server_error_before", 503, 0), ("server_error_after", 502, 2), ("html", 200, 2), ("throttled", 429, 0),
     ("expired_token", 401, 0)],
)  # fmt: skip
def test_misfortune_on_a_batch(qb: Caller, kind: str, status: int, kept: int) -> None:
    qb.running.world.misfortune.add(Mishap("quickbooks", kind))
    items = [{"bId": f"{n}", "operation": "create", "Invoice": invoice(Line=[line()])} for n in range(2)]
    answer = qb.post("batch", {"BatchItemRequest": items}, requestid="m")
    assert (answer.status_code, len(qb.records("Invoice")) - 3) == (status, kept)
    if kind in ("server_error_before", "server_error_after", "html"):
        assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("kind", "kept"), [("drop_before", 0), ("drop_after", 2), ("half_body", 2), ("commit_half", 1)]
)
def test_a_batch_whose_line_is_cut(qb: Caller, kind: str, kept: int) -> None:
    qb.running.world.misfortune.add(Mishap("quickbooks", kind))
    items = [{"bId": f"{n}", "operation": "create", "Invoice": invoice()} for n in range(2)]
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        qb.post("batch", {"BatchItemRequest": items}, requestid="m")
    assert len(qb.records("Invoice")) == 3 + kept
    assert len(qb.batch(items, requestid="m")) == 2 and len(qb.records("Invoice")) == 5


def test_what_is_answered_to_one_company_is_not_the_others(qb: Caller) -> None:
    west = Caller(qb.running, WEST)
    one, two = qb.made("invoice", invoice(), requestid="k"), west.made("invoice", invoice(), requestid="k")
    assert one["CustomerRef"]["name"] != two["CustomerRef"]["name"] and len(west.records("Invoice")) == 1


def test_everything_is_xml_too(qb: Caller) -> None:
    since = qb.running.world.clock.now().isoformat(timespec="seconds")
    qb.made("invoice", invoice(DocNumber="X & Y"))
    params = {"entities": "Invoice,Item", "changedSince": since}
    changes = qb.call("GET", "cdc", accept="application/xml", **params).text
    assert "<DocNumber>X &amp; Y</DocNumber>" in changes and 'maxResults="1"' in changes
    items = {"BatchItemRequest": [{"bId": "q", "Query": "select * from Term"}, {"bId": "x", "Query": "select"}]}
    batch = qb.call("POST", "batch", items, accept="text/xml").text
    assert '<BatchItemResponse bId="q">' in batch and "<Name>Net 15</Name>" in batch
    assert '<Error code="4000"' in batch and 'type="ValidationFault"' in batch
    refused = qb.call("POST", "batch", {"BatchItemRequest": [{}] * 31}, accept="")
    assert refused.headers["Content-Type"].startswith("application/xml") and "more than 30 items" in refused.text
