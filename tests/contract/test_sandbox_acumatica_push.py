"""Push notifications of the sandboxed Acumatica (facts 14.2), and a look at the switches as a whole."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from contract import test_sandbox_acumatica_caller as helpers
from contract.test_sandbox_acumatica_caller import FIRST, Caller
from sandbox.acumatica.settings import Settings

running, acu = helpers.running, helpers.acu
RELEASE = ("SalesInvoice", "ReleaseSalesInvoice")


class Receiver:
    """A webhook that keeps what it gets; `statuses` are answered one after the other, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, Any], str | None]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.statuses.pop(0) if outer.statuses else 200
                outer.got.append((json.loads(body), self.headers.get("X-Secret")))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def wait(self, count: int) -> list[dict[str, Any]]:
        until(lambda: len(self.got) >= count)
        return [body for body, _ in self.got]


def until(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not ready():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


@pytest.fixture
def receiver(acu: Caller) -> Iterator[Receiver]:
    made = Receiver()
    acu.state("POST", "PushNotification", {
        "Name": "B2B-Invoices", "Url": made.url, "HeaderName": "X-Secret", "HeaderValue": "s-1",
    })  # fmt: skip
    acu.settings(push_retry_seconds=0.01)
    yield made
    made.server.shutdown()
    made.server.server_close()


def release(acu: Caller, number: str = "AR0000210") -> None:
    acu.done(*RELEASE, Type="Invoice", ReferenceNbr=number)


def test_an_update_is_inserted_and_deleted_at_once(acu: Caller, receiver: Receiver) -> None:
    release(acu)
    (body,) = receiver.wait(1)
    row = {"Type": "Invoice", "ReferenceNbr": "AR0000210"}
    assert body["Inserted"] == [{**row, "Status": "Open"}] and body["Deleted"] == [{**row, "Status": "Balanced"}]
    assert (body["Query"], body["CompanyId"], body["AdditionalInfo"]) == ("B2B-Invoices", FIRST, {})
    assert 638_000_000_000_000_000 < body["TimeStamp"] < 700_000_000_000_000_000
    assert receiver.got[0][1] == "s-1"


def test_new_and_deleted_records(acu: Caller, receiver: Receiver) -> None:
    acu.load.invoice("C00000288", [("AABOOK01", "1", "20.00")], status="Balanced", number="AR0600001")
    acu.vendor.delete(FIRST, "SalesInvoice", "Invoice/AR0600001")
    inserted, deleted = receiver.wait(2)
    assert (len(inserted["Inserted"]), inserted["Deleted"]) == (1, [])
    assert (deleted["Inserted"], deleted["Deleted"][0]["ReferenceNbr"]) == ([], "AR0600001")
    assert inserted["Id"] != deleted["Id"] and inserted["TimeStamp"] < deleted["TimeStamp"]


def test_other_tenants_entities_and_fields_are_no_news(acu: Caller, receiver: Receiver) -> None:
    acu.vendor.edit("Stonebridge", "SalesInvoice", "AR0000160", {"Status": "Closed"})
    acu.vendor.edit(FIRST, "Customer", "C00000288", {"CustomerName": "Other"})
    acu.vendor.edit(FIRST, "SalesInvoice", "AR0000190", {"Description": "Other"})
    acu.vendor.edit(FIRST, "Invoice", "AR0000206", {"Status": "Closed"})
    release(acu)
    assert receiver.wait(1)[0]["Inserted"][0]["ReferenceNbr"] == "AR0000210"


def test_errors_are_retried_five_times_at_most_and_can_be_resent_for_two_days(acu: Caller, receiver: Receiver) -> None:
    receiver.statuses = [500, 503]
    release(acu)
    assert len({body["Id"] for body in receiver.wait(3)}) == 1
    receiver.statuses = [500] * 5
    acu.vendor.edit(FIRST, "SalesInvoice", "AR0000190", {"Status": "Closed"})
    until(lambda: [one["Status"] for one in acu.vendor.records(FIRST, "PushMessage")] == ["sent", "failed"])
    assert len(receiver.got) == 8
    failed = acu.vendor.records(FIRST, "PushMessage")[1]
    acu.act("resend", id=failed["Id"])
    assert receiver.wait(9)[-1]["Id"] == failed["Id"]
    acu.advance(49 * 3600)
    with pytest.raises(ValueError, match="2 days"):
        acu.act("resend", id=failed["Id"])
    with pytest.raises(LookupError):
        acu.act("resend", id="nothing")


def test_the_number_of_attempts_is_a_switch(acu: Caller, receiver: Receiver) -> None:
    acu.settings(push_attempts=2)
    receiver.statuses = [500] * 5
    release(acu)
    until(lambda: acu.vendor.records(FIRST, "PushMessage")[0]["Status"] == "failed")
    assert len(receiver.got) == 2


def test_the_pace_of_attempts_is_a_switch(acu: Caller, receiver: Receiver) -> None:
    acu.settings(push_retry_seconds=0.3)
    receiver.statuses = [500]
    release(acu)
    receiver.wait(1)
    first = time.monotonic()
    receiver.wait(2)
    assert time.monotonic() - first > 0.2


def test_a_receiver_that_is_not_there_counts_as_an_error(acu: Caller, receiver: Receiver) -> None:
    acu.state("POST", "PushNotification", {"Name": "Dead", "Url": "http://127.0.0.1:1/"})
    release(acu)
    until(lambda: {one["Status"] for one in acu.vendor.records(FIRST, "PushMessage")} == {"sent", "failed"})


def test_duplicates_have_the_same_id(acu: Caller, receiver: Receiver) -> None:
    acu.settings(push_duplicates=True)
    release(acu)
    first, second = receiver.wait(2)
    assert first == second


def test_messages_can_come_out_of_order(acu: Caller, receiver: Receiver) -> None:
    acu.settings(push_order="reversed", push_retry_seconds=0.2)
    for status in ("A", "B", "C"):
        acu.vendor.edit(FIRST, "SalesInvoice", "AR0000190", {"Status": status})
    stamps = [body["TimeStamp"] for body in receiver.wait(3)]
    assert stamps != sorted(stamps)


def test_an_operator_emits_by_hand(acu: Caller, receiver: Receiver) -> None:
    acu.act("emit", name="B2B-Invoices", inserted=[{"ReferenceNbr": "AR1"}])
    assert receiver.wait(1)[0]["Inserted"] == [{"ReferenceNbr": "AR1"}]
    with pytest.raises(LookupError):
        acu.act("emit", name="Nothing")


def test_definitions_come_and_go(acu: Caller, receiver: Receiver) -> None:
    other = {"Name": "Payments", "Url": receiver.url, "Entity": "Payment", "Fields": ["ReferenceNbr", "PaymentAmount"]}
    shown = acu.state("POST", "PushNotification", other)
    assert "HeaderValue" not in shown and len(acu.state("GET", "PushNotification")["records"]) == 2
    acu.load.payment("C00000288", "5.00", number="009001")
    assert receiver.wait(1)[0]["Inserted"] == [{"ReferenceNbr": "009001", "PaymentAmount": 5.0}]
    acu.state("DELETE", "PushNotification/B2B-Invoices")
    acu.state("POST", "PushNotification", {**other, "Active": False})
    release(acu)
    acu.load.payment("C00000288", "5.00", number="009002")
    assert len(acu.state("GET", "PushMessage")["records"]) == 1
    for bad in ({"Name": "X", "Url": "ftp://a.example"}, {"Url": receiver.url}, {**other, "Entity": "Cat"}):
        with pytest.raises(AssertionError, match="needs Name"):
            acu.state("POST", "PushNotification", bad)
    with pytest.raises(AssertionError, match="no push notification"):
        acu.state("DELETE", "PushNotification/Nothing")


def test_a_reset_forgets_definitions(acu: Caller, receiver: Receiver) -> None:
    acu.vendor.reset("demo", 1)
    acu.settings(operation_seconds=0)
    assert acu.state("GET", "PushNotification")["records"] == []


@pytest.mark.parametrize("name", sorted(Settings().shown()))
def test_every_switch_is_read_by_the_stand_in_and_turned_by_a_test(name: str) -> None:
    """A switch that nothing asks for, or that no test turns, has no business here."""
    folder = Path(__file__).parents[2] / "include" / "sandbox" / "acumatica"
    code = "".join(one.read_text() for one in folder.glob("*.py") if one.name != "settings.py")
    tests = "".join(one.read_text() for one in Path(__file__).parent.glob("test_sandbox_acumatica*.py"))
    assert re.search(rf"\.{name}\b", code), f"{name} is read nowhere"
    assert re.search(rf"settings\([^)]*\b{name}=", tests), f"{name} is turned by no test"
