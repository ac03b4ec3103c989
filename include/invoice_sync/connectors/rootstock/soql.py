"""What is asked of Rootstock: objects, fields and query texts. Pure.

Names are those of the package as facts section 3 lists them; `Rootstock.inspect` compares them with the
describe of the customer's org, because Rootstock publishes no object reference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from invoice_sync.model.documents import Entity
from invoice_sync.model.flow import WriteBack

INVOICE, LINE = "rstk__soinv__c", "rstk__soinvline__c"
CUSTOMER, ADDRESS, PRODUCT = "rstk__socust__c", "rstk__socaddr__c", "rstk__soprod__c"
COMPANY, DIVISION, ORDER = "rstk__sycmp__c", "rstk__sydiv__c", "rstk__sohdr__c"
CURRENCY, DEFAULTS = "rstk__sycurr__c", "rstk__sydefault__c"
TERMS, TAX_LOCATION, SHIPPER = "rstk__syterms__c", "rstk__sotax__c", "rstk__soship__c"
TABLES: Mapping[Entity, str] = {
    "customer": CUSTOMER,
    "product": PRODUCT,
    "invoice": INVOICE,
    "credit_memo": INVOICE,
}
FINANCIALS = "rstkf__arinvtxn__c"

IDS_PER_QUERY = 200
# Salesforce answers 414 or 431 to a GET whose URI is longer than 16,384 bytes together with its headers
LONGEST_QUERY = 15_000

RELATIONS: Mapping[str, str] = {
    "rstk__soinv_custno__r": CUSTOMER,
    "rstk__soinv_div__r": DIVISION,
    "rstk__soinv_order__r": ORDER,
    "rstk__soinv_terms__r": TERMS,
    "rstk__soinv_taxloc__r": TAX_LOCATION,
    "rstk__soinv_soship__r": SHIPPER,
    "rstk__socust_terms__r": TERMS,
    "rstk__socust_custcurr__r": CURRENCY,
    "rstk__soinvline_invoice__r": INVOICE,
    "rstk__soinvline_prod__r": PRODUCT,
    "rstk__soprod_div__r": DIVISION,
    "rstk__sydiv_cmpno__r": COMPANY,
    "rstk__sycmp_homecurr__r": CURRENCY,
}


def _own(code: str, names: str) -> tuple[str, ...]:
    return tuple(f"rstk__{code}_{name}__c" for name in names.split())


COMPANY_OF_INVOICE = "rstk__soinv_div__r.rstk__sydiv_cmpno__r.rstk__sycmp_cmpno__c"
COMPANY_OF_PRODUCT = "rstk__soprod_div__r.rstk__sydiv_cmpno__r.rstk__sycmp_cmpno__c"

STAMP_FIELDS = ("Id", "SystemModstamp")
QUEUE_FIELDS = (
    *STAMP_FIELDS,
    *_own("soinv", "txntype approved transferred cancelled inprocess ppyinv"),
    COMPANY_OF_INVOICE,
)
HEADER_FIELDS = (
    *QUEUE_FIELDS,
    *_own("soinv", "invoiceno invdate duedate custno soinv totalppya currexchrate intcomment"),
    *_own("soinv", "taxfreight taxhandling taxpackaging"),
    *_own("soinv", "total discamt freightamt handlingamt packageamt taxamt taxovramt shippingtax grandtotal"),
    *_own("soinv", "currency email extcomment address1 address2 address3 city state zip country isocountry"),
    "rstk__soinv_custno__r.rstk__socust_custno__c",
    "rstk__soinv_custno__r.rstk__socust_fincust__c",
    "rstk__soinv_order__r.rstk__sohdr_custpo__c",
    "rstk__soinv_order__r.rstk__sohdr_order__c",
    "rstk__soinv_terms__r.rstk__syterms_id__c",
    "rstk__soinv_taxloc__r.rstk__sotax_locid__c",
    "rstk__soinv_div__r.rstk__sydiv_div__c",
    "rstk__soinv_div__r.rstk__sydiv_cmpno__r.rstk__sycmp_homecurr__r.rstk__sycurr_currency__c",
)
# the facts list shipper number and tracking as known and no field names: by the naming rule, so not required
SHIPPER_FIELDS = tuple(f"rstk__soinv_soship__r.{name}" for name in _own("soship", "tracking shipdate"))
LINE_FIELDS = (
    *STAMP_FIELDS,
    *_own("soinvline", "invoice invline prod qty price discamt taxexempt taxoverride calctaxamount taxamount"),
    "rstk__soinvline_prod__r.rstk__soprod_prod__c",
    "rstk__soinvline_prod__r.rstk__soprod_descr__c",
)
LINE_STAMP_FIELDS = (*STAMP_FIELDS, "rstk__soinvline_invoice__c")
CUSTOMER_FIELDS = (
    *STAMP_FIELDS,
    "Name",
    *_own("socust", "custno sf_account_name fscustid altfscustid taxidnumber vatid"),
    "rstk__socust_custcurr__r.rstk__sycurr_currency__c",
    "rstk__socust_terms__r.rstk__syterms_id__c",
)
ADDRESS_FIELDS = (
    *STAMP_FIELDS,
    *_own(
        "socaddr", "custno seq defaultbillto defaultshipto address1 address2 address3 city state zip country isocountry"
    ),
    *_own("socaddr", "email phone"),
)
PRODUCT_FIELDS = (*STAMP_FIELDS, *_own("soprod", "prod descr prodtype fsprodid"))
COMPANY_FIELDS = ("Id", *_own("sycmp", "cmpno descr qbprimecmp qbcompany"))
STATE_FIELDS: Mapping[str, tuple[str, ...]] = {
    INVOICE: (*STAMP_FIELDS, *_own("soinv", "transferred cancelled acctinvoice errortext")),
    CUSTOMER: (*STAMP_FIELDS, *_own("socust", "fscustid altfscustid")),
    PRODUCT: (*STAMP_FIELDS, *_own("soprod", "fsprodid")),
}
EXPORT_LOCK = "rstk__sydefault_salesexport__c"

ACKNOWLEDGED = _own("soinv", "acctinvoice errortext errordate")
WRITTEN: Mapping[WriteBack, tuple[str, ...]] = {
    "none": (),
    "acknowledge": ACKNOWLEDGED,
    "transferred_flag": (*ACKNOWLEDGED, *_own("soinv", "transferred datetransfer")),
}


def literal(value: str) -> str:
    """A text as a SOQL literal; the only place where a value enters a query."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def moment(value: datetime) -> str:
    """A UTC date-time as SOQL wants it: no quotes, whole seconds."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


def among(field: str, values: Iterable[str]) -> str:
    return f"{field} IN ({','.join(literal(value) for value in values)})"


def select(fields: Iterable[str], table: str, where: str = "", order: str = "") -> str:
    parts = ["SELECT", ", ".join(fields), "FROM", table]
    parts += ["WHERE", where] if where else []
    parts += ["ORDER BY", order] if order else []
    return " ".join(parts)


def of_company(company: str, via: str = "") -> str:
    """Documents of one company, whatever their flags; `via` is the relation that leads to the invoice."""
    return f"{via}{COMPANY_OF_INVOICE} = {literal(company)}"


def in_queue(
    company: str, kinds: Iterable[str] = ("Invoice", "Credit Memo"), via: str = "", *, prepayment: bool = False
) -> str:
    """The condition of the export queue. Prepayment invoices are documents of their own kind (facts 8.6)."""
    return " AND ".join(
        (
            f"{via}rstk__soinv_approved__c = true",
            f"{via}rstk__soinv_transferred__c = false",
            f"{via}rstk__soinv_cancelled__c = false",
            f"{via}rstk__soinv_inprocess__c = false",
            f"{via}rstk__soinv_ppyinv__c = {str(prepayment).lower()}",
            among(f"{via}rstk__soinv_txntype__c", kinds),
            of_company(company, via),
        )
    )


def needed_by_queue(company: str, entity: Entity) -> tuple[str, ...]:
    """Conditions of customers or products that documents in the queue name; a customer may pay for another one."""
    if entity == "product":
        waiting = in_queue(company, via="rstk__soinvline_invoice__r.")
        return (f"Id IN (SELECT rstk__soinvline_prod__c FROM {LINE} WHERE {waiting})",)  # noqa: S608 - escaped
    payer, queue = "rstk__soinv_custno__r.rstk__socust_fincust__c", in_queue(company)
    return (
        f"Id IN (SELECT rstk__soinv_custno__c FROM {INVOICE} WHERE {payer} = null AND {queue})",  # noqa: S608
        f"Id IN (SELECT {payer} FROM {INVOICE} WHERE {payer} != null AND {queue})",  # noqa: S608
    )


def portions(values: Sequence[str], query: Callable[[Sequence[str]], str]) -> Iterator[str]:
    """The query for all `values`, in as few texts as ids per query and length of a URL allow."""
    unique = list(dict.fromkeys(values))
    size = _portion(unique, query)
    for start in range(0, len(unique), size):
        yield query(unique[start : start + size])


def required_fields() -> dict[str, set[str]]:
    """By object, every field that some query of ours names."""
    asked: dict[str, set[str]] = defaultdict(set)
    for table, paths in _QUERIED:
        for path in paths:
            _walk(asked, table, path)
    return dict(asked)


_QUERIED = (
    (INVOICE, (*HEADER_FIELDS, *STATE_FIELDS[INVOICE], "rstk__externalid__c")),
    (LINE, (*LINE_FIELDS, "rstk__soinvline_invoice__r.Id")),
    (CUSTOMER, CUSTOMER_FIELDS),
    (ADDRESS, ADDRESS_FIELDS),
    (PRODUCT, (*PRODUCT_FIELDS, COMPANY_OF_PRODUCT)),
    (COMPANY, COMPANY_FIELDS),
    (DEFAULTS, (EXPORT_LOCK,)),
)


def _walk(asked: dict[str, set[str]], table: str, path: str) -> None:
    *hops, field = path.split(".")
    for hop in hops:
        asked[table].add(f"{hop.removesuffix('__r')}__c")
        table = RELATIONS[hop]
    asked[table].add(field)


def _portion(values: Sequence[str], query: Callable[[Sequence[str]], str]) -> int:
    longest = max(values, key=lambda value: _wire_length(literal(value)), default="")
    empty = _wire_length(query([]))
    each = max(1, _wire_length(query([longest, longest])) - _wire_length(query([longest])))
    return max(1, min(IDS_PER_QUERY, (LONGEST_QUERY - empty) // each))


def _wire_length(soql: str) -> int:
    return len(urlencode({"q": soql}))
