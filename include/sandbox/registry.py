"""The vendors that the sandbox serves: one line each."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from sandbox.vendor import Vendor
from sandbox.world import World

# name: (module, class, port when none is asked for)
VENDORS: dict[str, tuple[str, str, int]] = {
    "salesforce": ("sandbox.salesforce", "Salesforce", 8801),
    "quickbooks": ("sandbox.quickbooks", "QuickBooks", 8802),
    "acumatica": ("sandbox.acumatica", "Acumatica", 8803),
    "bigcommerce": ("sandbox.bigcommerce", "BigCommerce", 8804),
}


def build(name: str, world: World) -> Vendor:
    """Make one vendor; imported only now, so that one vendor never drags in another."""
    module, class_name, _ = VENDORS[name]
    make = cast(Callable[[World], Vendor], getattr(import_module(module), class_name))
    return make(world)


def default_ports() -> dict[str, int]:
    """The ports of the command line."""
    return {name: port for name, (_, _, port) in VENDORS.items()}
