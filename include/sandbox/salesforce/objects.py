"""The Rootstock objects that the invoice export touches, with their public field names and lengths."""

from __future__ import annotations

from sandbox.salesforce import formulas
from sandbox.salesforce.schema import (
    STANDARD,
    Field,
    SObject,
    external_id,
    formula,
    lookups,
    numbers,
    plain,
    sobject,
    texts,
)

EXTERNAL_ID = external_id("rstk__externalid__c", 100)
INVOICE, LINE = "rstk__soinv__c", "rstk__soinvline__c"
CUSTOMER, ADDRESS, PRODUCT = "rstk__socust__c", "rstk__socaddr__c", "rstk__soprod__c"
COMPANY, DIVISION, DEFAULTS = "rstk__sycmp__c", "rstk__sydiv__c", "rstk__sydefault__c"
TERMS, CURRENCY, UOM = "rstk__syterms__c", "rstk__sycurr__c", "rstk__syuom__c"
ORDER, PROCESS_LOG = "rstk__sohdr__c", "rstk__processlog__c"
ORGANIZATION, FINANCIALS = "Organization", "rstkf__arinvtxn__c"

# what an integration reports back on an invoice; stays open to it after the transfer
ACKNOWLEDGEMENT = frozenset(
    f"rstk__soinv_{name}__c" for name in ("transferred", "acctinvoice", "datetransfer", "errortext", "errordate")
)
TRANSFERRED = "rstk__soinv_transferred__c"
INVOICE_OF_LINE = "rstk__soinvline_invoice__c"


def _invoice() -> SObject:
    at = "rstk__soinv_"
    return sobject(
        INVOICE,
        "Sales Order Invoice Header",
        EXTERNAL_ID,
        external_id(f"{at}externalid__c", 40),
        *texts(
            at,
            "invoiceno:30 acctinvoice:30 errortext:255 name:255 contact:255 address1:100 address2:100"
            " address3:100 city:40 state:40 zip:20 country:40 isocountry:255 fax:40",
        ),
        *plain(at, "email", "email", 80),
        *plain(at, "phone", "phone", 40),
        Field(f"{at}txntype__c", "picklist", 255, picklist=("Invoice", "Credit Memo")),
        Field(f"{at}duedate__c", "date", required=True),
        *plain(at, "date", "invdate paydiscdate dateapproved dateprinted datetransfer currexchratedate"),
        *plain(at, "datetime", "errordate"),
        *plain(
            at,
            "boolean",
            "pre_approved approved printed transferred posted cancelled inprocess cashreceived"
            " taxexempt taxverified arapbypass custcurrency invmultorders ppyinv"
            " sumfrt sumhand sumpackage taxfreight taxhandling taxpackaging",
        ),
        *numbers(
            at,
            "invoice:10,0 period:6,0 arperiod:6,0 total:16,2 discamt:16,2 freightamt:16,2"
            " handlingamt:16,2 packageamt:16,2 taxamt:16,2 taxovramt:16,2 shippingtax:16,2"
            " tottaxable:16,2 totalppya:16,2 grandtotal:16,2 amtcredited:10,2 bankcharge:10,2"
            " currexchrate:11,6",
        ),
        *numbers(at, "discpct:7,4 paydiscpct:5,2 finchgpct:5,2", "percent"),
        *plain(at, "textarea", "extcomment intcomment printcomment", 32768),
        *lookups(at, f"custno:{CUSTOMER} div:{DIVISION} order:{ORDER} terms:{TERMS} soinv:{INVOICE}"),
        *_invoice_formulas(at),
    )


def _invoice_formulas(at: str) -> list[Field]:
    money = ["grandtotal", "total", "taxamt", "discamt", "freightamt", "handlingamt", "packageamt"]
    signed = [formula(f"{at}{name}_rpt__c", "double", formulas.signed(f"{at}{name}__c")) for name in money]
    customer = [formula(f"{at}{name}cc__c", "double", formulas.customer_currency(name)) for name in money]
    home = [formula(f"{at}{name}hc__c", "double", formulas.home_currency(name)) for name in money]
    return [
        formula(f"{at}amtcravail__c", "double", formulas.open_to_credit),
        formula(f"{at}currency__c", "string", formulas.invoice_currency),
        formula("rstk__formula_invoice__c", "string", formulas.copy_of(f"{at}invoiceno__c")),
        formula("rstk__formula_extid__c", "string", formulas.copy_of(EXTERNAL_ID.name)),
        *signed,
        *customer,
        *home,
    ]


def _line() -> SObject:
    at = "rstk__soinvline_"
    return sobject(
        LINE,
        "Sales Order Invoice Line",
        EXTERNAL_ID,
        Field(INVOICE_OF_LINE, "reference", 18, updateable=False, required=True, references=INVOICE),
        *lookups(at, f"prod:{PRODUCT} uom:{UOM} order:{ORDER}"),
        *numbers(
            at,
            "invline:5,0 qty:12,6 price:12,6 discamt:12,6 freightamt:16,2 handlingamt:16,2"
            " packageamt:16,2 calctaxamount:16,2 taxamount:16,2",
        ),
        *numbers(at, "discpct:5,2", "percent"),
        *plain(at, "boolean", "taxoverride taxexempt holdtaxovr noprint linecredit"),
        *plain(at, "textarea", "extcomment intcomment", 32768),
        formula(f"{at}extamount__c", "double", formulas.extended, 18, 12),
        formula(f"{at}discextamount__c", "double", formulas.discounted, 18, 12),
    )


