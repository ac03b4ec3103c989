"""Long-running operations of the sandboxed Acumatica: 202, polls, failures, sessions and locks (facts 8)."""

from __future__ import annotations

import pytest
import requests

from contract import test_sandbox_acumatica_caller as helpers
from contract.test_sandbox_acumatica_caller import FIRST, Caller, refusal
from contract.test_sandbox_acumatica_chain import RELEASE, SHIP, doc, order, refused
from sandbox.server import Running

running, acu = helpers.running, helpers.acu


@pytest.fixture
def slow(acu: Caller) -> Caller:
    """Operations take a minute of the sandbox's clock."""
    acu.settings(operation_seconds=60)
    return acu


def test_202_then_polls_then_204(slow: Caller) -> None:
    started = slow.press(*RELEASE, **doc("AR0000210"))
    place = started.headers["Location"]
    assert (started.status_code, started.content) == (202, b"")
    assert place.startswith("/AcumaticaERP/entity/Default/24.200.001/SalesInvoice/ReleaseSalesInvoice/status/")
    assert [slow.follow(started).status_code for _ in range(3)] == [202, 202, 202]
    assert slow.read("SalesInvoice/Invoice/AR0000210")["Status"] == "Balanced"
    slow.advance(61)
    assert slow.follow(started).status_code == 204
    assert slow.read("SalesInvoice/Invoice/AR0000210")["Status"] == "Open"


def test_an_operation_finishes_though_nobody_polls(slow: Caller) -> None:
    slow.press(*RELEASE, **doc("AR0000210"))
    slow.advance(61)
    assert slow.state("GET", "operations")["records"][0]["State"] == "completed"
    assert slow.vendor.records(FIRST, "SalesInvoice")
    assert slow.read("SalesInvoice/Invoice/AR0000210")["Status"] == "Open"


def test_an_operation_finishes_by_itself(acu: Caller) -> None:
    acu.settings(operation_seconds=0.05)
    acu.press(*RELEASE, **doc("AR0000210"))
    books = acu.books
    for _ in range(200):
        if (books.get("Document", "Invoice", "AR0000210") or {})["Status"] == "Open":
            return
        requests.get(acu.index, timeout=5)
    pytest.fail("nothing happened")


def test_a_failing_operation_tells_at_the_poll(slow: Caller) -> None:
    started = slow.press(*RELEASE, **doc("AR0000209"))
    assert started.status_code == 202
    assert slow.follow(started).status_code == 202
    slow.advance(61)
    assert "period is closed" in refused(slow.follow(started))
    assert slow.journal()[-1] == ("SalesInvoice", "ReleaseSalesInvoice", "AR0000209", "refused")


def test_the_status_and_depth_of_a_refusal_are_switches(acu: Caller) -> None:
    acu.settings(action_status="422", action_error="outer")
    answer = acu.press(*RELEASE, **doc("AR0000209"))
    assert (answer.status_code, "innerException" in answer.json()) == (422, False)
    assert "period is closed" in answer.json()["exceptionMessage"]


def test_a_204_may_carry_a_dead_location(acu: Caller) -> None:
    answer = acu.press(*RELEASE, **doc("AR0000210"))
    assert answer.status_code == 204
    assert acu.follow(answer).status_code == 404
    acu.settings(dead_location=False)
    assert "Location" not in acu.press("SalesOrder", "AutoRecalculateDiscounts", **order("SO0007850")).headers


def test_the_location_may_be_absolute(slow: Caller) -> None:
    slow.settings(location_form="absolute")
    place = slow.press(*RELEASE, **doc("AR0000210")).headers["Location"]
    assert place.startswith(slow.site) and slow.session.get(place, timeout=5).status_code == 202


