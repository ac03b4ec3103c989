"""Every object of the org, and the two that the invoice export is about.

Names and lengths are those of facts section 3; what the facts do not name is proposed by the package's
naming rule (section 2) and marked "assumed".
"""

from __future__ import annotations

from sandbox.salesforce import formulas, objects_parties, objects_payments, objects_setup
from sandbox.salesforce.names import (
    ACCOUNT,
    ACCOUNT_CODE,
    BATCH,
    CUSTOMER,
    DIVISION,
    EXTERNAL_ID,
    INVOICE,
    INVOICE_OF_LINE,
    LINE,
    OPPORTUNITY,
    ORDER,
    PREPAYMENT,
    PRODUCT,
    PROJECT,
    SHIPPER,
    SHIPPER_LINE,
    TAX,
    TERMS,
    UOM,
    VAT_CLASS,
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
    rich_texts,
    sealed,
    sobject,
    texts,
)

# the facts name these three kinds of copies without a list of amounts; those beyond the first seven are assumed
_COPIED = (
    "grandtotal total taxamt discamt freightamt handlingamt packageamt"
    " taxovramt shippingtax tottaxable totalppya amtcredited"
)
_COPIED_OF_LINE = "price discamt freightamt handlingamt packageamt calctaxamount taxamount vatamt"


def _invoice() -> SObject:
    at = "rstk__soinv_"
    return sobject(
        INVOICE,
        "Sales Order Invoice Header",
        external_id(EXTERNAL_ID, 100),
        external_id(f"{at}externalid__c", 40),
        *_invoice_texts(at),
        *_invoice_flags_and_dates(at),
        *_invoice_money(at),
        *rich_texts(at, "extcomment intcomment"),
        *plain(at, "textarea", "printcomment", 32768),
        *_invoice_lookups(at),
        *_invoice_roll_ups(at),
        *_invoice_formulas(at),
    )


def _invoice_texts(at: str) -> list[Field]:
    return [
        *texts(
            at,
            "invoiceno:30 acctinvoice:30 errortext:255 name:255 contact:255 address1:100 address2:100"
            " address3:100 city:40 state:40 zip:20 country:40 isocountry:255 fax:40",
        ),
        # assumed: lengths of the shipping group and of the accounts behind the header charges
        *texts(at, "shippergroup:50 conmethod:40 syforexschedno:30"),
        *plain(at, "email", "email", 80),
        *plain(at, "phone", "phone", 40),
        picklist(f"{at}txntype__c", "Invoice", "Credit Memo"),
        picklist(f"{at}psinterval__c", "Daily", "Weekly", "Monthly", "Quarterly", "Yearly"),
    ]


def _invoice_flags_and_dates(at: str) -> list[Field]:
    return [
        Field(f"{at}duedate__c", "date", required=True),
        *plain(
            at,
            "date",
            "invdate paydiscdate dateapproved dateprinted datetransfer currexchratedate finchgdate psfirstduedate",
        ),
        *plain(at, "datetime", "errordate"),
        *plain(
            at,
            "boolean",
            "pre_approved approved printed transferred posted cancelled inprocess cashreceived"
            " taxexempt taxverified arapbypass asnsent custcurrency ovrsyforexsched invmultorders ppyinv"
            " sumfrt sumhand sumpackage taxfreight taxhandling taxpackaging schedpayments",
        ),
    ]


def _invoice_money(at: str) -> list[Field]:
    return [
        *numbers(
            at,
            "invoice:10,0 period:6,0 arperiod:6,0 total:16,2 discamt:16,2 freightamt:16,2"
            " handlingamt:16,2 packageamt:16,2 taxamt:16,2 taxovramt:16,2 shippingtax:16,2"
            " tottaxable:16,2 totalppya:16,2 grandtotal:16,2 amtcredited:10,2 bankcharge:10,2"
            " currexchrate:11,6 numberofpayments:3,0",
        ),
        *numbers(at, "discpct:7,4 paydiscpct:5,2 finchgpct:5,2", "percent"),
    ]


def _invoice_lookups(at: str) -> list[Field]:
    return [
        *lookups(at, f"custno:{CUSTOMER} div:{DIVISION} order:{ORDER} terms:{TERMS} soinv:{INVOICE}"),
        *lookups(at, f"account:{ACCOUNT} opportunity:{OPPORTUNITY} soship:{SHIPPER} taxloc:{TAX}"),
        *lookups(at, f"invbatch:{BATCH} soppy:{PREPAYMENT} project:{PROJECT}"),
        *lookups(at, f"freightacct:{ACCOUNT_CODE} handlingacct:{ACCOUNT_CODE} packageacct:{ACCOUNT_CODE}"),
        # assumed: the organization that grants the credit is kept among the customers
        *lookups(at, f"creditorg:{CUSTOMER}"),
    ]


