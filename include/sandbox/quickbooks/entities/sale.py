"""What invoices and credit memos share. Rules: developer.intuit.com, entities/invoice and creditmemo."""

from datetime import date, timedelta
from decimal import Decimal

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, given
from sandbox.quickbooks.entities.currency import ONE_CURRENCY, exchange_rate, named_currency
from sandbox.quickbooks.entities.custom_fields import custom_fields
from sandbox.quickbooks.entities.line_tax import Rules, rules_of
from sandbox.quickbooks.entities.lines import built_lines, check_tracked, total_of
from sandbox.quickbooks.entities.lists import due_date
from sandbox.quickbooks.entities.names import check_email
from sandbox.quickbooks.entities.numbers import check_number, number_of
from sandbox.quickbooks.entities.tax import built_tax
from sandbox.quickbooks.entities.transaction import TransactionKind, check_books, check_currency
from sandbox.quickbooks.wire import CENT, Record, money

# QuickBooks gave a plain invoice of a real company thirty days.
_DEFAULT_DAYS = 30
# Sent by clients all the same; what is kept of them is computed.
_IGNORED = frozenset({"ExchangeRate", "AutoDocNumber", "DeliveryInfo", "RecurDataRef", "DocNumber"})


class SaleKind(TransactionKind):
    """A sale or its reverse: everything about its amounts is computed here."""

    computed = frozenset({"TotalAmt", "Balance", "HomeTotalAmt", "HomeBalance", "InvoiceLink", "RemainingCredit"})
    auto_number = False

    def merged(self, old: Record, body: Record) -> Record:
        kept = super().merged(old, body)
        tax = kept.get("TxnTaxDetail", {})
        if "Line" in body and "TxnTaxDetail" not in body:
            # New lines under a tax code are taxed anew.
            code = tax.get("TxnTaxCodeRef")
            kept["TxnTaxDetail"] = {"TxnTaxCodeRef": code} if code else {}
        return kept

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        call.need(body, "CustomerRef")
        customer = call.refer("Customer", "Names", body.get("CustomerRef"), "CustomerRef")
        rules = rules_of(call, body)
        content = self._dated(call, body, customer, old)
        lines = built_lines(call, rules, body, content["TxnDate"])
        self._check(call, body, content, old)
        code = check_currency(call, body, customer, ONE_CURRENCY)
        content |= {"Line": lines, "TxnTaxDetail": built_tax(call, rules, body, lines)}
        content["CurrencyRef"] = named_currency(call.company, code)
        content["CustomField"] = custom_fields(call, body)
        if call.problems:
            return content
        return self._finished(call, rules, body, content, old)

    def _finished(self, call: Call, rules: Rules, body: Record, content: Record, old: Record | None) -> Record:
        number = number_of(call, body, old, self.auto_number)
        content = {**content, **({"DocNumber": number} if number else {})}
        if not rules.in_us:
            content.setdefault("GlobalTaxCalculation", "TaxExcluded" if rules.on else "NotApplicable")
        content = self._rounded(call, content)
        content |= self.amounts(call, content, old)
        content |= _in_home(call, body, content)
        if content["TotalAmt"] < 0:
            call.problems.append(faults.business("Transaction amount must be 0 or greater", "TotalAmt"))
        return content

    def _dated(self, call: Call, body: Record, customer: Record | None, old: Record | None) -> Record:
        held = old or {}
        customer = customer or {}
        ignored = _IGNORED | ({"GlobalTaxCalculation"} if call.company.in_us else set())
        content = given({k: v for k, v in body.items() if k not in ignored}, {
            "TxnDate": held.get("TxnDate", call.today()), **self.defaults(customer, old),
            "ApplyTaxAfterDiscount": False, "PrintStatus": "NeedToPrint", "EmailStatus": "NotSet",
        })  # fmt: skip
        if old is None:
            content = given(content, _from_customer(customer))
        if customer:
            content["CustomerRef"] = {"value": customer["Id"], "name": customer["DisplayName"]}
        content.update({k: held[k] for k in ("DeliveryInfo",) if k in held})
        return content

    def defaults(self, customer: Record, old: Record | None) -> Record:
        """What one kind of sale fills in."""
        return {}

    def _check(self, call: Call, body: Record, content: Record, old: Record | None) -> None:
        check_books(call, content, old)
        check_email(call, content.get("BillEmail", {}).get("Address"), "BillEmail")
        for name in ("BillEmailCc", "BillEmailBcc"):
            check_email(call, content.get(name, {}).get("Address"), name)
        if content["EmailStatus"] == "NeedToSend" and "BillEmail" not in content:
            call.problems.append(faults.missing("BillEmail"))
        _check_refs(call, content)
        longest, tracking = int(call.settings.tracking_num_length), content.get("TrackingNum", "")
        if len(tracking) > longest:
            call.problems.append(faults.wrong_length("TrackingNum", len(tracking), longest))
        check_number(call, self.name, body, old)

    def _rounded(self, call: Call, content: Record) -> Record:
        """The cent that QuickBooks rounds differently, where a test asks for one: in the tax, if there is one."""
        tax, cents = content["TxnTaxDetail"], _cents_off(call)
        if not cents or not tax["TotalTax"]:
            return content
        lines = [*tax.get("TaxLine", [])]
        if lines:
            lines[-1] = {**lines[-1], "Amount": lines[-1]["Amount"] + cents}
        split = {"TaxLine": lines} if lines else {}
        return {**content, "TxnTaxDetail": {**tax, **split, "TotalTax": tax["TotalTax"] + cents}}

    def total(self, call: Call, content: Record) -> Decimal:
        """Lines less discount plus tax."""
        lines, tax = content["Line"], content["TxnTaxDetail"]["TotalTax"]
        subtotal = total_of(lines, "SubTotalLineDetail") - total_of(lines, "DiscountLineDetail")
        return money(subtotal + (tax or _cents_off(call)))

    def amounts(self, call: Call, content: Record, old: Record | None) -> Record:
        """TotalAmt and what is still open of it."""
        return {"TotalAmt": self.total(call, content)}