def test_operation_ids_are_forgotten(slow: Caller) -> None:
    started = slow.press(*RELEASE, **doc("AR0000210"))
    slow.advance(61)
    assert slow.follow(started).status_code == 204
    slow.advance(700)
    assert slow.follow(started).status_code == 404
    slow.settings(operation_memory_seconds=10, operation_seconds=1)
    again = slow.press("SalesOrder", "AutoRecalculateDiscounts", **order("SO0007850"))
    slow.advance(20)
    assert slow.follow(again).status_code == 404


def test_an_operation_belongs_to_its_session(running: Running, slow: Caller) -> None:
    started = slow.press(*RELEASE, **doc("AR0000210"))
    other = Caller(running, FIRST, "admin")
    assert other.follow(started).status_code == 404
    slow.settings(operation_owner_only=False)
    assert other.follow(started).status_code == 202
    unknown = started.headers["Location"][:-4] + "0000"
    assert slow.session.get(slow.site.removesuffix("/AcumaticaERP") + unknown, timeout=5).status_code == 404


def test_one_operation_a_form_and_session(running: Running, slow: Caller) -> None:
    slow.press(*RELEASE, **doc("AR0000210"))
    busy = "The previous operation has not been completed yet."
    assert refused(slow.press(*RELEASE, **doc("AR0000209"))) == busy
    assert refusal(slow.put("SalesInvoice", **doc("AR0000211"), Hold=False))[2] == busy
    assert slow.press(*SHIP, **order("SO0007850")).status_code == 202
    slow.settings(busy_form="wait")
    queued = slow.press(*RELEASE, **doc("AR0000209"))
    slow.advance(61)
    assert slow.follow(queued).status_code == 202
    slow.advance(61)
    assert "period is closed" in refused(slow.follow(queued))
    slow.settings(busy_form="off", operation_seconds=0)
    acu_other = Caller(running, FIRST, "admin")
    assert acu_other.press("SalesOrder", "AutoRecalculateDiscounts", **order("SO0007850")).status_code == 204


def test_a_record_under_way_is_locked_for_others(running: Running, slow: Caller) -> None:
    slow.press(*RELEASE, **doc("AR0000210"))
    other = Caller(running, FIRST, "admin")
    status, kind, text = refusal(other.put("SalesInvoice", **doc("AR0000210"), Description="mine"))
    assert (status, kind) == (500, "PXLockViolationException") and "Another process has updated" in text


def test_two_presses_of_one_button_make_one_shipment(running: Running, slow: Caller) -> None:
    other = Caller(running, FIRST, "admin")
    started = [each.press(*SHIP, **order("SO0007850")) for each in (slow, other)]
    assert [one.status_code for one in started] == [202, 202]
    slow.advance(61)
    assert slow.follow(started[0]).status_code == 204
    assert "is Shipping" in refused(other.follow(started[1]))
    assert len(slow.read("SalesOrder/SO/SO0007850", expand="Shipments")["Shipments"]) == 1


def test_a_record_that_goes_away_meanwhile(slow: Caller) -> None:
    started = slow.press(*RELEASE, **doc("AR0000210"))
    slow.vendor.delete(FIRST, "SalesInvoice", "Invoice/AR0000210")
    slow.advance(61)
    assert "deleted" in refused(slow.follow(started))


def test_a_dialled_refusal_strikes_the_operation(slow: Caller) -> None:
    slow.mishap("refuse", entity="SalesInvoice", message="Error: deadlock.", code="PX.Data.PXDatabaseException")
    started = slow.press(*RELEASE, **doc("AR0000210"))
    slow.advance(61)
    answer = slow.follow(started)
    assert refusal(answer)[1:] == ("PXDatabaseException", "Error: deadlock.")
    assert slow.read("SalesInvoice/Invoice/AR0000210")["Status"] == "Balanced"


def test_an_answer_that_is_lost_does_not_stop_the_operation(acu: Caller) -> None:
    acu.mishap("drop_after", path_contains="ReleaseSalesInvoice")
    with pytest.raises(requests.ConnectionError):
        acu.press(*RELEASE, **doc("AR0000210"))
    assert acu.read("SalesInvoice/Invoice/AR0000210")["Status"] == "Open"
