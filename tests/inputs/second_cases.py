"""Bad documents of Acumatica on their way to a store: what is wrong with each, what must be said, how it is mended.

Documents that only look bad are in ODD: they are carried. HELD ones are read, counted under a reason, and not carried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from wholesale import LAPTOP, Wholesale, lines_of, standing, summary_of

D = Decimal
HUNDRED = {"InventoryID": "AABOOK01", "Qty": "5", "UnitPrice": "20.00"}
UNICODE = "Ærø «Blå» Café 日本 🌱 \\ %_ 100% \u202eabc\x07\x1b"
STRANGER = "AR0000163"
"""In the seeded store an invoice of company 8102 has this number."""

FIELDS = {"purchase_order": "Store Order"}
"""The field takes 50 characters."""

Act = Callable[[Wholesale, str], object]
Shown = Mapping[str, Any]


@dataclass(frozen=True)
class Bad:
    """`plant` makes a document under its number, the id; `told`: what the reason must say."""

    id: str
    cause: str
    told: tuple[str, ...]
    plant: Act
    cure: Act | None = None
    number: str = ""
    after: str = ""
    """Behind this step `meanwhile` happens."""

    meanwhile: Act | None = None

    @property
    def document(self) -> str:
        return self.number or self.id.partition("-")[0]


@dataclass(frozen=True)
class Odd:
    """Looks bad and is carried: `there` says what the store then shows."""

    id: str
    plant: Act
    there: Callable[[Shown], bool]

    @property
    def document(self) -> str:
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class Held:
    """Is read and not carried: `reason` is what it is counted under; empty when the form does not even show it."""

    id: str
    plant: Act
    reason: str

    @property
    def document(self) -> str:
        return self.id.partition("-")[0]


def wrong(id: str, cause: str, told: str, right: Mapping[str, Any] | None = None, **fields: Any) -> Bad:
    """A document with fields that no form would take; `right` is what they are corrected to."""

    def plant(house: Wholesale, number: str) -> None:
        house.overwrite(house.sell(number), **fields)

    def cure(house: Wholesale, number: str) -> None:
        house.overwrite(f"Invoice/{number}", **(right or {}))

    return Bad(id, cause, tuple(told.split("|")), plant, cure if right else None)


def sale(*lines: Any, **fields: Any) -> Act:
    return lambda house, number: house.sell(number, *lines, **fields)


def buyer(customer: str, name: str = "Somebody", **fields: Any) -> Act:
    """An invoice of a customer of Acumatica, who is new there."""

    def plant(house: Wholesale, number: str) -> None:
        house.load.customer(customer, name, **fields)
        house.sell(number, customer=customer)

    return plant


def numbered(company: int, customer: str) -> Act:
    """Somebody puts the ERP's number on a company of the store."""
    return lambda house, _: house.edit_in_store("company", company, extraFields={"ERP Customer ID": customer})


def row(house: Wholesale, number: str) -> dict[str, Any]:
    return next(each for each in house.books.rows("Document") if each["ReferenceNbr"] == number)


def lines_with(**changes: Any) -> Act:
    """One line with wrong fields; the sums are those of the right one."""

    def plant(house: Wholesale, number: str) -> None:
        house.sell(number)
        held = row(house, number)
        house.overwrite(f"Invoice/{number}", Details=[{**held["Details"][0], **changes}])

    return plant


def mend_line(house: Wholesale, number: str) -> None:
    held = row(house, number)
    house.overwrite(f"Invoice/{number}", Details=[{**held["Details"][0], "Qty": D(1), "UnitPrice": D(500)}])


def _renamed(house: Wholesale, number: str) -> None:
    """There is no renumbering in Acumatica: it is canceled, and entered again."""
    house.erp("cancel", key=f"Invoice/{number}")
    house.sell(f"{number}-B")


def _two_of_a_number(house: Wholesale, number: str) -> None:
    house.sell(number, HUNDRED)
    house.sell(number, LAPTOP, Type="Debit Memo")


