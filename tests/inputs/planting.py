"""Documents made to measure at the source, good and bad ones; and a reader of QuickBooks that is not our own."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from house import REALM, House
from invoice_sync.model.errors import InvoiceSyncError, StillUncertain, TryLater
from invoice_sync.steps.chain import STEPS
from sandbox.salesforce.app import Salesforce
from sandbox.salesforce.load import Loader
from sandbox.salesforce.names import ADDRESS, CURRENCY, CUSTOMER, INVOICE, LINE, PRODUCT

CENT = Decimal("0.01")
TABLES = {"invoice": INVOICE, "line": LINE, "customer": CUSTOMER, "address": ADDRESS, "product": PRODUCT}
RESCHEDULE_FROM, RETRIES, MOST_VISITS = 20.0, 3, 100
DAY, DUE = date(2026, 11, 20), date(2026, 12, 20)


@dataclass
class Source:
    """A person at Rootstock whom nothing stops: the org's own checks of types and lengths do not apply here."""

    house: House
    loader: Loader = field(init=False)
    _ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.loader = cast(Salesforce, self.house.sandbox.vendors["salesforce"]).loader()

    def customer(self, number: str, name: str | None = None, /, address: Mapping[str, Any] | None = None,
                 **fields: Any) -> str:  # fmt: skip
        """A customer with a bill-to address. `name` None: named after its number."""
        shown = f"Customer {number}" if name is None else name
        terms = {"Name": number, "custno": number, "sf_account_name": shown}
        made = self.loader.add(CUSTOMER, None, **terms | fields)
        place = {"address1": "1 Long Street", "city": "Boston", "state": "MA", "zip": "02108", "country": "US"}
        whole = {"custno": made, "seq": Decimal(1), "defaultbillto": True} | place | dict(address or {})
        self._ids["address", number] = self.loader.add(ADDRESS, None, **whole)
        self._ids["customer", number] = made
        return made

    def product(self, code: str, /, **fields: Any) -> str:
        """A product of division 0101."""
        given = {
            "Name": "product", "prod": code, "descr": f"Product {code}"[:100], "prodtype": "Stock", "activeind": True,
            "div": self.loader.division("0101"),
        }  # fmt: skip
        made = self.loader.add(PRODUCT, None, **given | fields)
        self._ids["product", code] = made
        return made

    def currency(self, code: str) -> str:
        """The id of a currency, which is made if the org has none of that code."""
        held = {each["rstk__sycurr_currency__c"]: each["Id"] for each in self.house.records("salesforce", CURRENCY)}
        return str(held.get(code) or self.loader.currency(code))

    def invoice(
        self,
        number: str | None,
        lines: Sequence[tuple[str, Any, Any] | Mapping[str, Any]] = (("P-100", "1", "12.50"),),
        /,
        customer: str | None = "C-1001",
        **header: Any,
    ) -> str:
        """An approved invoice that ties to the cent unless `header` says otherwise. Returns its id."""
        rows = [self._row(place, line) for place, line in enumerate(lines, 1)]
        total = sum((_amount(row) for row in rows), Decimal(0))
        given = {
            "Name": "invoice", "invoiceno": number, "txntype": "Invoice", "invdate": DAY, "duedate": DUE,
            "approved": True, "div": self.loader.division("0101"), "total": total, "grandtotal": total,
            "custno": customer and self._id("customer", customer),
        }  # fmt: skip
        made = self.loader.add(INVOICE, None, **given | header)
        lines_made = [self.loader.add(LINE, None, **{"Name": "line", "invoice": made} | row) for row in rows]
        self._ids["invoice", number or made] = made
        if lines_made:
            self._ids["line", number or made] = lines_made[0]
        return made

    def line(self, number: str, product: str, quantity: str, price: str) -> None:
        """One more line on an invoice."""
        row = self._row(9, (product, quantity, price))
        self.loader.add(LINE, None, **{"Name": "line", "invoice": self._ids["invoice", number]} | row)

    def change(self, kind: str, key: str, /, **fields: Any) -> None:
        """Of an "invoice", the first "line" of one, a "customer", its "address", or a "product"."""
        table = TABLES[kind]
        code = table.removesuffix("__c")
        named = {name if name[:1].isupper() else f"{code}_{name}__c": value for name, value in fields.items()}
        org = self.loader._org
        row = org.row(table, self._id(kind, key))
        assert row is not None
        org.change(table, row, named)

    def delete(self, number: str) -> None:
        self.house.delete("salesforce", INVOICE, self._ids["invoice", number])

    def _row(self, place: int, line: tuple[str, Any, Any] | Mapping[str, Any]) -> dict[str, Any]:
        if isinstance(line, tuple):
            line = {"prod": line[0], "qty": Decimal(line[1]), "price": Decimal(line[2])}
        product = line.get("prod")
        return {"invline": Decimal(place), **line, "prod": product and self._id("product", product)}

    def _id(self, kind: str, number: str) -> str:
        if (kind, number) not in self._ids:
            if kind == "customer":
                self._ids[kind, number] = self.loader.customer(number)
            else:
                self._ids[kind, number] = self.loader._find(PRODUCT, "rstk__externalid__c", f"0101_{number}")
        return self._ids[kind, number]


