"""Fills an org with the seeded business; the same seed gives the same records and ids."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sandbox.salesforce import names as objects
from sandbox.salesforce import seed_data
from sandbox.salesforce.schema import Row
from sandbox.salesforce.seed_data import Customer, Invoice, Line, Product
from sandbox.salesforce.sign_in import USER_ID, seeded_user
from sandbox.salesforce.store import ORG_ID, Org

COMPANIES = [(number, primary) for number, _, primary, _ in seed_data.COMPANIES]
PER_SCALE = 100
CENT = Decimal("0.01")


def fill(org: Org, seed: str, scale: int, at: datetime) -> None:
    """Store everything, stamped as one load an hour ago."""
    _Filler(org, at).everything(random.Random(f"salesforce invoices {seed}"), scale)


def generated(dice: random.Random, count: int) -> Iterator[Invoice]:
    """Clean invoices for load: whole quantities, so that no cent is in doubt."""
    buyers = ("C-1001", "C-1002", "C-1003", "C-1005")
    wares = [one for one in seed_data.PRODUCTS if one.division == "0101" and one.code != "P-500"]
    for number in range(count):
        lines = tuple(
            Line(ware.code, str(dice.randint(1, 40)), ware.price)
            for ware in dice.sample(wares, dice.randint(1, len(wares)))
        )
        day = date(2026, 10, 1) + timedelta(days=dice.randrange(45))
        yield Invoice(
            f"{1001 + number:06d}",
            dice.choice(buyers),
            day.isoformat(),
            (day + timedelta(days=30)).isoformat(),
            lines,
            dice.choice(("0", "8")),
        )


def cents(value: Decimal) -> Decimal:
    """Half-up to the cent."""
    return value.quantize(CENT, ROUND_HALF_UP)


def amounts(invoice: Invoice) -> dict[str, Decimal]:
    """The money fields of a header; grandtotal is made with the right tax."""
    total = sum((extended(line) for line in invoice.lines), Decimal(0))
    discount, freight = cents(Decimal(invoice.discount)), cents(Decimal(invoice.freight))
    handling, packaging = cents(Decimal(invoice.handling)), cents(Decimal(invoice.packaging))
    tax = cents((total - discount) * Decimal(invoice.tax_rate) / 100)
    return {
        "total": total,
        "discamt": discount,
        "freightamt": freight,
        "handlingamt": handling,
        "packageamt": packaging,
        "taxamt": tax if invoice.mistyped_tax is None else invoice.mistyped_tax,
        "shippingtax": cents(Decimal(0)),
        "totalppya": cents(Decimal(0)),
        "amtcredited": cents(Decimal(0)),
        "grandtotal": total - discount + freight + handling + packaging + tax,
    }


def extended(line: Line) -> Decimal:
    """What one line comes to."""
    return cents((Decimal(line.price) - Decimal(line.discount)) * Decimal(line.quantity))


class _Filler:
    def __init__(self, org: Org, at: datetime) -> None:
        self._org = org
        self._at = at
        self._ids: dict[tuple[str, str], str] = {}

    def everything(self, dice: random.Random, scale: int) -> None:
        self._add(
            objects.ORGANIZATION,
            ORG_ID,
            {"Name": "Kestrel Supply Demo", "OrganizationType": "Enterprise Edition"},
            ORG_ID,
        )
        self._set_up()
        self._users()
        for number, customer in enumerate(seed_data.CUSTOMERS, 1):
            self._customer(customer, number)
        for product in seed_data.PRODUCTS:
            self._product(product)
        for order, (customer_number, po_number) in seed_data.ORDERS.items():
            self._order(order, customer_number, po_number)
        known = (*seed_data.CLEAN, *seed_data.PLANTED, *seed_data.LEFT_ALONE, *seed_data.OTHER_COMPANY)
        for invoice in (*known, *generated(dice, PER_SCALE * (scale - 1))):
            self._invoice(invoice)

    def _add(self, sobject: str, key: str, values: Row, record_id: str | None = None) -> str:
        keyed = objects.EXTERNAL_ID in self._org.objects[sobject].fields
        row = self._org.add(
            sobject,
            values | ({objects.EXTERNAL_ID: key} if keyed else {}),
            record_id,
            self._at,
        )
        self._ids[(sobject, key)] = row["Id"]
        return str(row["Id"])

    def _id(self, sobject: str, key: str | None) -> str | None:
        return None if key is None else self._ids[(sobject, key)]

    def _users(self) -> None:
        """Who the integration signs in as; Rootstock has a record of its own for every user."""
        self._add(objects.USER, USER_ID, seeded_user(), USER_ID)
        self._add(
            objects.ROOTSTOCK_USER,
            "integration",
            {"Name": "INTEGRATION", "rstk__syusr_employee__c": USER_ID},
        )
        self._add(objects.GATEWAY, "MANUAL", {"Name": "Manual gateway"})
        self._add(
            objects.TAX,
            "MA",
            {
                "Name": "MA",
                "rstk__sotax_locid__c": "MA",
                "rstk__sotax_descr__c": "Massachusetts",
                "rstk__sotax_totalrate__c": Decimal("8.0000"),
            },
        )

    def _set_up(self) -> None:
        dollar = self._add(
            objects.CURRENCY,
            "USD",
            {
                "rstk__sycurr_currency__c": "USD",
                "rstk__sycurr_descr__c": "US Dollar",
                "rstk__sycurr_exchrate__c": Decimal("1.000000"),
            },
        )
        self._add(objects.UOM, "EA", {"rstk__syuom_uom__c": "EA", "rstk__syuom_descr__c": "Each"})
        self._add(
            objects.TERMS,
            "NET30",
            {
                "rstk__syterms_id__c": "NET30",
                "rstk__syterms_descr__c": "Net 30 days",
                "rstk__syterms_dueindays__c": Decimal(30),
            },
        )
        self._add(objects.DEFAULTS, "", {"Name": "System Defaults"})
        for number, name, primary, division in seed_data.COMPANIES:
            company = self._add(
                objects.COMPANY,
                number,
                {
                    "Name": name,
                    "rstk__sycmp_cmpno__c": number,
                    "rstk__sycmp_descr__c": name,
                    "rstk__sycmp_qbprimecmp__c": primary,
                    "rstk__sycmp_homecurr__c": dollar,
                    "rstk__sycmp_utcoffset__c": Decimal("-5.00"),
                },
            )
            self._add(
                objects.DIVISION,
                division,
                {
                    "Name": division,
                    "rstk__sydiv_div__c": division,
                    "rstk__sydiv_cmpno__c": company,
                    "rstk__sydiv_descr__c": f"{name} main",
                },
            )

    def _customer(self, one: Customer, number: int) -> None:
        customer = self._add(
            objects.CUSTOMER,
            one.number,
            {
                "Name": one.number,
                "rstk__socust_custno__c": one.number,
                "rstk__socust_sf_account_name__c": one.name,
                "rstk__socust_fscustid__c": one.remote_id,
                "rstk__socust_terms__c": self._id(objects.TERMS, "NET30"),
                "rstk__socust_custcurr__c": self._id(objects.CURRENCY, "USD"),
            },
        )
        at = "rstk__socaddr_"
        self._add(
            objects.ADDRESS,
            f"{one.number}_1",
            {
                f"{at}custno__c": customer,
                f"{at}seq__c": Decimal(1),
                f"{at}name__c": one.name,
                f"{at}address1__c": one.street,
                f"{at}city__c": one.city,
                f"{at}state__c": one.state,
                f"{at}zip__c": one.postcode,
                f"{at}country__c": "US",
                f"{at}email__c": one.email,
                f"{at}phone__c": f"555-01{number:02d}",
                f"{at}defaultbillto__c": True,
                f"{at}defaultshipto__c": True,
            },
        )

    def _product(self, one: Product) -> None:
        at = "rstk__soprod_"
        self._add(
            objects.PRODUCT,
            f"{one.division}_{one.code}",
            {
                "Name": one.code,
                f"{at}prod__c": one.code,
                f"{at}descr__c": one.text,
                f"{at}prodtype__c": one.kind,
                f"{at}price__c": Decimal(one.price),
                f"{at}fsprodid__c": one.remote_id,
                f"{at}activeind__c": True,
                f"{at}div__c": self._id(objects.DIVISION, one.division),
                f"{at}slsuom__c": self._id(objects.UOM, "EA"),
            },
        )

    def _order(self, number: str, customer: str, po_number: str | None) -> None:
        at = "rstk__sohdr_"
        self._add(
            objects.ORDER,
            f"0101_{number}",
            {
                "Name": number,
                f"{at}order__c": number,
                f"{at}custpo__c": po_number,
                f"{at}custno__c": self._id(objects.CUSTOMER, customer),
                f"{at}div__c": self._id(objects.DIVISION, "0101"),
                f"{at}terms__c": self._id(objects.TERMS, "NET30"),
            },
        )

    def _invoice(self, one: Invoice) -> None:
        at = "rstk__soinv_"
        due, issued = date.fromisoformat(one.due), date.fromisoformat(one.date)
        header: Row = {
            "Name": one.number,
            f"{at}invoiceno__c": one.number,
            f"{at}invoice__c": Decimal(one.number),
            f"{at}txntype__c": one.kind,
            f"{at}invdate__c": issued,
            f"{at}duedate__c": due,
            f"{at}approved__c": one.approved,
            f"{at}dateapproved__c": issued if one.approved else None,
            f"{at}custno__c": self._id(objects.CUSTOMER, one.customer),
            f"{at}div__c": self._id(objects.DIVISION, one.division),
            f"{at}terms__c": self._id(objects.TERMS, "NET30"),
            f"{at}order__c": self._id(objects.ORDER, f"0101_{one.order}" if one.order else None),
            f"{at}acctinvoice__c": one.remote_number,
        }
        header |= {f"{at}{flag}__c": True for flag in one.flags}
        header |= {f"{at}{name}__c": value for name, value in amounts(one).items()}
        header |= _bill_to(one.customer)
        if "transferred" in one.flags:
            header[f"{at}datetransfer__c"] = issued
        invoice = self._add(objects.INVOICE, f"{one.division}_{one.number}", header)
        for number, line in enumerate(one.lines, 1):
            self._line(invoice, one, number, line)

    def _line(self, invoice: str, one: Invoice, number: int, line: Line) -> None:
        at = "rstk__soinvline_"
        # a line has no business key; the package puts the record id there
        self._org.add(
            objects.LINE,
            {
                "Name": f"{one.number}-{number}",
                f"{at}invoice__c": invoice,
                f"{at}invline__c": Decimal(number),
                f"{at}prod__c": self._id(objects.PRODUCT, f"{one.division}_{line.product}"),
                f"{at}uom__c": self._id(objects.UOM, "EA"),
                f"{at}qty__c": _six(line.quantity),
                f"{at}price__c": _six(line.price),
                f"{at}discamt__c": _six(line.discount),
            },
            at=self._at,
        )


def _six(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.000001"))


def _bill_to(number: str) -> Row:
    one = next(customer for customer in seed_data.CUSTOMERS if customer.number == number)
    at = "rstk__soinv_"
    return {
        f"{at}name__c": one.name,
        f"{at}email__c": one.email,
        f"{at}address1__c": one.street,
        f"{at}city__c": one.city,
        f"{at}state__c": one.state,
        f"{at}zip__c": one.postcode,
        f"{at}country__c": "US",
    }
