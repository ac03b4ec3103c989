"""check at Rootstock: its own export must be out of the way, and the quantities are those that people know."""

from __future__ import annotations

import logging

import pytest

from house import green
from invoice_sync.model.errors import SettingsError
from pair import INVOICE, Pair

ONE = (("P-100", "1", "12.50"),)


@pytest.mark.parametrize("what", ["lock", "online company"])
def test_nothing_runs_beside_rootstocks_own_export(pair: Pair, what: str) -> None:
    company = pair.load.company("01")
    if what == "lock":
        [defaults] = pair.records("salesforce", "rstk__sydefault__c")
        place = ("rstk__sydefault__c", defaults["Id"], "rstk__sydefault_salesexport__c", True, False)
    else:
        place = ("rstk__sycmp__c", company, "rstk__sycmp_qbcompany__c", "Kestrel", None)
    sobject, record, field, on, off = place
    pair.load.invoice("A-1", lines=ONE)
    pair.edit("salesforce", sobject, record, **{field: on})

    outcome = pair.run()

    assert isinstance(outcome["check"], SettingsError)
    assert ("export" in str(outcome["check"])) and "What to do" in str(outcome["check"])
    assert pair.writes() == []
    pair.edit("salesforce", sobject, record, **{field: off})
    assert green(pair.clear("check"))
    assert pair.created() == ["A-1"]


def test_the_quantities_carry_rootstocks_names_beside_what_these_documents_need(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    pair.load.invoice("A-1", customer="C-1003", lines=(("P-300", "1", "80.00"), ("P-100", "1", "12.50")))
    pair.load.invoice("A-2", lines=ONE)
    pair.load.invoice("M-1", lines=ONE, txntype="Credit Memo")
    pair.load.invoice("P-1", lines=ONE, ppyinv=True)
    pair.load.invoice("X-1", customer="C-1005", lines=(("P-500", "1", "18.90"),), approved=False)
    pair.load.invoice("X-2", customer="C-1005", lines=(("P-100", "1", "12.50"),), division="0201")
    caplog.set_level(logging.INFO)

    outcome = pair.run()

    assert outcome["check"] == {
        "Product Export Qty": 4,
        "Products needed by these documents": 1,
        "Customer Export Qty": 5,
        "Customers needed by these documents": 1,
        "Invoice Export Qty": 2,
        "Credit Memo Export Qty": 1,
    }
    assert "prepayment invoices, which are not carried: 1" in caplog.text
    assert (len(pair.created("Customer")), len(pair.created("Item"))) == (1, 1)
    assert sorted(pair.created()) == ["A-1", "A-2"]
    held = {row["rstk__soinv_invoiceno__c"] for row in pair.records("salesforce", INVOICE)}
    assert {"P-1", "X-1", "X-2"} <= held


def test_a_company_that_is_not_primary_counts_by_its_own_field_of_the_customer(pair: Pair) -> None:
    pair.edit("salesforce", "rstk__sycmp__c", pair.load.company("01"), rstk__sycmp_qbprimecmp__c=False)
    pair.edit_customer("C-1002", altfscustid="1002")
    pair.load.invoice("A-1", lines=ONE)
    pair.load.invoice("A-2", customer="C-1002", lines=ONE)

    counts = pair.step("check")

    # C-1001 has an id of the primary company only
    assert (counts["Customer Export Qty"], counts["Customers needed by these documents"]) == (5, 1)


def test_a_customer_who_pays_for_another_one_is_the_one_that_is_needed(pair: Pair) -> None:
    pair.edit_customer("C-1001", fincust=pair.load.customer("C-1003"))
    pair.load.invoice("A-1", lines=ONE)

    outcome = pair.run()

    assert outcome["check"]["Customers needed by these documents"] == len(pair.created("Customer")) == 1
