"""Refusals of QuickBooks: four shapes, what each code means for a write, and how it is said."""

from __future__ import annotations

from typing import Any

import pytest

from invoice_sync.connectors.base import Armed, Verdict, WireItem
from invoice_sync.connectors.http import Answer, Reply, verdict_of_status
from invoice_sync.connectors.quickbooks import faults, wording
from invoice_sync.connectors.quickbooks.client import batch_request, company_url
from invoice_sync.connectors.quickbooks.faults import Error, Fault
from invoice_sync.connectors.quickbooks.outcomes import outcomes
from invoice_sync.model import canonical
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.ports import Binding

NORMAL = (
    b'{"Fault":{"Error":[{"Message":"Stale Object Error","Detail":"You and X","code":"5010"}],'
    b'"type":"ValidationFault"},"time":"2026-05-01"}'
)
GATEWAY = (
    b'{"warnings":null,"fault":{"error":[{"message":"message=AuthenticationFailed; errorCode=003200",'
    b'"detail":"Token expired","code":"003200","element":null}],"type":"AUTHENTICATION"},"batchItemResponse":[]}'
)
XML = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    b'<IntuitResponse time="2026-05-01" xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE">'
    b'<Error code="3001"><Message>message=ThrottleExceeded</Message><Detail>The request limit</Detail></Error>'
    b"</Fault></IntuitResponse>"
)
REFUSAL = (
    b'{"Fault":{"Error":[{"Message":"Required param missing","Detail":"Line is missing","code":"2020"}],'
    b'"type":"ValidationFault"},"time":"2026-05-01"}'
)
HTML = b"<html><head><title>503</title></head><body><h1>Service Unavailable</h1></body></html>"
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "3001">]>'
    b'<IntuitResponse><Fault type="SERVICE"><Error code="&lol;"/></Fault></IntuitResponse>'
)
UNEXPECTED = "An unexpected error occurred while accessing or saving your data. Please wait a few minutes"


@pytest.mark.parametrize(
    ("body", "kind", "code", "message"),
    [
        (NORMAL, "ValidationFault", 5010, "Stale Object Error"),
        (GATEWAY, "AUTHENTICATION", 3200, "message=AuthenticationFailed; errorCode=003200"),
        (XML, "SERVICE", 3001, "message=ThrottleExceeded"),
    ],
)
def test_shapes_with_a_fault(body: bytes, kind: str, code: int, message: str) -> None:
    fault = faults.read(body)[1]
    assert fault is not None
    assert (fault.type, fault.errors[0].code, fault.errors[0].message) == (kind, code, message)


@pytest.mark.parametrize(
    "body",
    [
        HTML,
        b"",
        BOMB,
        BOMB.decode().encode("utf-16"),
        b'{"error":"invalid_grant"}',
        b"[]",
        b"<a><Fault></a>",
        b"\xff\xfe",
        XML + b" " * 70000,
    ],
)
def test_shapes_without_a_fault(body: bytes) -> None:
    assert faults.read(body)[1] is None


def fault(code: int, detail: str = "", element: str = "", kind: str = "ValidationFault", message: str = "") -> Fault:
    return Fault(kind, (Error(code, message, detail, element),))


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (fault(3001, kind="SERVICE"), Verdict.THROTTLED),
        (fault(3200, kind="AUTHENTICATION"), Verdict.NOT_DONE),
        (fault(3200), Verdict.NOT_DONE),
        (fault(6140), Verdict.HIT),
        (fault(6240), Verdict.HIT),
        (fault(5010), Verdict.HIT),
        (fault(6000, UNEXPECTED), Verdict.UNKNOWN),
        (fault(6000, "Business Validation Error: Unexpected Internal Error. (-30000)"), Verdict.UNKNOWN),
        (fault(10000, kind="SystemFault"), Verdict.UNKNOWN),
        (fault(2020, kind="SystemFault"), Verdict.UNKNOWN),
        (fault(1, kind="SERVICE"), Verdict.UNKNOWN),
        (fault(-1), Verdict.UNKNOWN),
        (Fault("ValidationFault", ()), Verdict.UNKNOWN),
        (fault(500, kind="SystemFault"), Verdict.REFUSED),
        (fault(3100, kind="AuthorizationFault"), Verdict.REFUSED),
        *[(fault(code), Verdict.REFUSED) for code in (120, 610, 2010, 2020, 2050, 2500, 6000, 6070, 6190, 6210)],
        (Fault("ValidationFault", (Error(2020), Error(6140), Error(2020))), Verdict.HIT),
        (Fault("ValidationFault", (Error(6140), Error(6000, "", UNEXPECTED))), Verdict.UNKNOWN),
    ],
)
def test_what_a_fault_means_for_a_write(found: Fault, verdict: Verdict) -> None:
    assert faults.verdict(found) is verdict


