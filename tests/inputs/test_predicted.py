"""What QuickBooks would refuse, plan puts in review before anything is sent; at least 95 % of the kinds of it.

Each kind is planted twice. Once plan sees it with everything on. Once every guard is off, the product builds the
body and sends it, and QuickBooks must refuse it with the code of the kind: so that a kind is one at all. Bodies that
the product cannot even build with its guards off are written by hand.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from house import House
from inputs import cases
from inputs.cases import Act, Bad, head, party
from inputs.planting import PlainReader, Source, walk
from invoice_sync.connectors.base import Candidate
from invoice_sync.connectors.quickbooks import invoices, lines, mapping, preflight, taxes
from invoice_sync.connectors.rootstock import mapping as rootstock
from invoice_sync.steps import matching, plan, suggestions
from invoice_sync.steps import preflight as own
from invoice_sync.steps.chain import STEPS
from invoice_sync.steps.suggestions import Decision

D = Decimal
OpenHouse = Callable[[], AbstractContextManager[House]]
BY_ID = {case.id.partition("-")[0]: case for case in cases.BAD}
PARTS = {"Line1": ("address1", 501), "Line2": ("address2", 501), "Line3": ("address3", 501), "City": ("city", 256),
         "CountrySubDivisionCode": ("state", 256), "PostalCode": ("zip", 31), "Country": ("country", 256)}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """`code`: of the refusal. `hand`: what to make of a good body, where the product can build no such one."""

    code: str
    what: str
    case: Bad
    world: str = "home"
    hand: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    @property
    def id(self) -> str:
        return f"{self.code}-{self.what}"


_numbers = itertools.count(1)


def _named(make: Callable[..., Bad], **wrong: Any) -> Bad:
    return make(f"K{next(_numbers):02}-", "", "", {}, **wrong)


def _planted(plant: Act, after: str = "", meanwhile: Act | None = None) -> Bad:
    return Bad(f"K{next(_numbers):02}-", "", (), plant, after=after, meanwhile=meanwhile)


def _kept(code: str, what: str, number: str, world: str = "home",
          hand: Callable[[dict[str, Any]], dict[str, Any]] | None = None) -> Kind:  # fmt: skip
    """A case of the bad documents."""
    return Kind(code, what, BY_ID[number], world, hand)


def _invoice_with(part: str, size: int) -> Bad:
    return _named(head, **{part: "x" * size})


def _shipping(part: str, size: int) -> Bad:
    """A customer whose address for shipping is another one."""

    def plant(source: Source, number: str) -> None:
        made = source.customer(f"C-{number}", address={"defaultbillto": True})
        source.loader.add("rstk__socaddr__c", None, custno=made, seq=D(2), defaultshipto=True, **{part: "x" * size})
        source.invoice(number, customer=f"C-{number}")

    return _planted(plant)


def _linked_to(**item: Any) -> Bad:
    return _planted(cases._linked_product(**item))


def _in_stock_from(day: str) -> dict[str, Any]:
    accounts = {"AssetAccountRef": {"value": "81"}, "ExpenseAccountRef": {"value": "80"}}
    return {"Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 5, "InvStartDate": day, **accounts}


def _item_name_taken(source: Source, number: str) -> None:
    """What we would call the item is the name of another one, with another SKU."""
    cases._item(source, f"W-{number} Planter", Sku="other")
    source.product(f"W-{number}", descr="Planter")
    source.invoice(number, ((f"W-{number}", "2", "3.00"),))


def _customers_name(source: Source, number: str) -> None:
    source.customer(f"C-{number}", "zinnia stationers")
    source.invoice(number, customer=f"C-{number}")


def _strangers_number_in_lower_case(source: Source, number: str) -> None:
    """QuickBooks does not mind case."""
    cases._strangers_number(source, number)
    there = next(row for row in source.house.records("quickbooks", "Invoice") if row["DocNumber"] == number)
    source.house.edit("quickbooks", "Invoice", there["Id"], DocNumber=number.lower())


def _strangers_memo(source: Source, number: str) -> None:
    detail = {"ItemRef": {"value": "2001"}}
    sold = {"DetailType": "SalesItemLineDetail", "Amount": 7, "SalesItemLineDetail": detail}
    source.house.insert("quickbooks", "CreditMemo", DocNumber=number, CustomerRef={"value": "1010"}, Line=[sold])
    source.invoice(number, txntype="Credit Memo")


def _negative_memo(source: Source, number: str) -> None:
    source.invoice(number, (("P-100", "-2", "12.50"),), txntype="Credit Memo")


def _euros_of_a_dollar_customer(source: Source, number: str) -> None:
    source.customer(f"C-{number}", "Zinnia Stationers", custcurr=source.currency("EUR"), fscustid="1010")
    source.invoice(number, customer=f"C-{number}", custcurrency=True)


def _dinars(source: Source, number: str) -> None:
    source.customer(f"C-{number}", None, custcurr=source.currency("KWD"))
    source.invoice(number, (("P-100", "1", "1.234"),), customer=f"C-{number}", custcurrency=True, total=None,
                   grandtotal=D("1.234"))  # fmt: skip


def _pounds(source: Source, number: str) -> None:
    source.customer(f"C-{number}", None, custcurr=source.currency("GBP"))
    source.invoice(number, customer=f"C-{number}", custcurrency=True)


def _first_line(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    sold = body["Line"][0]
    detail = {**sold["SalesItemLineDetail"], **changes.pop("detail", {})}
    return {**body, "Line": [{**sold, **changes, "SalesItemLineDetail": detail}]}


KINDS: tuple[Kind, ...] = (
    _kept("610", "customer-made-inactive", "B20"),
    _kept("610", "item-made-inactive", "B19"),
    _kept("2010", "wrong-date", "B11", hand=lambda body: {**body, "TxnDate": "2026-13-45"}),
    _kept("2010", "wrong-due-date", "B12", hand=lambda body: {**body, "DueDate": "soon"}),
    _kept("2020", "no-lines", "B01"),
    _kept("2020", "no-customer", "B02", hand=lambda body: {k: v for k, v in body.items() if k != "CustomerRef"}),
    _kept("2020", "name-of-forbidden-characters-only", "B15"),
    _kept("2050", "DocNumber", "B13"),
    _kept("2050", "CustomerMemo", "B25"),
    _kept("2050", "BillEmail", "B24"),
    _kept("2050", "DisplayName", "B14"),
    _kept("2050", "Item.Sku", "B50"),
    _kept("2050", "Item.Description", "B51"),
    _kept("2050", "PrimaryPhone", "B43"),
    Kind("2050", "PrimaryEmailAddr", _named(party, at_email="a" * 95 + "@x.example")),
    Kind("2050", "Line.Description", _planted(
        lambda source, number: (source.product(f"W-{number}", fsprodid="2001", descr="d" * 4001),
                                source.invoice(number, ((f"W-{number}", "2", "3.00"),))))),
    *(Kind("2050", f"Invoice.BillAddr.{part}", _invoice_with(*field)) for part, field in PARTS.items()),
    *(Kind("2050", f"Customer.BillAddr.{part}", _named(party, **{f"at_{name}": "x" * size}))
      for part, (name, size) in PARTS.items()),
    *(Kind("2050", f"Customer.ShipAddr.{part}", _shipping(*field)) for part, field in PARTS.items()),
    _kept("2090", "more-than-ten-digits", "B31"),
    _kept("2090", "nan-quantity", "B06", hand=lambda body: _first_line(body, detail={"Qty": "NaN"})),
    _kept("2090", "text-for-a-number", "B45", hand=lambda body: _first_line(body, detail={"Qty": "ten"})),
    _kept("2090", "infinite-price", "B08", hand=lambda body: _first_line(body, detail={"UnitPrice": "Infinity"})),
    _kept("2500", "id-of-a-customer-unknown", "B38"),
    _kept("2500", "id-of-a-product-unknown", "B39"),
    _kept("6000", "email", "B23"),
    _kept("6000", "email-of-the-customer", "B44"),
    _kept("6000", "negative-total", "B05"),
    Kind("6000", "negative-total-of-a-credit-memo", _planted(_negative_memo)),
    _kept("6000", "negative-discount", "B26"),
    _kept("6000", "751-lines-taxed", "B16"),
    _kept("6000", "currency-not-kept", "B29"),
    _kept("6000", "currency-unknown", "B10", hand=lambda body: {**body, "CurrencyRef": {"value": "XQX"}}),
    _kept("6000", "seven-decimals", "B09", hand=lambda body: _first_line(body, Amount="10.1234567", detail={})),
    Kind("6000", "category-on-a-line", _linked_to(Type="Category")),
    Kind("6000", "bundle-on-a-line", _linked_to(Type="Group")),
    Kind("6000", "before-the-item-was-in-stock", _linked_to(**_in_stock_from("2026-12-24"))),
    _kept("6140", "number-of-a-stranger", "B22"),
    Kind("6140", "number-of-a-stranger-in-another-case", _planted(_strangers_number_in_lower_case)),
    Kind("6140", "number-of-a-strangers-memo", _planted(_strangers_memo)),
    _kept("6140", "two-documents-of-one-number", "B27"),
    _kept("6210", "closed-period", "B17"),
    _kept("6210", "closed-period-of-a-credit-memo", "B56"),
    _kept("6240", "name-of-a-vendor", "B35"),
    _kept("6240", "name-of-an-employee", "B36"),
    Kind("6240", "name-of-another-customer", _planted(_customers_name)),
    _kept("6240", "two-customers-of-one-name", "B57"),
    Kind("6240", "name-of-another-item", _planted(_item_name_taken)),
    Kind("6000", "discount-switched-off", _named(head, discamt=D("2.50"), grandtotal=D("10.00")), "bare"),
    Kind("6000", "shipping-switched-off", _named(head, freightamt=D("5.00"), grandtotal=D("17.50")), "bare"),
    Kind("6000", "customer-kept-in-another-currency", _planted(_euros_of_a_dollar_customer), "many"),
    Kind("6000", "three-decimals-of-a-dinar", _planted(_dinars), "many"),
    Kind("6000", "currency-made-inactive", _planted(_pounds), "many"),
    Kind("6000", "no-tax-code-abroad", _planted(lambda source, number: source.invoice(number)), "abroad"),
)  # fmt: skip


UNPREDICTED = {"6000-currency-made-inactive"}
"""It would take one more metered read of the company's currencies."""


