"""What Acumatica's errors mean: every row of the table, and what the innermost exception says."""

from __future__ import annotations

import pytest

from invoice_sync.connectors.acumatica import faults
from invoice_sync.connectors.acumatica.client import any_of, refusal
from invoice_sync.connectors.acumatica.faults import Kind
from invoice_sync.connectors.http import Answer
from invoice_sync.model import canonical
from invoice_sync.model.errors import NeedsPerson, TryLater


def answer(status: int, body: str) -> Answer:
    return Answer(status, {}, body.encode())


def error(kind: str, text: str) -> str:
    return canonical.dumps({"message": "An error has occurred.", "exceptionMessage": text, "exceptionType": kind})


PX = "PX.Data.PXException"
FAULTS = [
    ("no key", 500, error("PX.Api.ContractBased.NoEntitySatisfiesTheConditionException", "No entity"), Kind.NOT_THERE),
    ("password", 500, error(PX, "Error: Invalid credentials. Please try again."), Kind.CREDENTIALS),
    ("tenant", 500, error("PX.Data.PXUndefinedCompanyException", "x"), Kind.TENANT),
    ("seats as 500", 500, error(PX, "API Login Limit. The maximum number"), Kind.SEATS),
    ("seats as 429", 429, "API Login Limit", Kind.SEATS),
    ("429", 429, "The custom error module does not recognize this error.", Kind.THROTTLED),
    ("401", 401, '{"message": "You are not logged in."}', Kind.SIGNED_OUT),
    ("delegate", 500, error(PX, "Optimization cannot be performed.The following fields cause the error:"),
     Kind.UNOPTIMIZED),
    ("setup", 500, error("PX.Data.PXSetupNotEnteredException", "The required configuration data"), Kind.SETUP),
    ("lock", 500, error("PX.Data.PXLockViolationException", "Another process has updated"), Kind.BUSY),
    ("busy", 500, error(PX, "The previous operation has not been completed yet."), Kind.BUSY),
    ("timeout", 500, error(PX, "Execution Timeout Expired."), Kind.WEATHER),
    ("literal", 500, error("Microsoft.OData.ODataException", "incompatible types was detected"), Kind.QUERY),
    ("fields", 422, error("PX.Api.ContractBased.OutcomeEntityHasErrorsException", "raised"), Kind.DATA),
    ("fields as 500", 500, error("PX.Api.ContractBased.OutcomeEntityHasErrorsException", "raised"), Kind.DATA),
    ("rule", 500, error("PX.Data.PXSetPropertyException", "The document is on hold."), Kind.DATA),
    ("no body", 400, '{"message": "The request is invalid.", "modelState": {}}', Kind.DATA),
    ("403", 403, '{"message": "You have insufficient rights"}', Kind.RIGHTS),
    ("404", 404, "<html>404</html>", Kind.NO_SUCH_ADDRESS),
    ("412", 412, '{"message": "The entity does not exist."}', Kind.NOT_THERE),
    ("411", 411, "<html>Length Required</html>", Kind.DATA),
    ("stranger", 500, error("System.NullReferenceException", "Object reference not set"), Kind.WEATHER),
    ("maintenance", 503, "<html>being published</html>", Kind.WEATHER),
    ("page for data", 200, "<html>under maintenance</html>", Kind.WEATHER),
    ("led away", 302, "", Kind.WEATHER),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_every_fault_has_its_kind(status: int, body: str, kind: Kind) -> None:
    found = faults.of(answer(status, body))
    assert found is not None
    assert found.kind is kind
    assert faults.is_last_word(answer(status, body)) is (kind in faults.LAST_WORDS)


@pytest.mark.parametrize(("status", "body"), [(200, "{}"), (200, " []"), (202, ""), (204, "")])
def test_good_answers_are_no_faults(status: int, body: str) -> None:
    assert faults.of(answer(status, body)) is None


def test_the_innermost_exception_says_why() -> None:
    inner = {"exceptionMessage": "The 05-2024 financial period is closed in AR.", "exceptionType": PX}
    outer = {"exceptionMessage": "Operation failed", "exceptionType": "PX.Data.PXInvalidOperationException"}
    found = faults.of(answer(500, canonical.dumps({**outer, "innerException": inner})))
    assert found is not None
    assert (found.kind, found.code) == (Kind.DATA, "PXException")
    assert found.quote == "The 05-2024 financial period is closed in AR."


def test_every_marked_field_is_told_with_its_place() -> None:
    body = {
        "CustomerID": {"value": "NOPE", "error": "'Customer' cannot be found."},
        "Details": [{"Qty": {"value": 1}}, {"InventoryID": {"error": "'Inventory ID' cannot be found."}}],
        "exceptionType": "PX.Api.ContractBased.OutcomeEntityHasErrorsException", "exceptionMessage": "raised",
    }  # fmt: skip
    found = faults.of(answer(422, canonical.dumps(body)))
    assert found is not None
    assert (
        found.quote == "CustomerID: 'Customer' cannot be found.; Details 2 InventoryID: 'Inventory ID' cannot be found."
    )


@pytest.mark.parametrize(("status", "body", "kind"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_a_read_that_fails_is_weather_or_a_persons_work(status: int, body: str, kind: Kind) -> None:
    fault = faults.of(answer(status, body))
    assert fault is not None
    raised = refusal(fault, "SalesInvoice Invoice AR0000160")
    persons = {Kind.SIGNED_OUT, Kind.RIGHTS, Kind.SETUP, Kind.NO_SUCH_ADDRESS, Kind.QUERY, Kind.DATA}
    assert isinstance(raised, NeedsPerson if kind in persons else TryLater)
    assert kind is not Kind.DATA or "SalesInvoice Invoice AR0000160" in str(raised)
    assert "<html>" not in str(raised)


def test_texts_in_filters_are_quoted() -> None:
    assert any_of("CustomerID", ["O'Malley", "C 1"]) == "CustomerID eq 'O''Malley' or CustomerID eq 'C 1'"