@pytest.mark.parametrize(
    ("found", "cause", "said"),
    [
        (fault(2050, "Min:0 Max:1,000 supported. Supplied length:1,045", "Customer Memo"), "too_long",
         "Customer Memo has 1,045 characters, QuickBooks takes 1,000"),
        (fault(2020, "Required parameter Line is missing in the request", "Line"), "missing", "Line is missing"),
        (fault(2500, "Invalid Reference Id : Names element id 583 not found"), "reference",
         "customer 583 is no longer in QuickBooks"),
        (fault(2500, "Something was made inactive"), "reference", "deleted or made inactive"),
        (fault(6070, "Amount is not equal to UnitPrice * Qty. Supplied value:1,861.07"), "amount", "1,861.07"),
        (fault(6140, "DocNumber=18696 is assigned to TxnType=Invoice with TxnId=6575"), "number_taken",
         "Invoice with id 6575"),
        (fault(6240, "The name supplied already exists. : Id=1209"), "name_taken", "id 1209"),
        (fault(6240, "The name supplied already exists. : null"), "name_taken", "in use already."),
        (fault(6000, "You can only use one foreign currency per transaction."), "currency", "another currency"),
        (fault(6000, "Make sure all your transactions have a GST/HST rate before you save."), "tax", "tax code"),
        (fault(6000, "Something Mr. Smith wrote"), "business_rule", "code 6000"),
        (fault(6190), "subscription", "subscription"),
        (fault(6210), "closed_period", "closed accounting period"),
        (fault(7777, "secret detail", message="A new rule"), "refused", '"A new rule" (code 7777)'),
    ],
)  # fmt: skip
def test_words_for_a_bookkeeper(found: Fault, cause: str, said: str) -> None:
    problem = wording.problem("invoice A-1", found, "1-abc")
    assert problem.cause == cause
    assert problem.reason.startswith("QuickBooks refused invoice A-1: ")
    assert said in problem.reason
    assert problem.cure
    assert (problem.vendor_code, problem.trace_id) == (str(found.errors[0].code), "1-abc")


def test_unknown_details_are_not_passed_on() -> None:
    for code in (1, 610, 2010, 2020, 2030, 2050, 2500, 6000, 6070, 6140, 6240, 7777):
        problem = wording.problem("invoice A-1", fault(code, "Amy Lane, amy@lane.example", "<b>Amy</b>"))
        assert "Amy" not in problem.reason + problem.cure


BINDING = Binding("acme", "quickbooks", "9130350000000001")


def armed(count: int = 2) -> Armed:
    items = tuple(WireItem(n, f"i{n}", f"s{n}", {"DocNumber": f"A-{n}"}) for n in range(1, count + 1))
    return Armed(BINDING, "invoice", "create", "f" * 32, items, 0.0)


def replied(content: Any, status: int = 200, wait: float | None = None) -> Reply:
    body = content if isinstance(content, bytes) else canonical.dumps(content).encode()
    return Reply(verdict_of_status(status), Answer(status, {"intuit_tid": "1-abc"}, body), wait)


def verdicts(reply: Reply) -> list[Verdict]:
    found = outcomes(armed(), reply)
    assert list(found) == ["i1", "i2"]
    return [outcome.verdict for outcome in found.values()]


