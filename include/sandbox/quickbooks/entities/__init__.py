"""What QuickBooks does with each kind of record that can be written here."""

from sandbox.quickbooks.entities.base import Kind
from sandbox.quickbooks.entities.customer import CustomerKind
from sandbox.quickbooks.entities.invoice import InvoiceKind
from sandbox.quickbooks.entities.item import ItemKind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (CustomerKind(), ItemKind(), InvoiceKind())}
