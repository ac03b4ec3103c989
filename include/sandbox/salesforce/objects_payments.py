"""Payments, prepayments, transactions, and the objects of Rootstock Financials."""

from __future__ import annotations

from sandbox.salesforce import formulas
from sandbox.salesforce.names import (
    AR_APPLIED,
    AR_CASH,
    AR_CASH_LINE,
    AR_DUE,
    BATCH,
    CUSTOMER,
    DIVISION,
    EXTERNAL_ID,
    FINANCIALS,
    GATEWAY,
    INVOICE,
    INVOICE_OF_PAYMENT,
    ORDER,
    ORDER_PAYMENT,
    PAYMENT,
    PREPAYMENT,
    PREPAYMENT_APPLIED,
    SHIPPER,
    SYDATA,
)
from sandbox.salesforce.schema import (
    Field,
    SObject,
    external_id,
    formula,
    lookups,
    master,
    numbers,
    picklist,
    plain,
    sobject,
    texts,
)

_KEY = external_id(EXTERNAL_ID, 100)
STATUSES = ("Payment Failed", "Payment Completed", "Reversal Failed", "Reversal Completed")
STAGES = (
    "Hold",
    "Ready",
    "Validation Failure",
    "Processing Failure",
    "ProcessingComplete",
    "Batch Processing Failure",
    "Processing Job",
)
# of the package's 95 or so, those that this stand-in carries out; the rest it refuses as no choice of the picklist
TRANSACTIONS = (
    "Approve Sales Invoice",
    "Transfer Sales Invoice",
    "Sales Invoice Payment",
    "Sales Invoice Payment Reversal",
    "Approve Sales Invoice Batch",
    "Deapprove Sales Invoice Batch",
    "Close Sales Invoice Batch",
    "Reopen Sales Invoice Batch",
    "Transfer Sales Invoice Batch",
)


def more_objects() -> list[SObject]:
    """Payments and the transactions that make them."""
    return [
        sobject(GATEWAY, "Payment Gateway", _KEY, *plain("rstk__sogateway_", "boolean", "inactive")),
        _invoice_payment(),
        _order_payment(),
        _prepayment(),
        _prepayment_applied(),
        _transaction(),
    ]


def _invoice_payment() -> SObject:
    at = "rstk__soinvpay_"
    return sobject(
        PAYMENT,
        "Invoice Payment",
        _KEY,
        master(INVOICE_OF_PAYMENT, INVOICE, "rstk__soinvpays__r"),
        *texts(at, "invpayid:50 error:255 revtxnid:50 lastfour:4 cardtype:40"),
        *numbers(at, "payamount:18,2"),
        *plain(at, "datetime", "paydate revdatet"),
        *plain(at, "boolean", "reversed reconciled"),
        picklist(f"{at}status__c", *STATUSES),
        *lookups(at, f"sogateway:{GATEWAY} soppy:{PREPAYMENT}"),
    )


def _order_payment() -> SObject:
    at = "rstk__sohdrpay_"
    return sobject(
        ORDER_PAYMENT,
        "Order Payment",
        _KEY,
        # the look-up to the order is assumed
        *lookups(at, f"sohdr:{ORDER}"),
        *texts(at, "ordpayid:50"),
        *numbers(at, "payamount:18,2 authamount:18,2"),
        picklist(f"{at}status__c", *STATUSES),
    )


def _prepayment() -> SObject:
    at = "rstk__soppy_"
    key = formulas.key_of(f"{at}ppynumber__c", f"{at}div__c", DIVISION, "rstk__sydiv_div__c")
    methods = ("Maximum Amount", "Percentage of Invoice", "Percentage of Prepayment", "Manual Application")
    return sobject(
        PREPAYMENT,
        "Prepayment",
        _KEY,
        *texts(at, "ppynumber:30 cctxnid:50"),
        *numbers(at, "amount:16,2 amtappl:16,2 ppyvat:16,2"),
        *numbers(at, "pct:5,2", "percent"),
        picklist(f"{at}appmethod__c", *methods),
        picklist(f"{at}type__c", "Sales Order", "Project", "Customer"),
        *plain(at, "boolean", "released completed reversed"),
        *plain(at, "date", "reldate"),
        *lookups(at, f"div:{DIVISION} custno:{CUSTOMER} order:{ORDER}"),
        *lookups(at, f"applytoinv:{INVOICE} invoice:{INVOICE} crmemo:{INVOICE}"),
        formula("rstk__formula_extid__c", "string", key),
    )


def _prepayment_applied() -> SObject:
    """The facts name no field; these follow the naming rule (assumed)."""
    at = "rstk__soppya_"
    return sobject(
        PREPAYMENT_APPLIED,
        "Prepayment Application",
        _KEY,
        Field(f"{at}soppy__c", "reference", 18, references=PREPAYMENT, children="rstk__soppyas__r"),
        Field(f"{at}soinv__c", "reference", 18, references=INVOICE, children="rstk__soppyas__r"),
        *numbers(at, "amtappl:16,2"),
        *plain(at, "date", "appldate"),
    )


def _transaction() -> SObject:
    at = "rstk__sydata_"
    return sobject(
        SYDATA,
        "SYDATA Transaction",
        external_id("rstk__altextid__c", 20),
        picklist(f"{at}txntype__c", *TRANSACTIONS),
        picklist(f"{at}process__c", *STAGES),
        *lookups(at, f"soinv:{INVOICE} sohdr:{ORDER} soship:{SHIPPER} soibatch:{BATCH} sogateway:{GATEWAY}"),
        *numbers(at, "ordpayamt:16,2"),
        # lengths of sorma, processid, jobstatus and ordpayerror are assumed
        *texts(at, "ordpayid:50 lastordpayid:50 message:255 sorma:18 processid:50 jobstatus:50 ordpayerror:255"),
        *plain(at, "textarea", "extmessage errorstack", 32768),
        *plain(at, "date", "txndate"),
        *plain(
            at,
            "boolean",
            "alllines invoiceorder addinvapproved addtobatch closebatch reinvshipper backgroundprocessing",
        ),
    )


def financials() -> list[SObject]:
    """Only with Rootstock Financials; of their fields the facts name docno, soinv and amounts, the rest is assumed."""
    ways = ("Check Payment", "Cash Payment", "CC Payment", "Eft Payment")
    return [
        _of_financials(FINANCIALS, "AR Transaction", "docno:30", "amount:16,2", f"soinv:{INVOICE}"),
        _of_financials(AR_DUE, "AR Due", "docno:30", "amount:16,2", f"arinvtxn:{FINANCIALS}"),
        _of_financials(
            AR_APPLIED,
            "AR Application",
            "docno:30",
            "amount:16,2",
            f"arinvtxn:{FINANCIALS}",
            picklist("rstkf__arapplic_trantype__c", *ways),
        ),
        _of_financials(AR_CASH, "AR Cash Receipt", "docno:30", "amount:16,2", f"custno:{CUSTOMER}"),
        _of_financials(AR_CASH_LINE, "AR Cash Receipt Line", "docno:30", "amount:16,2", f"arcashh:{AR_CASH}"),
    ]


def _of_financials(name: str, label: str, words: str, amounts: str, links: str, *more: Field) -> SObject:
    at = name.removesuffix("_c")
    return sobject(name, label, *texts(at, words), *numbers(at, amounts), *lookups(at, links), *more)
