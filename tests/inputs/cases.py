"""Bad documents: what is wrong with each, what must be said about it, and how it is corrected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from inputs.planting import DAY, Source

D = Decimal
ONE = ("P-100", "1", "12.50")
GOOD = {"prod": "P-100", "qty": D(1), "price": D("12.50")}
UNICODE = "Ærø «Blå» Café 日本 🌱 \\ %_ 100% \u202eabc"
Act = Callable[[Source, str], object]


@dataclass(frozen=True)
class Bad:
    """`plant` makes a document under its number, the id; `told`: what the reason must say, the figure among it."""

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


def head(id: str, cause: str, told: str, cured: Mapping[str, Any], **wrong: Any) -> Bad:
    """A header with wrong fields, and what they are corrected to."""

    def plant(source: Source, number: str) -> None:
        source.invoice(number, (ONE,), **wrong)

    def cure(source: Source, number: str) -> None:
        source.change("invoice", number, **cured)

    return Bad(id, cause, tuple(told.split("|")), plant, cure)


def line(id: str, cause: str, told: str, cured: Mapping[str, Any], **wrong: Any) -> Bad:
    """A line with wrong fields; the total is that of the right one."""

    def plant(source: Source, number: str) -> None:
        source.invoice(number, (GOOD | wrong,), total=D("12.50"), grandtotal=D("12.50"))

    def cure(source: Source, number: str) -> None:
        source.change("line", number, **cured)

    return Bad(id, cause, tuple(told.split("|")), plant, cure)


def party(id: str, cause: str, told: str, cured: Mapping[str, Any], name: str | None = None, **wrong: Any) -> Bad:
    """A customer with wrong fields, and an invoice for him; fields of his address begin with at_."""
    address = {key.removeprefix("at_"): value for key, value in wrong.items() if key.startswith("at_")}
    fields = {key: value for key, value in wrong.items() if not key.startswith("at_")}

    def plant(source: Source, number: str) -> None:
        source.customer(f"C-{number}", name, address=address, **fields)
        source.invoice(number, (ONE,), customer=f"C-{number}")

    def cure(source: Source, number: str) -> None:
        kind = "address" if address else "customer"
        source.change(kind, f"C-{number}", **{key.removeprefix("at_"): value for key, value in cured.items()})

    return Bad(id, cause, tuple(told.split("|")), plant, cure)


def goods(id: str, cause: str, told: str, cured: Mapping[str, Any], code: str = "", **wrong: Any) -> Bad:
    """A product with wrong fields, and an invoice for it."""

    def plant(source: Source, number: str) -> None:
        source.product(code or f"W-{number}", **wrong)
        source.invoice(number, ((code or f"W-{number}", "2", "3.00"),))

    def cure(source: Source, number: str) -> None:
        source.change("product", code or f"W-{number}", **cured)

    return Bad(id, cause, tuple(told.split("|")), plant, cure)


def _no_lines(source: Source, number: str) -> None:
    source.invoice(number, (), total=D("12.50"), grandtotal=D("12.50"))


def _a_line(source: Source, number: str) -> None:
    source.line(number, *ONE)


def _no_customer(source: Source, number: str) -> None:
    source.invoice(number, customer=None)


def _give_customer(source: Source, number: str) -> None:
    source.change("invoice", number, custno=source.loader.customer("C-1001"))


def _negative_total(source: Source, number: str) -> None:
    source.invoice(number, (("P-100", "-2", "12.50"),))


def _turn_it(source: Source, number: str) -> None:
    source.change("line", number, qty=D(2))
    source.change("invoice", number, total=D(25), grandtotal=D(25))


def _foreign_money(code: str) -> Act:
    def plant(source: Source, number: str) -> None:
        source.customer(f"C-{number}", None, custcurr=source.currency(code))
        source.invoice(number, customer=f"C-{number}", custcurrency=True)

    return plant


def _fraction_of_a_yen(source: Source, number: str) -> None:
    _foreign_money("JPY")(source, number)


def _in_home_money(source: Source, number: str) -> None:
    source.change("customer", f"C-{number}", custcurr=source.currency("USD"))
    source.change("invoice", number, custcurrency=False)


def _long_number(source: Source, number: str) -> None:
    source.invoice(number)


def _shorter_number(source: Source, number: str) -> None:
    source.change("invoice", number, invoiceno=number[:8])


def _too_many_lines(source: Source, number: str) -> None:
    source.invoice(number, [("P-100", "1", "1.00")] * 751, taxamt=D("60.08"), grandtotal=D("811.08"))


def _two_of_a_number(source: Source, number: str) -> None:
    source.invoice(f"{number}")
    second = source.invoice(None, (("P-100", "3", "12.50"),))
    source._ids["invoice", "second"] = second
    source.change("invoice", "second", invoiceno=number)


def _renumber(source: Source, number: str) -> None:
    source.change("invoice", "second", invoiceno=f"{number}-2")


def _credit_of(what: str) -> Act:
    """A credit memo of an invoice that this flow never carried, or of one that waits itself."""

    def plant(source: Source, number: str) -> None:
        rows = source.house.records("salesforce", "rstk__soinv__c")
        credited = next(row["Id"] for row in rows if row["rstk__soinv_invoiceno__c"] == what)
        source.invoice(number, txntype="Credit Memo", soinv=credited)

    return plant


def _credit_of_nothing(source: Source, number: str) -> None:
    source.change("invoice", number, soinv=None)


def _vendors_name(source: Source, number: str) -> None:
    source.customer(f"C-{number}", "Harbor Line Freight")
    source.invoice(number, customer=f"C-{number}")


def _employees_name(source: Source, number: str) -> None:
    source.customer(f"C-{number}", "Dana Field")
    source.invoice(number, customer=f"C-{number}")


def _other_name(source: Source, number: str) -> None:
    source.change("customer", f"C-{number}", sf_account_name=f"Renamed {number}")


def _same_name_twice(source: Source, number: str) -> None:
    """The first goes, and is created under the name that the second wants as well."""
    for suffix in ("", "b"):
        source.customer(f"C-{number}{suffix}", "Twin Pines Dairy")
    source.invoice(f"{number}ok", customer=f"C-{number}")
    source.invoice(number, customer=f"C-{number}b")


def _rename_twin(source: Source, number: str) -> None:
    source.change("customer", f"C-{number}b", sf_account_name="Twin Pines Dairy West")


def _sku_twice(source: Source, number: str) -> None:
    for name in ("Twin one", "Twin two"):
        _item(source, name, Sku=f"W-{number}")
    source.product(f"W-{number}")
    source.invoice(number, ((f"W-{number}", "2", "3.00"),))


def _name_the_twin(source: Source, number: str) -> None:
    twin = next(row for row in source.house.records("quickbooks", "Item") if row["Name"] == "Twin one")
    source.change("product", f"W-{number}", fsprodid=twin["Id"])


def _item(source: Source, name: str, **fields: Any) -> str:
    whole = {"Name": name, "Type": "NonInventory", "IncomeAccountRef": {"value": "79"}} | fields
    return str(source.house.insert("quickbooks", "Item", **whole)["Id"])


def _linked_product(**fields: Any) -> Act:
    """A product whose id at QuickBooks is on record."""

    def plant(source: Source, number: str) -> None:
        extra = dict(fields)
        if extra.pop("own_account", False):
            made = source.house.insert(
                "quickbooks", "Account", Name=f"Sales {number}", AccountType="Income",
                AccountSubType="SalesOfProductIncome",
            )  # fmt: skip
            extra["IncomeAccountRef"] = {"value": made["Id"]}
        source.product(f"W-{number}", fsprodid=_item(source, f"Ware {number}", **extra))
        source.invoice(number, ((f"W-{number}", "2", "3.00"),))

    return plant


def _switch(entity: str, name: str, active: bool) -> Act:
    """Somebody makes a record of QuickBooks inactive, or active again."""
    key = "DisplayName" if entity == "Customer" else "Name"

    def act(source: Source, number: str) -> None:
        wanted = name.format(number)
        rows = source.house.records("quickbooks", entity)
        row = next(each for each in rows if str(each[key]).removesuffix(" (deleted)") == wanted)
        source.house.edit("quickbooks", entity, row["Id"], Active=active)

    return act


def _linked_customer(source: Source, number: str) -> None:
    made = source.house.insert("quickbooks", "Customer", DisplayName=f"Linked {number}")
    source.customer(f"C-{number}", f"Linked {number}", fscustid=made["Id"])
    source.invoice(number, customer=f"C-{number}")


def _strangers_number(source: Source, number: str) -> None:
    detail = {"ItemRef": {"value": "2001"}}
    sold = {"DetailType": "SalesItemLineDetail", "Amount": 7, "SalesItemLineDetail": detail}
    source.house.insert("quickbooks", "Invoice", DocNumber=number, CustomerRef={"value": "1010"}, Line=[sold])
    source.invoice(number)


def _renumbered(source: Source, number: str) -> None:
    source.change("invoice", number, invoiceno=f"{number}-B")


def _fewer_digits(source: Source, number: str) -> None:
    source.change("line", number, price=D("12.50"))
    source.change("invoice", number, total=D("12.50"), grandtotal=D("12.50"))


def _unseen(kind: str) -> Act:
    def plant(source: Source, number: str) -> None:
        if kind == "customer":
            gone = source.customer(f"C-{number}")
            source.invoice(number, customer=f"C-{number}")
            source.house.delete("salesforce", "rstk__socust__c", gone)
        else:
            gone = source.product(f"W-{number}")
            source.invoice(number, ((f"W-{number}", "2", "3.00"),))
            source.house.delete("salesforce", "rstk__soprod__c", gone)

    return plant


def _another_product(source: Source, number: str) -> None:
    source.change("line", number, prod=source._id("product", "P-100"))


BAD: tuple[Bad, ...] = (
    Bad("B01-no-lines", "no-lines", ("invoice B01 has no lines",), _no_lines, _a_line),
    Bad("B02-no-customer", "missing-customer", ("B02 has no customer",), _no_customer, _give_customer),
    head("B03-no-total", "missing-total", "B03 has no invoice total", {"grandtotal": D("12.50")}, grandtotal=None),
    head("B04-total-does-not-tie", "does_not_tie", "13.50 USD|12.50 USD|a gap of 1.00 USD",
         {"grandtotal": D("12.50")}, grandtotal=D("13.50")),
    Bad("B05-negative-total", "negative", ("Invoice B05", "-25.00 USD"), _negative_total, _turn_it),
    line("B06-nan-quantity", "not-a-number", "quantity of line 1 of invoice B06 is NaN", {"qty": D(1)}, qty=D("NaN")),
    head("B07-nan-total", "not-a-number", "invoice total of invoice B07 is NaN", {"grandtotal": D("12.50")},
         grandtotal=D("NaN")),
    line("B08-infinite-price", "not-a-number", "price of line 1 of invoice B08 is Infinity", {"price": D("12.50")},
         price=D("Infinity")),
    head("B09-seven-decimals", "not-exact", "invoice B09|10.1234567|more decimals than USD",
         {"total": D("12.50"), "grandtotal": D("12.50")}, grandtotal=D("10.1234567")),
    Bad("B10-unknown-currency", "unknown-currency", ("invoice B10 is XQX", "ISO 4217"), _foreign_money("XQX"),
        _in_home_money),
    head("B11-wrong-date", "bad-date", "invoice date of invoice B11|2026-13-45", {"invdate": DAY},
         invdate="2026-13-45"),
    head("B12-wrong-due-date", "bad-date", "due date of invoice B12|soon", {"duedate": DAY}, duedate="soon"),
    Bad("B13-number-of-40", "number_too_long", ("has 40 characters", "takes 21"), _long_number, _shorter_number,
        number="B13-" + "9" * 36),
    party("B14-name-of-501", "too_long", "C-B14|501 characters|takes 500", {"sf_account_name": "B14 & Sons"},
          "n" * 501),
    party("B15-name-of-forbidden-characters-only", "missing", "C-B15|customer name is empty",
          {"sf_account_name": "B15 & Sons"}, ":\t:\n:"),
    Bad("B16-751-lines-taxed", "too_many_lines", ("Invoice B16", "751 lines", "takes 750"), _too_many_lines),
    head("B17-closed-period", "closed_period", "Invoice B17|2026-06-15|closed up to 2026-06-30", {"invdate": DAY},
         invdate=date(2026, 6, 15)),
    Bad("B18-item-with-inactive-account", "reference", ("Invoice B18", "income account that is inactive"),
        _linked_product(own_account=True), _switch("Account", "Sales {}", True), after="match_products",
        meanwhile=_switch("Account", "Sales {}", False)),
    Bad("B19-item-made-inactive", "reference", ("Invoice B19", "its item", "is inactive"), _linked_product(),
        _switch("Item", "Ware {}", True), after="match_products", meanwhile=_switch("Item", "Ware {}", False)),
    Bad("B20-customer-made-inactive", "reference", ("Invoice B20", "its customer", "is inactive"), _linked_customer,
        _switch("Customer", "Linked {}", True), after="match_products",
        meanwhile=_switch("Customer", "Linked {}", False)),
    goods("B21-id-of-an-inactive-item", "id_unknown", "id 2020|product W-B21|no active product", {"fsprodid": None},
          fsprodid="2020"),
    Bad("B22-number-of-a-strangers-invoice", "number_taken", ("B22", "already used there (id "), _strangers_number,
        _renumbered),
    head("B23-email-invalid", "email", "Invoice B23|e-mail address", {"email": "ap@b23.example"},
         email="nobody at all"),
    head("B24-email-of-101", "too_long", "Invoice B24|e-mail address has 101|takes 100", {"email": None},
         email="a" * 89 + "@b24.example"),
    head("B25-memo-of-1001", "too_long", "Invoice B25|memo for the customer has 1001|takes 1000",
         {"extcomment": "short"}, extcomment="m" * 1001),
    head("B26-negative-discount", "discount", "Invoice B26|discount is negative (-1.00 USD)",
         {"discamt": None, "grandtotal": D("12.50")}, discamt=D("-1.00"), grandtotal=D("13.50")),
    Bad("B27-two-documents-of-one-number", "number_shared", ("under the number B27",), _two_of_a_number, _renumber),
    Bad("B28-credit-of-an-invoice-never-carried", "credited_invoice_missing", ("Credit memo B28",),
        _credit_of("000131"), _credit_of_nothing),
    Bad("B29-currency-that-the-company-does-not-keep", "currency", ("Invoice B29", "EUR", "in USD only"),
        _foreign_money("EUR"), _in_home_money),
    Bad("B30-a-fraction-of-a-yen", "not-exact", ("invoice B30", "12.50", "more decimals than JPY"),
        _fraction_of_a_yen, _in_home_money),
    Bad("B31-more-than-ten-digits", "amount", ("Invoice B31", "more than ten digits", "12,345,678,901.00 USD"),
        lambda source, number: source.invoice(number, (("P-100", "1", "12345678901"),)), _fewer_digits),
    Bad("B32-line-without-product", "missing-product", ("line 1 of invoice B32 has no product",),
        lambda source, number: source.invoice(number, (GOOD | {"prod": None},)), _another_product),
    goods("B33-product-without-sku", "missing-sku", "no product number", {"prod": "W-B33"}, prod=""),
    party("B34-customer-without-name", "missing-name", "customer C-B34 has no name", {"sf_account_name": "B34 & Sons"},
          "", Name=""),
    Bad("B35-name-held-by-a-vendor", "name_taken", ("customer C-B35", "belongs to a vendor (id 1500)"), _vendors_name,
        _other_name),
    Bad("B36-name-held-by-an-employee", "name_taken", ("customer C-B36", "belongs to an employee (id 1600)"),
        _employees_name, _other_name),
    Bad("B37-sku-ambiguous", "ambiguous", ("Product W-B37", "more than one record"), _sku_twice, _name_the_twin),
    party("B38-id-of-a-customer-unknown", "id_unknown", "id 987654|customer C-B38", {"fscustid": None},
          fscustid="987654"),
    goods("B39-id-of-a-product-unknown", "id_unknown", "id 987654|product W-B39", {"fsprodid": None},
          fsprodid="987654"),
    head("B40-address-line-of-501", "too_long", "Invoice B40|line 1 of the address has 501|takes 500",
         {"address1": "1 Long Street"}, address1="s" * 501),
    head("B41-postcode-of-31", "too_long", "Invoice B41|the postcode has 31|takes 30", {"zip": "02108"}, zip="9" * 31),
    head("B42-city-and-state-of-256", "too_long", "Invoice B42|the city has 256|the state has 256",
         {"city": "Boston", "state": "MA"}, city="c" * 256, state="s" * 256),
    party("B43-phone-of-31", "too_long", "Customer C-B43|phone number has 31|takes 30", {"at_phone": "555-0143"},
          at_phone="5" * 31),
    party("B44-email-of-the-customer-invalid", "email", "Customer C-B44|e-mail address", {"at_email": None},
          at_email="nobody"),
    line("B45-text-for-a-number", "not-a-number", "quantity of line 1 of invoice B45 is ten", {"qty": D(1)}, qty="ten"),
    line("B46-no-quantity", "not-a-number", "quantity of line 1 of invoice B46 is empty", {"qty": D(1)}, qty=None),
    head("B47-no-number", "missing-number", "has no invoice number", {"invoiceno": "B47"}, invoiceno=None),
    head("B48-no-date", "missing-date", "B48 has no invoice date", {"invdate": DAY}, invdate=None),
    Bad("B49-number-with-a-line-break", "number", ("tabs or line breaks",),
        lambda source, number: source.invoice(number),
        lambda source, number: source.change("invoice", number, invoiceno="B49"), number="B\n49"),
    goods("B50-sku-of-101", "too_long", "the SKU has 101 characters|takes 100", {"prod": "W-B50"},
          code="B50" + "k" * 98),
    goods("B51-description-of-4001", "too_long", "description has 4001|takes 4000", {"descr": "short"},
          descr="d" * 4001),
    line("B52-rounding-without-an-item-for-it", "charges", "Invoice B52|rounding 0.01 USD", {"price": D("12.50")},
         price=D("12.49")),
    head("B53-larger-than-any-amount", "not-exact", "invoice B53|larger than any amount",
         {"grandtotal": D("12.50")}, grandtotal=D("1e25")),
    Bad("B54-customer-that-we-may-not-see", "unmatched", ("B54 refers to customer",), _unseen("customer"),
        _give_customer),
    Bad("B55-product-that-we-may-not-see", "unmatched", ("B55 refers to product",), _unseen("product"),
        _another_product),
    Bad("B56-credit-memo-in-a-closed-period", "closed_period", ("Credit memo B56", "2026-06-15"),
        lambda source, number: source.invoice(number, txntype="Credit Memo", invdate=date(2026, 6, 15)),
        lambda source, number: source.change("invoice", number, invdate=DAY)),
    Bad("B57-two-customers-of-one-name", "name_shared", ("Customer C-B57b", "as customer C-B57,"), _same_name_twice,
        _rename_twin),
)  # fmt: skip