def _cents_off(call: Call) -> Decimal:
    return Decimal(str(call.settings.rounding_cents)) * CENT


def due(call: Call, content: Record) -> str:
    """By the invoice's term, else by the company's usual one."""
    term = call.refer("Term", "Terms", content.get("SalesTermRef"), "SalesTermRef")
    usual = call.company.prefs("SalesFormsPrefs").get("DefaultTerms", {}).get("value", "")
    term = term or call.company.get("Term", usual)
    if term is not None:
        return due_date(term, content["TxnDate"])
    return (date.fromisoformat(content["TxnDate"]) + timedelta(days=_DEFAULT_DAYS)).isoformat()


def _from_customer(customer: Record) -> Record:
    bill = customer.get("BillAddr")
    email = customer.get("PrimaryEmailAddr")
    return {
        "BillAddr": bill, "ShipAddr": customer.get("ShipAddr", bill),
        "BillEmail": {"Address": email["Address"]} if email else None,
    }  # fmt: skip


def _check_refs(call: Call, content: Record) -> None:
    tracking = call.company.prefs("AccountingInfoPrefs")
    check_tracked(call, content, "ClassRef", "Class", "Klasses", bool(tracking.get("ClassTrackingPerTxn")))
    check_tracked(call, content, "DepartmentRef", "Department", "Depts", bool(tracking.get("TrackDepartments")))
    call.refer("Account", "Accounts", content.get("DepositToAccountRef"), "DepositToAccountRef")
    # a project is a customer record of a kind of its own
    project = call.refer("Customer", "Names", content.get("ProjectRef"), "ProjectRef")
    if project is not None and not project.get("IsProject"):
        call.problems.append(faults.unknown_reference("Projects", project["Id"], "ProjectRef"))


def _in_home(call: Call, body: Record, content: Record) -> Record:
    """With many currencies every amount is answered in the home currency too."""
    if not call.company.many_currencies:
        return {}
    code = content["CurrencyRef"]["value"]
    rate = exchange_rate(call, code, content["TxnDate"], body.get("ExchangeRate"))
    home = {"ExchangeRate": rate, "HomeTotalAmt": money(content["TotalAmt"] * rate)}
    return home | ({"HomeBalance": money(content["Balance"] * rate)} if "Balance" in content else {})
