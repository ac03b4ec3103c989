"""A ledger with something to see on every page: two nights at a company, and what went wrong in them."""

from __future__ import annotations

from house import House
from sandbox.salesforce.load import Loader

FIRST, SECOND, PREVIEW = (
    "manual__2026-11-20T07:00:00+00:00", "manual__2026-11-21T07:00:00+00:00", "manual__2026-11-21T08:15:00+00:00",
)  # fmt: skip
HOSTILE = '=HYPERLINK("http://evil")<img src=x onerror=alert(1)>'
"""What a source may hold; it is shown, and nothing else comes of it."""


def tell(house: House) -> House:
    """In the first night an answer is lost, three documents cannot go, and one waits for its customer; in the second
    a delivered invoice has changed."""
    _somebody_alike(house)
    house.mishap(vendor="quickbooks", kind="drop_after", path_contains="/batch", after=2)
    house.run(FIRST)
    house.clock.sleep(10)
    house.step("export", FIRST, rescheduled=True)
    house.run(FIRST, ("acknowledge", "report"))
    house.edit_invoice("000101", duedate="2026-12-31")
    house.run(SECOND)
    house.run(PREVIEW, dry_run=True)
    return house


def _somebody_alike(house: House) -> None:
    for name in ("Cedar Valley Clinic", "Cedar Valley Clinics Ltd"):
        house.insert("quickbooks", "Customer", DisplayName=name)
    loader: Loader = house.sandbox.vendors["salesforce"].loader()
    lines = (("P-100", "1", "12.50"),)
    loader.invoice("000150", customer="C-1005", lines=lines)
    loader.invoice("000151", customer="C-1005", lines=(("P-100", "3", "12.50"),), extcomment=HOSTILE)
