"""The seeded tenants: two wholesalers on one site. Fixed numbers and dates, awkward cases on purpose."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from sandbox.acumatica import seed_documents
from sandbox.acumatica.load import Loader
from sandbox.acumatica.store import Tenant, User
from sandbox.world import World

FIRST, SECOND = "Brightwater", "Stonebridge"
PER_SCALE = 100
_ZONES = {
    "": ("EXEMPT", Decimal(0)),
    "WHOLESALE": ("STATE1025", Decimal("10.25")),
    "MASS": ("MASALES", Decimal("6.25")),
    "EUVAT": ("VAT20", Decimal(20)),
}
_TERMS = {"30D": 30, "15D": 15, "2%10N30": 30, "COD": 0}


def tenants(world: World, seed: str, scale: int) -> list[Tenant]:
    """Both tenants, stamped as one load an hour ago."""
    begin = (world.clock.now() - timedelta(hours=1)).replace(microsecond=0)
    first = Tenant(world, FIRST, "Brightwater Products Wholesale", seed)
    second = Tenant(world, SECOND, "Stonebridge Trading", seed)
    _set_up(first, begin, ("PRODWHOLE", "PRODRETAIL"), {"WHOLESALE": "R151", "RETAIL": "S1"})
    _set_up(second, begin, ("MAIN",), {"MAIN": "A1"})
    _fill_first(first, begin)
    _fill_second(second, begin)
    _generated(first, seed, scale, begin)
    return [first, second]


def _set_up(tenant: Tenant, begin: datetime, branches: tuple[str, ...], warehouses: dict[str, str]) -> None:
    lists = tenant.lists
    lists.branches, lists.warehouses = branches, dict(warehouses)
    lists.terms, lists.zones = dict(_TERMS), dict(_ZONES)
    lists.currencies = ("USD", "EUR", "JPY", "KWD")
    lists.cash_accounts = {
        "10250ST": ("USD", ("ONLINE", "CHECK")),
        "10200": ("USD", ("CHECK", "COD")),
        "10300EU": ("EUR", ("ONLINE",)),
    }
    # two months are always left open
    month = begin.replace(day=1) - timedelta(days=32)
    lists.closed_through = f"{month - timedelta(days=month.day):%Y-%m}"
    key = tenant.name.lower()
    users = [
        User("sync", f"{key}-sync-1"),
        User("admin", f"{key}-admin-1"),
        User("viewer", f"{key}-viewer-1", may_write=False),
        User("lastbranch", f"{key}-branch-1", branches=(branches[-1],)),
    ]
    lists.users = {one.name: one for one in users}
    tenant.numbers |= {
        "AR": 240,
        "SO": 7870,
        "payment": 4560,
        "shipment": 4520,
        "customer": 300,
        "batch": 700,
        "issue": 900,
    }


def _fill_first(tenant: Tenant, begin: datetime) -> None:
    load = Loader(tenant)
    _customers(load, begin)
    _items(load, begin)
    seed_documents.golden(tenant, load, begin)
    seed_documents.orders(tenant, load, begin)
    seed_documents.released(tenant, load, begin + timedelta(minutes=1))
    seed_documents.corrected(tenant, load, begin + timedelta(minutes=2))
    seed_documents.drafts(load, begin + timedelta(minutes=3))


def _customers(load: Loader, at: datetime) -> None:
    load.customer("C00000287", "Indigo Peak Living", at, TaxZone="WHOLESALE", AccountRef="423-2001")
    load.customer("C00000288", "Amber Lane Dental", at, AccountRef="423-2002", TaxRegistrationID="04-1234567")
    load.customer("C00000289", "Birch & Sons Plumbing", at, TaxZone="MASS", Terms="15D")
    load.customer("C00000290", "O'Malley's Garden Supply", at, TaxZone="MASS", TaxExemptionNumber="EX-55")
    load.customer("C00000291", "Cedar Valley Clinics", at, TaxZone="WHOLESALE", Terms="2%10N30")
    kassel = {"City": "Kassel", "Country": "DE", "State": ""}
    euro = {"CurrencyID": "EUR", "TaxZone": "EUVAT", "TaxRegistrationID": "DE811111111"}
    load.customer("C00000292", "Kaffee Lindner GmbH", at, address=kassel, **euro)
    load.customer("C00000293", "Sakura Stationery KK", at, CurrencyID="JPY", address={"City": "Osaka", "Country": "JP"})
    load.customer("C00000294", "Dar Al Noor Trading", at, CurrencyID="KWD", address={"City": "Kuwait", "Country": "KW"})
    load.customer("C00000295", "Harbour & Finch Ltd", at, Status="Credit Hold")
    load.customer("C00000296", "Old Mill Pottery", at, Status="Inactive")
    load.customer("C00000297", "Small Limit Store", at, CreditLimit=Decimal(100))
    # a key of a person's own, with what a URL must not carry bare
    load.customer("C 100/7", "Slash & Space Supplies", at)
    load.customer("C00000298", "Nobody's Buyer", at, email="", TaxRegistrationID=None)


def _items(load: Loader, at: datetime) -> None:
    load.item("AACOMPUT01", "Laptop computer 15 in", "500.00", at, stock="120")
    load.item("AAMONITR01", "Monitor 27 in", "180.00", at, stock="40")
    load.item("AAMOUSE/01", "Mouse, wireless", "12.35", at, stock="500")
    load.item("AACABLE99", "Cable 2 m", "4.25", at)
    load.item("AADESK01", "Standing desk", "640.00", at, stock="3")
    load.item("AACHAIR01", "Office chair", "95.00", at, warehouse="RETAIL", stock="25")
    load.item("AAFILTER01", "Water filter", "18.00", at, LotSerialClass="LOTEXP")
    load.stock("AAFILTER01", "30", "WHOLESALE", "R152", "LOT-2609")
    load.stock("AAFILTER01", "30", "WHOLESALE", "R153", "LOT-2611")
    load.item("AABOOK01", "Handbook", "20.00", at, stock="80", TaxCategory="EXEMPT")
    load.item("AAOLD01", "Discontinued keyboard", "30.00", at, ItemStatus="Inactive")
    load.service("SETUPFEE", "Installation on site", "75.00", at)
    load.service("CONSULT", "Consulting hour", "120.00", at, TaxCategory="EXEMPT")


def _fill_second(tenant: Tenant, begin: datetime) -> None:
    load = Loader(tenant)
    load.customer("C00000287", "Cactus Cafe", begin, TaxZone="MASS", AccountRef="900-1")
    load.customer("C00000310", "Desert Rose Inns", begin)
    load.item("AACOMPUT01", "Laptop computer, refurbished", "310.00", begin, stock="15")
    load.item("SBTABLE01", "Folding table", "49.90", begin, stock="60")
    load.service("SETUPFEE", "Set-up", "60.00", begin)
    # the same numbers as in the first tenant, of other documents
    load.invoice("C00000287", [("SBTABLE01", "10", "49.90")], begin, number="AR0000160")
    load.invoice("C00000310", [("AACOMPUT01", "1", "310.00")], begin, number="AR0000161")
    load.pay("AR0000161", "310.00", begin)
    load.order("C00000310", [("SBTABLE01", "4", "49.90")], begin, OrderNbr="SO0007845")


def _generated(tenant: Tenant, seed: str, scale: int, begin: datetime) -> None:
    """Clean invoices for load."""
    dice = random.Random(f"acumatica invoices {seed}")
    load = Loader(tenant)
    wares = ("AACOMPUT01", "AAMONITR01", "AAMOUSE/01", "AABOOK01", "SETUPFEE")
    buyers = ("C00000287", "C00000288", "C00000289", "C00000290", "C00000291")
    for place in range(PER_SCALE * (scale - 1)):
        lines = [(dice.choice(wares), str(dice.randint(1, 9)), "12.35") for _ in range(dice.randint(1, 4))]
        at = begin + timedelta(minutes=10, milliseconds=place)
        load.invoice(dice.choice(buyers), lines, at, number=f"AR{900001 + place:07d}")