def _gone_customer(house: Wholesale, number: str) -> None:
    house.overwrite(house.sell(number), CustomerID="C99999999")


def _nameless(house: Wholesale, number: str) -> None:
    buyer("C-D24", "")(house, number)
    house.in_store("company", companyName="Whoever", extraFields={"ERP Customer ID": "C-D24"})


def _name(house: Wholesale, number: str) -> None:
    house.edit_in_erp("Customer", "C-D24", CustomerName="Named at last")


def _company_state(company: int, status: int) -> Act:
    return lambda house, _: house.edit_in_store("company", company, companyStatus=status)


def _with_fraction_of_a_yen(house: Wholesale, number: str) -> None:
    house.sell(number, ("AAMONITR01", "3", "24500"), customer="C00000293")
    house.overwrite(f"Invoice/{number}", Amount=D("73500.5"), Balance=D("73500.5"))


BAD: tuple[Bad, ...] = (
    Bad("D01-no-buyer", "no_customer_there", ("customer C-D01 certainly is",), buyer("C-D01"), numbered(8105, "C-D01")),
    Bad("D02-buyer-of-another-store", "no_customer_there", ("customer C00000402",),
        buyer("C00000402", "Atelier Cyan")),
    Bad("D03-number-of-a-strangers-invoice", "number_taken", (STRANGER, "already used there (id "), sale(),
        _renamed, number=STRANGER),
    Bad("D04-number-like-the-stores-own", "number", ("Invoice 00000936", "eight digits"), sale(), number="00000936"),
    Bad("D05-kwd-that-the-store-does-not-take", "currency", ("invoice D05", "does not take its currency"),
        sale(("AAMOUSE/01", "3", "4.125"), customer="C00000294")),
    Bad("D06-a-fraction-of-a-yen", "not-exact", ("D06", "73500.5", "more decimals than JPY"), _with_fraction_of_a_yen,
        lambda house, number: house.overwrite(f"Invoice/{number}", Amount=D(73500), Balance=D(73500))),
    wrong("D07-unknown-currency", "unknown-currency", "Invoice D07 is XQX|ISO 4217", {"Currency": "USD"},
          Currency="XQX"),
    wrong("D08-total-does-not-tie", "does_not_tie", "501.00 USD|500.00 USD|a gap of 1.00 USD", {"Amount": D(500)},
          Amount=D(501)),
    wrong("D09-one-cent-does-not-tie", "does_not_tie", "a gap of 0.01 USD", {"Amount": D(500)}, Amount=D("500.01")),
    wrong("D10-no-lines", "no-lines", "Invoice D10 has no lines", Details=[]),
    wrong("D11-no-customer", "missing-customer", "Invoice D11 has no customer", {"CustomerID": "C00000288"},
          CustomerID=None),
    wrong("D12-no-date", "missing-date", "Invoice D12 has no date", {"Date": date(2026, 11, 3)}, Date=None),
    wrong("D13-date-that-is-none", "bad-date", "date of Invoice D13|2026-13-45", {"Date": date(2026, 11, 3)},
          Date="2026-13-45"),
    wrong("D14-due-date-that-is-none", "bad-date", "due date of Invoice D14|soon", {"DueDate": date(2026, 12, 3)},
          DueDate="soon"),
    wrong("D15-no-amount", "missing-total", "Invoice D15 has no amount", {"Amount": D(500)}, Amount=None),
    wrong("D16-amount-nan", "not-a-number", "amount of Invoice D16 is|NaN", {"Amount": D(500)}, Amount=D("NaN")),
    wrong("D17-amount-as-words", "not-a-number", "amount of Invoice D17|five hundred", {"Amount": D(500)},
          Amount="five hundred"),
    wrong("D18-amount-of-seven-decimals", "not-exact", "Invoice D18|500.1234567|more decimals than USD",
          {"Amount": D(500)}, Amount=D("500.1234567")),
    wrong("D19-larger-than-any-amount", "not-exact", "Invoice D19|larger than any amount", {"Amount": D(500)},
          Amount=D("1e25")),
    wrong("D20-negative-balance", "balance", "Invoice D20|more is paid on it than it asks for|-5.00 USD",
          {"Balance": D(500)}, Balance=D(-5)),
    Bad("D21-negative-total", "negative", ("Invoice D21", "-500.00 USD", "no credits"),
        sale(("AACOMPUT01", "-1", "500.00"))),
    Bad("D22-two-companies-of-one-number", "ambiguous", ("C00000310", "8103, 8104"),
        buyer("C00000310", "Cobalt Fittings"), _company_state(8104, 3)),
    Bad("D23-company-that-is-not-active", "no_customer_there", ("C00000320",), buyer("C00000320", "Dormant Mills"),
        _company_state(8106, 1)),
    Bad("D24-customer-without-a-name", "missing-name", ("Customer C-D24 has no name",), _nameless, _name),
    Bad("D25-customer-that-is-gone", "unmatched", ("D25 refers to customer C99999999",), _gone_customer,
        lambda house, number: house.overwrite(f"Invoice/{number}", CustomerID="C00000288")),
    Bad("D26-number-with-a-control-character", "number", ("control characters",), sale(), number="D26\x07X"),
    Bad("D27-two-documents-of-one-number", "number_shared", ("under the number D27",), _two_of_a_number),
    Bad("D28-text-too-long-for-a-field", "extra_field", ("Invoice D28", "Store Order has 60 characters", "takes 50"),
        sale(CustomerOrder="P" * 60),
        lambda house, number: house.overwrite(f"Invoice/{number}", CustomerOrder="PO 28")),
    Bad("D29-quantity-that-is-none", "not-a-number", ("quantity of line 1 of Invoice D29", "many"),
        lines_with(Qty="many"), mend_line),
    Bad("D30-price-nan", "not-a-number", ("unit price of line 1 of Invoice D30", "NaN"), lines_with(UnitPrice=D("NaN")),
        mend_line),
    Bad("D31-company-deleted-after-planning", "reference", ("invoice D31", "company is no longer in the store"),
        buyer("C00000301", "Birchwood Joinery"), after="plan",
        meanwhile=lambda house, _: house.delete_in_store("company", 8102)),
    Bad("D32-company-made-inactive-after-planning", "reference", ("invoice D32", "inactive or was rejected"),
        sale(customer="C00000290"), _company_state(8113, 1), after="plan", meanwhile=_company_state(8113, 3)),
)  # fmt: skip


