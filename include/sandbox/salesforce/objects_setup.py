"""Set-up, users, and what the package logs."""

from __future__ import annotations

from sandbox.salesforce import formulas
from sandbox.salesforce.names import (
    ACCOUNT_CODE,
    BATCH,
    COMPANY,
    CURRENCY,
    DEFAULTS,
    DIVISION,
    EXTERNAL_ID,
    ORGANIZATION,
    PROCESS_LOG,
    RESULT,
    RESULT_DETAIL,
    ROOTSTOCK_USER,
    SYDATA,
    TAX,
    TERMS,
    UOM,
    USER,
    VAT_CLASS,
)
from sandbox.salesforce.schema import (
    STANDARD,
    Field,
    SObject,
    external_id,
    formula,
    lookups,
    master,
    numbers,
    plain,
    sobject,
    texts,
)

_KEY = external_id(EXTERNAL_ID, 100)


def first_objects() -> list[SObject]:
    """Companies, divisions and their codes."""
    return [
        _company(),
        sobject(
            DIVISION,
            "Division",
            _KEY,
            *texts("rstk__sydiv_", "div:5 descr:80"),
            *lookups("rstk__sydiv_", f"cmpno:{COMPANY}"),
            formula("rstk__formula_extid__c", "string", formulas.key_of("rstk__sydiv_div__c")),
        ),
        _defaults(),
        sobject(
            TERMS,
            "Terms",
            _KEY,
            *texts("rstk__syterms_", "id:15 descr:80"),
            *numbers("rstk__syterms_", "dueindays:5,0 discpercent:5,2 discdaysoffset:5,0"),
            formula("rstk__formula_extid__c", "string", formulas.key_of("rstk__syterms_id__c")),
        ),
        sobject(
            CURRENCY,
            "Currency",
            _KEY,
            *texts("rstk__sycurr_", "currency:3 descr:80"),
            *numbers("rstk__sycurr_", "exchrate:11,6"),
        ),
        sobject(UOM, "Unit of Measure", _KEY, *texts("rstk__syuom_", "uom:4 descr:80")),
    ]


def _company() -> SObject:
    at = "rstk__sycmp_"
    return sobject(
        COMPANY,
        "Company",
        _KEY,
        *texts(at, "cmpno:5 descr:80 qbcompany:20 ff_company:80 qbnamedcredential:80"),
        *plain(at, "boolean", "qbprimecmp arapbypass"),
        *numbers(at, "utcoffset:4,2"),
        *lookups(at, f"homecurr:{CURRENCY}"),
        formula("rstk__formula_extid__c", "string", formulas.key_of(f"{at}cmpno__c")),
    )


def _defaults() -> SObject:
    """No field is known that names the holder of a lock; Salesforce's own stamps tell who wrote it and when."""
    at = "rstk__sydefault_"
    return sobject(
        DEFAULTS,
        "System Defaults",
        *plain(at, "boolean", "salesexport payexport jeexport qbautoprod abortonerror qbomultcmpno"),
        *texts(at, "qbcompany:20"),
        *numbers(at, "qbtimeout:6,0"),
        Field("LastModifiedById", "reference", 18, updateable=False, references=USER),
    )


def more_objects() -> list[SObject]:
    """Codes, batches and users."""
    return [
        _tax(),
        _batch(),
        sobject(ACCOUNT_CODE, "Account Code", _KEY, *texts("rstk__syacc_", "mfgacct:40 descr:255")),
        sobject(VAT_CLASS, "VAT Class", _KEY, *texts("rstk__syvatclass_", "vatclass:20 descr:255")),
        sobject(
            ROOTSTOCK_USER,
            "Rootstock User",
            _KEY,
            *lookups("rstk__syusr_", f"employee:{USER} div:{DIVISION}"),
            *plain("rstk__syusr_", "boolean", "inactive"),
        ),
        *_results(),
        SObject(ORGANIZATION, "Organization", {one.name: one for one in (*STANDARD, *_organization())}),
        sobject(
            USER, "User", Field("Username", "string", 80), Field("Email", "email", 80), Field("IsActive", "boolean")
        ),
    ]


def _organization() -> tuple[Field, ...]:
    return (
        Field("IsSandbox", "boolean", updateable=False),
        Field("InstanceName", "string", 5, updateable=False),
        Field("OrganizationType", "string", 40, updateable=False),
    )


def _tax() -> SObject:
    at = "rstk__sotax_"
    return sobject(
        TAX,
        "Tax Location",
        _KEY,
        *texts(at, "locid:50 descr:255"),
        # the facts tell the rates in words; the names of all but the total are assumed
        *numbers(at, "totalrate:7,4 staterate:7,4 countyrate:7,4 cityrate:7,4 federalrate:7,4 transitrate:7,4"),
        formula("rstk__formula_extid__c", "string", formulas.key_of(f"{at}locid__c")),
    )


def _batch() -> SObject:
    at = "rstk__soibatch_"
    return sobject(
        BATCH,
        "Invoice Batch",
        _KEY,
        *texts(at, "invbatch:30 descr:255"),
        *plain(at, "boolean", "approved closed printed transferred"),
        # "+ dates" in the facts; named like those of the invoice
        *plain(at, "date", "dateapproved dateclosed dateprinted datetransfer"),
        *lookups(at, f"div:{DIVISION}"),
    )


def process_log() -> SObject:
    """What the vendor's own runs leave behind."""
    return sobject(
        PROCESS_LOG,
        "Process Log",
        *texts("rstk__", "status:200 substatus:255 errormessage:255 output:255 jobid:18"),
        # assumed lengths
        *texts("rstk__", "errorrecord:255 uikey:255"),
        *plain("rstk__", "datetime", "begintime endtime"),
        *plain("rstk__", "boolean", "completed iserror isbatch isqueueable"),
        *plain("rstk__", "textarea", "errorstack log data", 32768),
        *plain("rstk__", "textarea", "errormessagelong warningmessage input", 10000),
        *lookups("rstk__", f"sydiv:{DIVISION} sydata:{SYDATA} runby:{USER}"),
    )


def _results() -> list[SObject]:
    at = "rstk__syresult_"
    counts = " ".join(f"number{number:02d}:18,6" for number in range(1, 11))
    return [
        sobject(
            RESULT,
            "Processing Results",
            *texts(at, "desc:200 processid:100 objectid:20 processtype:80"),
            *plain(at, "textarea", "log", 32768),
            *numbers(at, f"{counts} sequence:10,0"),
            *lookups(at, f"sydiv:{DIVISION} sycmp:{COMPANY}"),
        ),
        sobject(
            RESULT_DETAIL,
            "Processing Results Detail",
            # the name of the list is assumed
            master("rstk__syresultd_syresult__c", RESULT, "rstk__syresultds__r"),
            *texts("rstk__syresultd_", "errortext:255"),
            *plain("rstk__syresultd_", "textarea", "longerrortext", 32768),
            *plain("rstk__syresultd_", "boolean", "repairerror"),
        ),
    ]
