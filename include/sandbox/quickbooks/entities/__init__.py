"""What QuickBooks does with each kind of record that can be written here."""

from sandbox.quickbooks.entities.base import Kind
from sandbox.quickbooks.entities.company import CompanyInfoKind, PreferencesKind
from sandbox.quickbooks.entities.credit_memo import CreditMemoKind
from sandbox.quickbooks.entities.currency import CompanyCurrencyKind, ExchangeRateKind
from sandbox.quickbooks.entities.invoice import InvoiceKind
from sandbox.quickbooks.entities.item import ItemKind
from sandbox.quickbooks.entities.lists import AccountKind, ClassKind, DepartmentKind, PaymentMethodKind, TermKind
from sandbox.quickbooks.entities.payment import PaymentKind
from sandbox.quickbooks.entities.people import CustomerKind, EmployeeKind, VendorKind
from sandbox.quickbooks.entities.tax_setup import TaxAgencyKind, TaxServiceKind

# not an entity, but what makes tax codes: they have no writing of their own
TAX_SERVICE = "TaxService"
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        CustomerKind(), VendorKind(), EmployeeKind(), ItemKind(), InvoiceKind(), CreditMemoKind(), PaymentKind(),
        TermKind(), AccountKind(), ClassKind(), DepartmentKind(), PaymentMethodKind(), TaxAgencyKind(),
        CompanyCurrencyKind(), ExchangeRateKind(), PreferencesKind(), CompanyInfoKind(),
    )
} | {TAX_SERVICE: TaxServiceKind()}  # fmt: skip