def _home(house: House) -> None:
    pass


def _bare(house: House) -> None:
    house.edit("quickbooks", "Preferences", "1", SalesFormsPrefs={"AllowDiscount": False, "AllowShipping": False})
    options = house.flow.options.model_copy(update={"header_charges": "shipping_item"})
    house.flow = house.flow.model_copy(update={"options": options})


def _many(house: House) -> None:
    house.edit("quickbooks", "Preferences", "1", CurrencyPrefs={"MultiCurrencyEnabled": True})
    house.insert("quickbooks", "CompanyCurrency", Code="GBP", Active=False)


def _abroad(house: House) -> None:
    house.edit("quickbooks", "CompanyInfo", "1", Country="CA")


WORLDS = {"home": _home, "bare": _bare, "many": _many, "abroad": _abroad}
GUARDS_ARE_OFF: Sequence[tuple[Any, str, Any]] = (
    (preflight, "problems", lambda *_: []),
    (own, "own", lambda *_: []),
    (own, "shared_number", lambda *_: []),
    (plan, "folded", lambda _text: str(next(_numbers))),
    (invoices, "document_number", invoices._numbered),
    (mapping, "_check_length", lambda *_: None),
    (suggestions, "weighed", lambda _session, _context, _row, decision, _near: decision),
    (lines, "_check_charges", lambda *_: None),
    (lines, "_discount", lambda invoice, _profile: _any_discount(invoice)),
    (rootstock, "_lines", lambda header, rows, currency, _whole=rootstock._lines:
        _whole(header, rows, currency) if rows else ()),
)  # fmt: skip


