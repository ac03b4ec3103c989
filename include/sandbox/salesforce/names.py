"""API names of the objects, and of the few fields that rules of the stand-in speak about."""

from __future__ import annotations

INVOICE, LINE = "rstk__soinv__c", "rstk__soinvline__c"
CUSTOMER, ADDRESS, PRODUCT = "rstk__socust__c", "rstk__socaddr__c", "rstk__soprod__c"
COMPANY, DIVISION, DEFAULTS = "rstk__sycmp__c", "rstk__sydiv__c", "rstk__sydefault__c"
TERMS, CURRENCY, UOM = "rstk__syterms__c", "rstk__sycurr__c", "rstk__syuom__c"
ORDER, PROCESS_LOG = "rstk__sohdr__c", "rstk__processlog__c"
TAX, BATCH, ITEM = "rstk__sotax__c", "rstk__soibatch__c", "rstk__peitem__c"
PAYMENT, ORDER_PAYMENT = "rstk__soinvpay__c", "rstk__sohdrpay__c"
PREPAYMENT, PREPAYMENT_APPLIED = "rstk__soppy__c", "rstk__soppya__c"
SYDATA, RESULT, RESULT_DETAIL = ("rstk__sydata__c", "rstk__syresult__c", "rstk__syresultd__c")
ROOTSTOCK_USER = "rstk__syusr__c"
# found in no source; named by the package's rule, code after the look-up that leads there (facts section 2)
SHIPPER, SHIPPER_LINE, GATEWAY = ("rstk__soship__c", "rstk__soshipline__c", "rstk__sogateway__c")
ACCOUNT_CODE, VAT_CLASS, PROJECT = ("rstk__syacc__c", "rstk__syvatclass__c", "rstk__pjproj__c")

USER, ORGANIZATION, ACCOUNT = "User", "Organization", "Account"
PRODUCT2, OPPORTUNITY = "Product2", "Opportunity"
# the prefixes of standard objects are the same in every org
STANDARD_PREFIXES = {ORGANIZATION: "00D", USER: "005", ACCOUNT: "001", PRODUCT2: "01t", OPPORTUNITY: "006"}

FINANCIALS = "rstkf__arinvtxn__c"
AR_DUE, AR_APPLIED = "rstkf__arinvdue__c", "rstkf__arapplic__c"
AR_CASH, AR_CASH_LINE = "rstkf__arcashh__c", "rstkf__arcashd__c"
FINANCIALS_PREFIX = "rstkf__"

EXTERNAL_ID = "rstk__externalid__c"
TRANSFERRED = "rstk__soinv_transferred__c"
APPROVED = "rstk__soinv_approved__c"
INVOICE_OF_LINE = "rstk__soinvline_invoice__c"
INVOICE_OF_PAYMENT = "rstk__soinvpay_soinv__c"

# what an integration reports back on an invoice; stays open to it after the transfer
ACKNOWLEDGEMENT = frozenset(
    f"rstk__soinv_{name}__c" for name in ("transferred", "acctinvoice", "datetransfer", "errortext", "errordate")
)