def walk(house: House, run_id: str = "run-1", steps: Sequence[str] = tuple(STEPS)) -> dict[str, Any]:
    """As Airflow walks the chain: what asks to come later comes later, every step is tried three times more.

    By step: its counts, or the error that it ended with.
    """
    outcome: dict[str, Any] = {}
    for name in steps:
        failed, waited = 0, False
        for _ in range(MOST_VISITS):
            try:
                outcome[name] = house.step(name, run_id, rescheduled=waited)
            except (TryLater, StillUncertain) as error:
                outcome[name] = error
                waited = isinstance(error, StillUncertain) or (error.wait or 0) >= RESCHEDULE_FROM
                failed += not waited
                house.clock.sleep(_until(house, error))
                if failed <= RETRIES:
                    continue
            except InvoiceSyncError as error:
                outcome[name] = error
            break
    return outcome


def _until(house: House, error: TryLater | StillUncertain) -> float:
    if isinstance(error, StillUncertain):
        return (error.until - house.clock.now()).total_seconds() + 1
    return error.wait or 30.0


def _amount(row: Mapping[str, Any]) -> Decimal:
    """Of a line that can be read; half up to the cent."""
    quantity, price = row.get("qty"), row.get("price")
    if not (isinstance(quantity, Decimal) and isinstance(price, Decimal)):
        return Decimal(0)
    if not (quantity.is_finite() and price.is_finite()):
        return Decimal(0)
    return (quantity * (price - row.get("discamt", 0))).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class PlainReader:
    """QuickBooks read over HTTP with nothing of ours in between.

    It signs in anew, which ends the product's own sign-in: only for when the product is done.
    """

    base: str
    token: str

    @classmethod
    def of(cls, house: House, realm: str = REALM) -> PlainReader:
        found = house.get("/")["vendors"]["quickbooks"]
        refresh = next(each["refresh_token"] for each in found["realms"] if each["realm_id"] == realm)
        keys = found["credentials"]
        basic = base64.b64encode(f"{keys['client_id']}:{keys['client_secret']}".encode()).decode()
        form = urllib.parse.urlencode({"grant_type": "refresh_token", "refresh_token": refresh}).encode()
        head = {"Authorization": f"Basic {basic}", "Accept": "application/json"}
        token = _called(found["token_url"], form, head)["access_token"]
        return cls(f"{found['base_url']}/v3/company/{realm}", str(token))

    def everything(self, entity: str) -> list[dict[str, Any]]:
        """All records, active or not, a thousand at a time; fractions as Decimal."""
        found: list[dict[str, Any]] = []
        more = " WHERE Active IN (true, false)" if entity in ("Customer", "Item") else ""
        while True:
            text = f"SELECT * FROM {entity}{more} STARTPOSITION {len(found) + 1} MAXRESULTS 1000"
            page = self._post("query", text.encode(), "application/text")["QueryResponse"].get(entity, [])
            found += page
            if len(page) < 1000:
                return found

    def write(self, entity: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """One create; the answer, a fault as well."""
        return self._post(entity.lower(), json.dumps(body, default=str).encode(), "application/json")

    def _post(self, path: str, data: bytes, kind: str) -> dict[str, Any]:
        head = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", "Content-Type": kind}
        return _called(f"{self.base}/{path}?minorversion=75", data, head)


def _called(url: str, data: bytes, head: Mapping[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(url, data, dict(head))  # noqa: S310 - the sandbox on this machine
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            text = answer.read()
    except urllib.error.HTTPError as error:
        text = error.read()
    content: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return content