def _any_discount(invoice: Any) -> list[dict[str, Any]]:
    body = {"DetailType": "DiscountLineDetail", "Amount": invoice.discount.decimal, "DiscountLineDetail": {}}
    return [body] if invoice.discount else []


def _links_blindly(decide: Callable[..., Decision]) -> Callable[..., Decision]:
    """Believes every id on record, and adds everybody else."""

    def decided(context: Any, wanted: Any, candidates: Any, marker: str) -> Decision:
        made = decide(context, wanted, candidates, marker)
        if made.problem is None:
            return made
        found = Candidate(wanted.foreign_id, "", "customer") if wanted.foreign_id else None
        return Decision(link=found, rule="blindly") if found else Decision()

    return decided


@dataclass
class Seen:
    """By number of the document."""

    predicted: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    sent_early: list[Any] = field(default_factory=list)


@pytest.fixture(scope="module")
def seen(open_house: OpenHouse) -> Iterator[Mapping[str, Seen]]:
    found = {}
    for world in WORLDS:
        kinds = [kind for kind in KINDS if kind.world == world]
        found[world] = Seen()
        with open_house() as house:
            _go(house, world, kinds, until="plan")
            # dry of any sending: what is in review now was predicted
            found[world].sent_early = house.writes()
            walk(house, steps=("report",))
            found[world].predicted = house.causes()
        with open_house() as house, pytest.MonkeyPatch.context() as patch:
            for module, name, instead in GUARDS_ARE_OFF:
                patch.setattr(module, name, instead)
            patch.setattr(matching, "decide", _links_blindly(matching.decide))
            if world == "abroad":
                patch.setattr(taxes, "of_line", lambda *_, **__: {})
            _go(house, world, [kind for kind in kinds if kind.hand is None], until="report")
            found[world].refused = {
                each["document"]: each["vendor_code"] for each in house.statement()["review"] if each["vendor_code"]
            }
            found[world].refused |= _by_hand(house, [kind for kind in kinds if kind.hand is not None])
    yield found


