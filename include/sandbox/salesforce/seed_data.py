"""The seeded business: who buys what, and the invoices, some of them awkward on purpose."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Customer:
    """A customer with one bill-to address."""

    number: str
    name: str
    email: str
    street: str
    city: str
    state: str
    postcode: str
    remote_id: str | None = None


@dataclass(frozen=True)
class Product:
    """A product of one division."""

    code: str
    text: str
    price: str
    kind: str = "Stock"
    remote_id: str | None = None
    division: str = "0101"


@dataclass(frozen=True)
class Line:
    """One invoice line; the discount is per unit."""

    product: str
    quantity: str
    price: str
    discount: str = "0"


@dataclass(frozen=True)
class Invoice:
    """One invoice or credit memo; tax_rate is in percent of total less order discount."""

    number: str
    customer: str
    date: str
    due: str
    lines: tuple[Line, ...]
    tax_rate: str = "0"
    discount: str = "0"
    freight: str = "0"
    handling: str = "0"
    packaging: str = "0"
    order: str | None = None
    division: str = "0101"
    kind: str = "Invoice"
    approved: bool = True
    flags: tuple[str, ...] = ()
    # what was typed over the right tax; the invoice total was made with the right one
    mistyped_tax: Decimal | None = None
    remote_number: str | None = field(default=None)


COMPANIES = (("01", "Kestrel Supply Co", True, "0101"), ("02", "Kestrel Supply West", False, "0201"))

CUSTOMERS = (
    Customer(
        "C-1001",
        "Amber Lane Dental",
        "ap@amberlane.example",
        "12 Amber Lane",
        "Cambridge",
        "MA",
        "02139",
        "1001",
    ),
    Customer(
        "C-1002",
        "Birch & Sons Plumbing",
        "billing@birchandsons.example",
        "480 W Lake St",
        "Chicago",
        "IL",
        "60601",
    ),
    Customer(
        "C-1003",
        "O'Malley's Garden Supply",
        "office@omalleys.example",
        "77 SW Fern Ave",
        "Portland",
        "OR",
        "97201",
    ),
    Customer("C-1004", "Harbor Line Freight", "ar@harborline.example", "3 Pier Way", "Seattle", "WA", "98101"),
    Customer(
        "C-1005",
        "Cedar Valley Clinics",
        "ap@cedarvalley.example",
        "901 Second Ave SE",
        "Cedar Rapids",
        "IA",
        "52401",
    ),
    Customer("C-1006", "Dogwood Veterinary", "desk@dogwoodvet.example", "15 Dogwood Ct", "Raleigh", "NC", "27601"),
)

PRODUCTS = (
    Product("P-100", "Hand trowel", "12.50", remote_id="2001"),
    Product("P-200", "Copper elbow 1/2 in", "4.25"),
    Product("P-300", "Cedar planter", "80.00"),
    Product("P-400", "On-site fitting", "65.00", "Service"),
    Product("P-500", "Ceramic pot", "18.90"),
    Product("P-100", "Hand trowel", "12.50", division="0201"),
)

ORDERS = {
    "SO-2001": ("C-1001", "AL-7781"),
    "SO-2002": ("C-1002", "PO 55/19"),
    "SO-2003": ("C-1003", "OM-0043"),
    "SO-2004": ("C-1005", "CVC-2026-118"),
    "SO-2005": ("C-1001", None),
}

_TROWEL = Line("P-100", "5", "12.50")
_SAMPLE = (Line("P-100", "10", "12.50", "0.50"), Line("P-300", "1", "80.00"))

CLEAN = (
    Invoice("000101", "C-1001", "2026-10-01", "2026-10-31", (Line("P-100", "4", "12.50"),), order="SO-2001"),
    Invoice(
        "000102",
        "C-1002",
        "2026-10-02",
        "2026-11-01",
        (Line("P-200", "40", "4.25"), Line("P-100", "2", "12.50")),
        "8",
        order="SO-2002",
    ),
    Invoice(
        "000103",
        "C-1003",
        "2026-10-05",
        "2026-11-04",
        (Line("P-300", "3", "80.00", "5.00"),),
        order="SO-2003",
    ),
    # 3.75 * 65.00 = 243.75; 8 % of 243.75 = 19.50
    Invoice(
        "000104",
        "C-1005",
        "2026-10-06",
        "2026-11-05",
        (Line("P-400", "3.75", "65.00"),),
        "8",
        order="SO-2004",
    ),
    Invoice(
        "000105",
        "C-1001",
        "2026-10-09",
        "2026-11-08",
        (
            Line("P-100", "1", "12.50"),
            Line("P-200", "6", "4.25"),
            Line("P-300", "1", "80.00"),
            Line("P-400", "0.5", "65.00"),
        ),
        "8",
    ),
    # 2.5 * 4.25 = 10.625 rounds half-up to 10.63
    Invoice("000106", "C-1002", "2026-10-12", "2026-11-11", (Line("P-200", "2.5", "4.25"),)),
    # every header charge at once; the invoice total is 226.70
    Invoice(
        "000107",
        "C-1001",
        "2026-10-14",
        "2026-11-13",
        _SAMPLE,
        "8",
        "10.00",
        "15.00",
        "4.00",
        "2.50",
        order="SO-2005",
    ),
    # 99.5625 -> total 99.56; tax 7.9648 rounds to 7.96
    Invoice("000108", "C-1003", "2026-10-20", "2026-11-19", (Line("P-100", "7.965", "12.50"),), "8"),
    Invoice(
        "000109",
        "C-1005",
        "2026-10-23",
        "2026-11-22",
        (Line("P-300", "2", "80.00"), Line("P-400", "2.25", "65.00", "2.50")),
    ),
    # 126.5625 -> total 126.56; tax 10.1248 rounds to 10.12
    Invoice("000110", "C-1002", "2026-10-30", "2026-11-29", (Line("P-200", "31.25", "4.25", "0.20"),), "8"),
    # 25.00 + 5.3125 -> 30.31; tax 2.4248 rounds to 2.42
    Invoice(
        "000111",
        "C-1003",
        "2026-11-03",
        "2026-12-03",
        (Line("P-100", "2", "12.50"), Line("P-200", "1.25", "4.25")),
        "8",
    ),
    Invoice(
        "000112",
        "C-1005",
        "2026-11-05",
        "2026-12-05",
        (Line("P-100", "1.5", "12.50"), Line("P-300", "1", "80.00"), Line("P-400", "1", "65.00")),
        "8",
    ),
)

PLANTED = (
    # 83.75 + 6.70 = 90.45, but the tax field says 7.60
    Invoice(
        "000120",
        "C-1001",
        "2026-11-06",
        "2026-12-06",
        (_TROWEL, Line("P-200", "5", "4.25")),
        "8",
        mistyped_tax=Decimal("7.60"),
    ),
    # dated into a period that the accounting package has closed
    Invoice("000121", "C-1001", "2026-06-15", "2026-07-15", (_TROWEL,), "8"),
    # a vendor of the accounting package has this customer's name
    Invoice("000122", "C-1004", "2026-11-09", "2026-12-09", (Line("P-300", "1", "80.00"),), "8"),
)

LEFT_ALONE = (
    Invoice("000130", "C-1001", "2026-11-10", "2026-12-10", (_TROWEL,), approved=False),
    Invoice(
        "000131",
        "C-1001",
        "2026-10-03",
        "2026-11-02",
        (_TROWEL,),
        flags=("transferred",),
        remote_number="000131",
    ),
    Invoice("000132", "C-1002", "2026-10-08", "2026-11-07", (_TROWEL,), flags=("cancelled",)),
    Invoice("000133", "C-1003", "2026-11-11", "2026-12-11", (_TROWEL,), flags=("inprocess",)),
    Invoice("000140", "C-1001", "2026-11-12", "2026-12-12", (Line("P-100", "1", "12.50"),), kind="Credit Memo"),
)

OTHER_COMPANY = (
    Invoice("000201", "C-1001", "2026-10-15", "2026-11-14", (Line("P-100", "3", "12.50"),), division="0201"),
    Invoice("000202", "C-1002", "2026-11-02", "2026-12-02", (Line("P-100", "8", "12.50"),), "8", division="0201"),
)