def test_items_are_matched_by_their_id_only() -> None:
    refused = {"Error": [{"code": "2020", "Detail": "", "Message": ""}], "type": "ValidationFault"}
    content = {"BatchItemResponse": [
        {"bId": "i2", "Fault": refused}, {"bId": "i1", "Invoice": {"Id": "301", "SyncToken": "0"}},
        {"bId": "strange", "Invoice": {"Id": "302"}},
    ]}  # fmt: skip
    found = outcomes(armed(), replied(content))
    assert found["i1"].remote is not None and found["i1"].remote.id == "301"
    assert found["i2"].verdict is Verdict.REFUSED
    assert found["i2"].problem is not None and "invoice A-2" in found["i2"].problem.reason
    assert found["i2"].trace_id == "1-abc"


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        ({"BatchItemResponse": [{"bId": "i1", "Invoice": {"Id": "1"}}]}, Verdict.UNKNOWN),
        ({"BatchItemResponse": [{"bId": "i1", "Invoice": {"Id": "1"}}, {"bId": "i2"}]}, Verdict.UNKNOWN),
        ({"BatchItemResponse": [{"bId": "i1", "Invoice": {"Id": "1"}}, {"bId": "i2", "Invoice": {}}]},
         Verdict.UNKNOWN),
        ({"BatchItemResponse": [{"bId": "i1", "Invoice": {"Id": "1"}},
                                {"bId": "i2", "Customer": {"Id": "1"}}]}, Verdict.UNKNOWN),
    ],
)  # fmt: skip
def test_an_item_without_a_good_answer_is_unknown(content: Any, verdict: Verdict) -> None:
    assert verdicts(replied(content)) == [Verdict.OK, verdict]


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply(Verdict.UNKNOWN), Verdict.UNKNOWN),
        (Reply(Verdict.NOT_SENT), Verdict.NOT_SENT),
        (replied(HTML), Verdict.UNKNOWN),
        (replied(b'{"BatchItemRes'), Verdict.UNKNOWN),
        (replied({"time": "now"}), Verdict.UNKNOWN),
        (replied(REFUSAL), Verdict.REFUSED),
        (replied(REFUSAL, 400), Verdict.REFUSED),
        (replied(NORMAL), Verdict.UNKNOWN),
        (replied(NORMAL, 400), Verdict.UNKNOWN),
        (replied(HTML, 413), Verdict.REFUSED),
        (replied(GATEWAY, 401), Verdict.NOT_DONE),
        (replied(b"", 401), Verdict.NOT_DONE),
        (replied(XML, 429), Verdict.THROTTLED),
        (replied(XML, 403), Verdict.THROTTLED),
        (replied(XML, 503), Verdict.UNKNOWN),
        (replied(HTML, 502), Verdict.UNKNOWN),
        (replied({"Fault": {"Error": [{"code": "10000"}], "type": "SystemFault"}}, 500), Verdict.UNKNOWN),
        (replied({"Fault": {"Error": [{"code": "6140"}], "type": "ValidationFault"}}, 400), Verdict.UNKNOWN),
        (replied({"Fault": {"Error": [{"code": "x"}], "type": "ValidationFault"}}, 400), Verdict.REFUSED),
    ],
)
def test_a_whole_call_goes_for_every_item(reply: Reply, verdict: Verdict) -> None:
    assert verdicts(reply) == [verdict, verdict]
    for outcome in outcomes(armed(), reply).values():
        assert (outcome.problem is not None) == (verdict is Verdict.REFUSED)


def test_an_item_that_asks_for_a_new_token_counts_as_a_401() -> None:
    expired = {"Error": [{"code": "003200", "Message": "", "Detail": ""}], "type": "AUTHENTICATION"}
    content = {"BatchItemResponse": [{"bId": f"i{n}", "Fault": expired} for n in (1, 2)]}
    assert {(each.verdict, each.status) for each in outcomes(armed(), replied(content)).values()} == {
        (Verdict.NOT_DONE, 401)
    }


def test_a_stale_item_is_looked_up_and_says_what_it_would_mean() -> None:
    """A second sending of a change that was done is refused as stale, so only a look there tells what it is."""
    stale = canonical.loads(NORMAL)["Fault"]
    content = {"BatchItemResponse": [{"bId": f"i{n}", "Fault": stale} for n in (1, 2)]}
    for outcome in outcomes(armed(), replied(content)).values():
        assert (outcome.verdict, outcome.remote) == (Verdict.HIT, None)
        assert outcome.problem is not None and outcome.problem.cause == "changed_meanwhile"
        assert "You and X" not in outcome.problem.reason + outcome.problem.cure


def test_the_wait_of_a_throttle_comes_along() -> None:
    assert {outcome.wait for outcome in outcomes(armed(), replied(XML, 429, 7.0)).values()} == {7.0}


def test_the_same_batch_is_the_same_bytes() -> None:
    base = company_url("https://quickbooks.api.intuit.com/", "9130350000000001")
    first, second = (batch_request(base, "75", armed()) for _ in range(2))
    assert first.body == second.body
    assert first.url == "https://quickbooks.api.intuit.com/v3/company/9130350000000001/batch"
    assert first.params == {"minorversion": "75", "requestid": "f" * 32}
    assert canonical.loads(first.body or b"")["BatchItemRequest"][0] == {
        "bId": "i1",
        "operation": "create",
        "Invoice": {"DocNumber": "A-1"},
    }


@pytest.mark.parametrize(
    ("operation", "how"),
    [
        ("create", {"operation": "create"}),
        ("update", {"operation": "update"}),
        ("void", {"operation": "update", "optionsData": "void"}),
    ],
)
def test_an_operation_is_said_in_the_batch_and_what_stays_with_us_is_not_sent(
    operation: str, how: dict[str, str]
) -> None:
    item = WireItem(1, "i1", "s1", {"Id": "7", "_after": "x", "_tax": "1.00"})
    request = batch_request("https://x.example", "75", Armed(BINDING, "credit_memo", operation, "f" * 32, (item,), 0.0))
    sent = canonical.loads(request.body or b"")["BatchItemRequest"]
    assert sent == [{"bId": "i1", **how, "CreditMemo": {"Id": "7"}}]


@pytest.mark.parametrize(("host", "realm"), [("https://x.example", "12/../3"), ("https://x.example", ""), ("x", "1")])
def test_a_company_url_is_made_of_a_host_and_digits(host: str, realm: str) -> None:
    with pytest.raises(SettingsError):
        company_url(host, realm)