def _nobodys_terms(house: Wholesale, number: str) -> None:
    house.overwrite(house.sell(number), DueDate=None)


def _many_payments(house: Wholesale, number: str) -> None:
    house.sell(number)
    for _ in range(40):
        house.load.pay(number, "5.00")


def _account_only(house: Wholesale, number: str) -> None:
    house.sell(number, {"Qty": "1", "UnitPrice": "42.00", "TransactionDescr": UNICODE, "Account": "40500"})


def _empty_texts(house: Wholesale, number: str) -> None:
    texts = dict.fromkeys(("Description", "CustomerOrder", "ExternalRef", "Terms"), "")
    house.overwrite(house.sell(number), **texts, BillToAddress={}, ShipToAddress={})


def _inactive_customer(house: Wholesale, number: str) -> None:
    """He still owes what he bought."""
    house.in_store("company", companyName="Old Mill Pottery", extraFields={"ERP Customer ID": "C00000296"})
    house.sell(number, customer="C00000296")


ODD: tuple[Odd, ...] = (
    Odd("D41-jpy", sale(("AAMONITR01", "3", "24500"), customer="C00000293"),
        lambda there: standing(there)[:2] == (D(73500), D(73500)) and there["originalBalance"]["code"] == "JPY"),
    Odd("D42-taxes-inside", sale(("AAMONITR01", "2", "240.00"), customer="C00000292", TaxCalcMode="Gross"),
        lambda there: standing(there)[0] == D(480) == summary_of(there)["Subtotal"]),
    Odd("D43-500-lines", sale(*[("AABOOK01", "1", "20.00")] * 500),
        lambda there: (len(lines_of(there)), standing(there)[0]) == (500, D(10000))),
    Odd("D44-zero-total", sale(("SETUPFEE", "1", "0.00")), lambda there: standing(there)[:3] == (D(0), D(0), 2)),
    Odd("D45-customer-key-with-slash-and-space", sale(customer="C 100/7"),
        lambda there: (there["customerId"], there["externalCustomerId"]) == ("8119", "C 100/7")),
    Odd("D46-forty-payments", _many_payments, lambda there: standing(there)[1:3] == (D(300), 1)),
    Odd("D47-no-due-date", _nobodys_terms, lambda there: there["termsConditions"] == "30D"),
    Odd("D48-unicode-control-characters-and-no-item", _account_only,
        lambda there: lines_of(there)[0]["description"] == "Ærø «Blå» Café 日本 🌱 \\ %_ 100% abc"),
    Odd("D49-text-of-4000", sale({**HUNDRED, "TransactionDescr": "d" * 4000}),
        lambda there: len(lines_of(there)[0]["description"]) == 4000),
    Odd("D50-number-of-200", lambda house, number: house.sell(number + "-" + "9" * 196),
        lambda there: len(there["invoiceNumber"]) == 200),
    Odd("D51-empty-texts", _empty_texts, lambda there: (there["purchaseOrderNumber"], standing(there)[0]) == ("", 500)),
    Odd("D52-order-that-the-store-has-invoiced", sale(Description="| Order: 426 |", customer="C00000287"),
        lambda there: there["orderNumber"] == ""),
    Odd("D53-customer-on-credit-hold", lambda house, number: (
            house.in_store("company", companyName="Harbour", extraFields={"ERP Customer ID": "C00000295"}),
            house.sell(number, customer="C00000295")),
        lambda there: standing(there)[0] == 500),
    Odd("D54-customer-who-is-inactive", _inactive_customer, lambda there: standing(there)[0] == 500),
    Odd("D55-price-of-six-decimals", sale({**HUNDRED, "Qty": "1000", "UnitPrice": "0.123456"}),
        lambda there: standing(there)[0] == D("123.46") == summary_of(there)["Subtotal"]),
    Odd("D56-return-on-an-invoice", sale(LAPTOP, ("AABOOK01", "-2", "20.00")),
        lambda there: standing(there)[0] == 460 and lines_of(there)[1]["quantity"] == "-2"),
    Odd("D57-discount-of-the-whole", sale(("AABOOK01", "1", "20.00"), discount="20.00"),
        lambda there: standing(there)[0] == 0 and summary_of(there)["Discount"] == -20),
    Odd("D58-freight-and-nothing-else", sale(("SETUPFEE", "1", "0.00"), freight=[("15.00", "99.00")]),
        lambda there: standing(there)[0] == 15),
)  # fmt: skip

HELD: tuple[Held, ...] = (
    Held("D71-credit-memo", sale(Type="Credit Memo", Terms=None),
         "credit memo: its effect is in the balance of the invoices it is applied to"),
    Held("D72-cash-return", sale(Type="Cash Return", Terms=None),
         "cash return: its effect is in the balance of the invoices it is applied to"),
    Held("D73-unknown-type", sale(Type="Prepayment Invoice"), "Prepayment Invoice: this type is not carried"),
    Held("D74-unknown-status", sale(status="Under Review"), "unknown status Under Review"),
    Held("D75-empty-status", lambda house, number: house.overwrite(house.sell(number), Status=""),
         "unknown status (empty)"),
    Held("D76-on-hold", sale(status="On Hold"), "On Hold: a draft"),
    Held("D77-overdue-charge-of-ar-alone", sale(Type="Overdue Charge", sales=False), ""),
)  # fmt: skip