def _go(house: House, world: str, kinds: Sequence[Kind], until: str) -> None:
    house.correct_everything()
    WORLDS[world](house)
    source = Source(house)
    for kind in kinds:
        kind.case.plant(source, kind.case.document)
    for step in tuple(STEPS)[: tuple(STEPS).index(until) + 1]:
        walk(house, steps=(step,))
        for kind in kinds:
            if kind.case.after == step and kind.case.meanwhile is not None:
                kind.case.meanwhile(source, kind.case.document)


def _by_hand(house: House, kinds: Sequence[Kind]) -> dict[str, str]:
    reader, codes = PlainReader.of(house), {}
    for kind in kinds:
        detail = {"ItemRef": {"value": "2001"}}
        sold = {"DetailType": "SalesItemLineDetail", "Amount": "12.50", "SalesItemLineDetail": detail}
        good = {
            "CustomerRef": {"value": "1001"}, "DocNumber": f"H-{kind.case.document}", "TxnDate": "2026-11-20",
            "CurrencyRef": {"value": "USD"}, "Line": [sold],
        }  # fmt: skip
        assert kind.hand is not None
        fault = reader.write("Invoice", kind.hand(good)).get("Fault", {"Error": [{"code": "accepted"}]})
        codes[kind.case.document] = fault["Error"][0]["code"]
    return codes


def test_every_kind_is_one_that_quickbooks_refuses(seen: Mapping[str, Seen]) -> None:
    wrong = {kind.id: seen[kind.world].refused.get(kind.case.document, "not refused") for kind in KINDS}

    assert {name: code for name, code in wrong.items() if not code.startswith(name.partition("-")[0])} == {}


def test_plan_predicts_nearly_every_refusal_before_anything_is_sent(seen: Mapping[str, Seen]) -> None:
    refused = [kind for kind in KINDS if kind.case.document in seen[kind.world].refused]
    missed = [kind.id for kind in refused if kind.case.document not in seen[kind.world].predicted]
    share = Decimal(len(refused) - len(missed)) / len(refused)

    print(f"{len(refused) - len(missed)} of {len(refused)} kinds of refusal are predicted: {share:.1%}; not: {missed}")
    assert len(refused) >= 30
    assert share >= Decimal("0.95"), f"{share:.1%}; not predicted: {missed}"
    assert set(missed) <= UNPREDICTED


def test_nothing_is_sent_before_plan_has_spoken(seen: Mapping[str, Seen]) -> None:
    assert {world: night.sent_early for world, night in seen.items()} == dict.fromkeys(WORLDS, [])