def _customer() -> SObject:
    at = "rstk__socust_"
    return sobject(
        CUSTOMER,
        "Sales Order Customer",
        EXTERNAL_ID,
        *texts(
            at,
            "custno:40 sf_account_name:255 fscustid:50 altfscustid:50 cclass:40 taxidnumber:20 vatid:25"
            " website:255 noinvemail:80",
        ),
        *plain(at, "boolean", "taxexempt credithold manualhold prepayonly inactive maintcurrind"),
        *numbers(at, "creditlimit:16,2 arbalance:16,2 unbilledorders:16,2"),
        *lookups(at, f"fincust:{CUSTOMER} socust:{CUSTOMER} custcurr:{CURRENCY} terms:{TERMS}"),
    )


def _address() -> SObject:
    at = "rstk__socaddr_"
    return sobject(
        ADDRESS,
        "Customer Address",
        EXTERNAL_ID,
        *lookups(at, f"custno:{CUSTOMER}"),
        *numbers(at, "seq:5,0"),
        *texts(
            at,
            "name:255 address1:100 address2:100 address3:100 city:40 state:40 zip:10 country:40"
            " isocountry:255 fax:40 locationref:80",
        ),
        *plain(at, "email", "email", 80),
        *plain(at, "phone", "phone", 40),
        *plain(at, "boolean", "defaultbillto defaultshipto defaultack defaultinstall"),
    )


def _product() -> SObject:
    at = "rstk__soprod_"
    kinds = ("Stock", "Configured", "Kit", "Service", "Miscellaneous", "Entitlement", "Recurring Service")
    return sobject(
        PRODUCT,
        "Sales Product",
        EXTERNAL_ID,
        *texts(at, "prod:50 descr:100 fsprodid:30 avataxcode:40 ean:20"),
        *plain(at, "boolean", "activeind taxexempt"),
        *numbers(at, "price:10,6"),
        Field(f"{at}prodtype__c", "picklist", 255, picklist=kinds),
        *lookups(at, f"div:{DIVISION} slsuom:{UOM}"),
    )


def _set_up() -> list[SObject]:
    return [
        sobject(
            COMPANY,
            "Company",
            EXTERNAL_ID,
            *texts("rstk__sycmp_", "cmpno:5 descr:80 qbcompany:20 ff_company:80"),
            *plain("rstk__sycmp_", "boolean", "qbprimecmp arapbypass"),
            *numbers("rstk__sycmp_", "utcoffset:4,2"),
            *lookups("rstk__sycmp_", f"homecurr:{CURRENCY}"),
        ),
        sobject(
            DIVISION,
            "Division",
            EXTERNAL_ID,
            *texts("rstk__sydiv_", "div:5 descr:80"),
            *lookups("rstk__sydiv_", f"cmpno:{COMPANY}"),
        ),
        sobject(
            DEFAULTS,
            "System Defaults",
            *plain("rstk__sydefault_", "boolean", "salesexport payexport jeexport qbautoprod abortonerror"),
            *texts("rstk__sydefault_", "qbcompany:20"),
            *numbers("rstk__sydefault_", "qbtimeout:6,0"),
        ),
        sobject(
            TERMS,
            "Terms",
            EXTERNAL_ID,
            *texts("rstk__syterms_", "id:15 descr:80"),
            *numbers("rstk__syterms_", "dueindays:5,0 discpercent:5,2 discdaysoffset:5,0"),
        ),
        sobject(
            CURRENCY,
            "Currency",
            EXTERNAL_ID,
            *texts("rstk__sycurr_", "currency:3 descr:80"),
            *numbers("rstk__sycurr_", "exchrate:11,6"),
        ),
        sobject(UOM, "Unit of Measure", EXTERNAL_ID, *texts("rstk__syuom_", "uom:4 descr:80")),
    ]


def _order() -> SObject:
    at = "rstk__sohdr_"
    return sobject(
        ORDER,
        "Sales Order Header",
        EXTERNAL_ID,
        *texts(at, "order:20 custpo:30 custref:30"),
        *lookups(at, f"custno:{CUSTOMER} div:{DIVISION} terms:{TERMS}"),
        *numbers(at, "ordertotal:16,2 freightamt:16,2 handlingamt:16,2 packageamt:16,2"),
    )


def _process_log() -> SObject:
    return sobject(
        PROCESS_LOG,
        "Process Log",
        *texts("rstk__", "status:200 substatus:255 errormessage:255 output:255 jobid:18"),
        *plain("rstk__", "datetime", "begintime endtime"),
        *plain("rstk__", "boolean", "completed iserror isbatch isqueueable"),
        *plain("rstk__", "textarea", "errormessagelong errorstack warningmessage log input data", 32768),
        *lookups("rstk__", f"sydiv:{DIVISION}"),
    )


def _receivable() -> SObject:
    at = "rstkf__arinvtxn_"
    return sobject(
        FINANCIALS,
        "AR Transaction",
        *texts(at, "docno:30"),
        *numbers(at, "amount:16,2"),
        *lookups(at, f"soinv:{INVOICE}"),
    )


def all_objects() -> dict[str, SObject]:
    """Every object of the org; Rootstock Financials' object is hidden unless the switch is on."""
    organization = SObject(ORGANIZATION, "Organization", {one.name: one for one in STANDARD})
    made = [
        _invoice(),
        _line(),
        _customer(),
        _address(),
        _product(),
        *_set_up(),
        _order(),
        _process_log(),
        _receivable(),
        organization,
    ]
    return {one.name: one for one in made}