def _invoice_roll_ups(at: str) -> list[Field]:
    return [
        formula(f"{at}prearpayamt__c", "double", formulas.paid_on_invoice),
        formula(f"{at}totcalctaxamount__c", "double", formulas.sum_of_lines("calctaxamount")),
        formula(f"{at}vatamt__c", "double", formulas.sum_of_lines("vatamt")),
        # over lines that the order discount applies to; which ones is not public, so the package's figure is stored
        *sealed(numbers(at, "discountable:16,2")),
    ]


def _invoice_formulas(at: str) -> list[Field]:
    signed = [formula(f"{at}{name}_rpt__c", "double", formulas.signed(f"{at}{name}__c")) for name in _COPIED.split()]
    customer = [formula(f"{at}{name}cc__c", "double", formulas.customer_currency(name)) for name in _COPIED.split()]
    home = [formula(f"{at}{name}hc__c", "double", formulas.home_currency(name)) for name in _COPIED.split()]
    key = formulas.key_of(f"{at}invoiceno__c", f"{at}div__c", DIVISION, "rstk__sydiv_div__c")
    return [
        formula(f"{at}amtcravail__c", "double", formulas.open_to_credit),
        formula(f"{at}currency__c", "string", formulas.invoice_currency),
        formula("rstk__formula_invoice__c", "string", formulas.copy_of(f"{at}invoiceno__c")),
        formula("rstk__formula_extid__c", "string", key),
        *signed,
        *customer,
        *home,
    ]


def _line() -> SObject:
    at = "rstk__soinvline_"
    return sobject(
        LINE,
        "Sales Order Invoice Line",
        external_id(EXTERNAL_ID, 100),
        master(INVOICE_OF_LINE, INVOICE, "rstk__Invoice_Line__r"),
        *lookups(at, f"prod:{PRODUCT} uom:{UOM} order:{ORDER} line:{SHIPPER_LINE}"),
        *lookups(at, f"salesacct:{ACCOUNT_CODE} syvatclass:{VAT_CLASS} project:{PROJECT}"),
        *numbers(
            at,
            "invline:5,0 qty:12,6 price:12,6 discamt:12,6 freightamt:16,2 handlingamt:16,2"
            " packageamt:16,2 calctaxamount:16,2 taxamount:16,2",
        ),
        *numbers(at, "discpct:5,2", "percent"),
        *plain(at, "boolean", "taxoverride taxexempt holdtaxovr noprint linecredit bccredit"),
        # assumed: lengths of the references into modules that a sync never reads
        *texts(at, "sorma:18 dimvals:255 wbs:80 incomesched:80"),
        *rich_texts(at, "extcomment intcomment"),
        *sealed(numbers(at, "vatamt:16,2")),
        *_line_formulas(at),
    )


def _line_formulas(at: str) -> list[Field]:
    made = [
        formula(f"{at}extamount__c", "double", formulas.extended, 18, 12),
        formula(f"{at}discextamount__c", "double", formulas.discounted, 18, 12),
        formula("rstk__formula_extid__c", "string", formulas.copy_of("Id")),
    ]
    amounts = {name: formulas.number_of(f"{at}{name}__c") for name in _COPIED_OF_LINE.split()}
    amounts |= {"extamount": formulas.extended, "discextamount": formulas.discounted}
    for name, of in amounts.items():
        made.append(formula(f"{at}{name}_rpt__c", "double", formulas.line_signed(of), 18, 12))
        made.append(formula(f"{at}{name}cc__c", "double", formulas.line_in_customer_currency(of), 18, 12))
        made.append(formula(f"{at}{name}hc__c", "double", formulas.line_in_home_currency(of), 18, 12))
    return made


def all_objects() -> dict[str, SObject]:
    """Every object of the org; those of Rootstock Financials are hidden unless the switch is on.

    New objects go to the end: their place decides which id prefix the org hands out.
    """
    made = [
        _invoice(),
        _line(),
        *objects_parties.master_data(),
        *objects_setup.first_objects(),
        objects_parties.order(),
        objects_setup.process_log(),
        *objects_payments.financials(),
        *objects_setup.more_objects(),
        *objects_parties.more_objects(),
        *objects_payments.more_objects(),
    ]
    return {one.name: one for one in made}
