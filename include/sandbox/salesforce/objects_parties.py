"""Customers, addresses, products, orders and shippers."""

from __future__ import annotations

from sandbox.salesforce import formulas
from sandbox.salesforce.names import (
    ACCOUNT,
    ACCOUNT_CODE,
    ADDRESS,
    CURRENCY,
    CUSTOMER,
    DIVISION,
    EXTERNAL_ID,
    INVOICE,
    ITEM,
    OPPORTUNITY,
    ORDER,
    PRODUCT,
    PRODUCT2,
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
    Formula,
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


def master_data() -> list[SObject]:
    """Who buys what."""
    return [_customer(), _address(), _product()]


def more_objects() -> list[SObject]:
    """What invoices point to besides."""
    return [
        _item(),
        _shipper(),
        _shipper_line(),
        sobject(PROJECT, "Project", _KEY, *texts("rstk__pjproj_", "projno:40 descr:255")),
        sobject(ACCOUNT, "Account", *texts_plain("AccountNumber:40 BillingCountry:80")),
        sobject(PRODUCT2, "Product", *texts_plain("ProductCode:255 Description:4000")),
        sobject(OPPORTUNITY, "Opportunity"),
    ]


def texts_plain(spec: str) -> list[Field]:
    """Text fields of standard objects, which carry no suffix."""
    pairs = (item.split(":") for item in spec.split())
    return [Field(name, "string", int(length)) for name, length in pairs]


def _customer() -> SObject:
    at = "rstk__socust_"
    return sobject(
        CUSTOMER,
        "Sales Order Customer",
        _KEY,
        *texts(
            at,
            "custno:40 sf_account_name:255 fscustid:50 altfscustid:50 cclass:40 taxidnumber:20 vatid:25"
            " website:255 noinvemail:80 resalecert:50 avaentitycode:40",
        ),
        *plain(at, "boolean", "taxexempt credithold manualhold prepayonly inactive maintcurrind"),
        *numbers(at, "creditlimit:16,2 arbalance:16,2 unbilledorders:16,2 maxunbilled:16,2"),
        *numbers(at, "discpct:5,2", "percent"),
        *lookups(at, f"fincust:{CUSTOMER} socust:{CUSTOMER} custcurr:{CURRENCY} terms:{TERMS} sf_account:{ACCOUNT}"),
        formula("rstk__formula_extid__c", "string", formulas.key_of(f"{at}custno__c")),
    )


def _address() -> SObject:
    at = "rstk__socaddr_"
    key = formulas.key_of(f"{at}seq__c", f"{at}custno__c", CUSTOMER, "rstk__socust_custno__c")
    return sobject(
        ADDRESS,
        "Customer Address",
        _KEY,
        # whether this is a master-detail is not known; the list on the customer is
        Field(f"{at}custno__c", "reference", 18, references=CUSTOMER, children="rstk__socaddrs__r"),
        *numbers(at, "seq:5,0"),
        *texts(
            at,
            "name:255 address1:100 address2:100 address3:100 city:40 state:40 zip:10 country:40"
            " isocountry:255 fax:40 locationref:80",
        ),
        *plain(at, "email", "email", 80),
        *plain(at, "phone", "phone", 40),
        # the facts write "useas*": which ones there are is assumed
        *plain(at, "boolean", "defaultbillto defaultshipto defaultack defaultinstall useasbillto useasshipto"),
        *lookups(at, f"taxloc:{TAX}"),
        formula("rstk__formula_extid__c", "string", key),
    )


def _product() -> SObject:
    at = "rstk__soprod_"
    kinds = ("Stock", "Configured", "Kit", "Service", "Miscellaneous", "Entitlement", "Recurring Service")
    return sobject(
        PRODUCT,
        "Sales Product",
        _KEY,
        *texts(at, "prod:50 descr:100 fsprodid:30 avataxcode:40 ean:20 comcod:40"),
        *plain(at, "boolean", "activeind taxexempt"),
        *numbers(at, "price:10,6"),
        picklist(f"{at}prodtype__c", *kinds),
        *lookups(at, f"div:{DIVISION} slsuom:{UOM} icitem:{ITEM} sf_product:{PRODUCT2}"),
        *lookups(at, f"vatclass:{VAT_CLASS} cosacct:{ACCOUNT_CODE}"),
        formula("rstk__formula_extid__c", "string", _of_division(at, "prod")),
    )


def _of_division(at: str, own: str) -> Formula:
    return formulas.key_of(f"{at}{own}__c", f"{at}div__c", DIVISION, "rstk__sydiv_div__c")


def _item() -> SObject:
    at = "rstk__peitem_"
    return sobject(
        ITEM,
        "Engineering Item",
        _KEY,
        *texts(at, "item:50 descr:255 status:40 type:40"),
        *lookups(at, f"div:{DIVISION}"),
        formula("rstk__formula_extid__c", "string", _of_division(at, "item")),
    )


def order() -> SObject:
    """The order header."""
    at = "rstk__sohdr_"
    return sobject(
        ORDER,
        "Sales Order Header",
        _KEY,
        *texts(at, "order:20 custpo:30 custref:30"),
        *lookups(at, f"custno:{CUSTOMER} div:{DIVISION} terms:{TERMS}"),
        *numbers(at, "ordertotal:16,2 freightamt:16,2 handlingamt:16,2 packageamt:16,2"),
    )


def _shipper() -> SObject:
    """Fields but the invoice are assumed: facts 3.5 tell them in words only (number, tracking)."""
    at = "rstk__soship_"
    return sobject(
        SHIPPER,
        "Shipper",
        _KEY,
        *texts(at, "shipperno:30 tracking:255 carrier:80 shipvia:80"),
        *plain(at, "date", "shipdate"),
        *lookups(at, f"invoice:{INVOICE} order:{ORDER} div:{DIVISION} custno:{CUSTOMER}"),
        *texts(at, "name:255 address1:100 address2:100 address3:100 city:40 state:40 zip:20 country:40"),
        formula("rstk__formula_extid__c", "string", _of_division(at, "shipperno")),
    )


def _shipper_line() -> SObject:
    """Assumed but for its name."""
    at = "rstk__soshipline_"
    return sobject(
        SHIPPER_LINE,
        "Shipper Line",
        _KEY,
        master(f"{at}soship__c", SHIPPER, "rstk__soshiplines__r"),
        *lookups(at, f"prod:{PRODUCT}"),
        *numbers(at, "line:5,0 qtyship:12,6"),
    )
