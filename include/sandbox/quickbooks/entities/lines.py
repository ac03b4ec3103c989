"""The lines of a sale: which are legal, what is filled in, what they add up to."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities import line_tax
from sandbox.quickbooks.entities.base import Call
from sandbox.quickbooks.wire import CENT, Record, money

SHIPPING, GRATUITY = "SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID"
MOST_TAXABLE_LINES = 750
_CARRYING = ("SalesItemLineDetail", "GroupLineDetail")
_HUNDRED = Decimal(100)
# "max 15 digits as 10.5"
_LARGEST = Decimal(10) ** 10
# QuickBooks keeps seven decimals of a quantity and of a price
_KEPT = Decimal("0.0000001")
_SALE = "SalesItemLineDetail"


def built_lines(call: Call, rules: line_tax.Rules, body: Record, day: str) -> list[Record]:
    """The stored lines: sales and notes as given, then the subtotal, then the discount."""
    given = [line for line in body.get("Line", []) if line.get("DetailType") != "SubTotalLineDetail"]
    if not any(_carries(line) for line in given):
        call.problems.append(faults.missing("Line"))
        return []
    discounts = [line for line in given if line.get("DetailType") == "DiscountLineDetail"]
    sales = [_line(call, rules, line, day) for line in given if line not in discounts]
    _check_count(call, sales)
    subtotal = sum((line.get("Amount", Decimal(0)) for line in sales), Decimal(0))
    return [*_numbered(sales), _subtotal(subtotal), *_discount(call, discounts, subtotal)]


def total_of(lines: list[Record], detail_type: str) -> Decimal:
    """The sum of the lines of one type."""
    amounts = (line.get("Amount", Decimal(0)) for line in lines if line.get("DetailType") == detail_type)
    return sum(amounts, Decimal(0))


def sold(lines: list[Record]) -> Iterator[Record]:
    """The lines that sell something, those inside a bundle too."""
    for line in lines:
        if line.get("DetailType") == "GroupLineDetail":
            yield from sold(line["GroupLineDetail"]["Line"])
        elif line.get("DetailType") == _SALE:
            yield line


def taxable_of(lines: list[Record]) -> Decimal:
    """The sum of the sales lines that carry a taxable code."""
    return sum((line["Amount"] for line in sold(lines) if line_tax.is_taxed(line)), Decimal(0))


def _carries(line: Record) -> bool:
    # a description of this form is an inline subtotal
    inline = line.get("DetailType") == "DescriptionOnly" and str(line.get("Description", "")).startswith("Subtotal:")
    return inline or line.get("DetailType") in _CARRYING


def _line(call: Call, rules: line_tax.Rules, line: Record, day: str) -> Record:
    kind = line.get("DetailType")
    if kind is None:
        call.problems.append(faults.missing("DetailType"))
    if kind == "DescriptionOnly":
        return {"DescriptionLineDetail": {}, **{k: v for k, v in line.items() if k != "Amount"}}
    if kind == "GroupLineDetail":
        return _group(call, rules, line, day)
    return _sale(call, rules, line, day) if kind == _SALE else line


def _group(call: Call, rules: line_tax.Rules, line: Record, day: str) -> Record:
    """A bundle: its lines as sent, else as the bundle has them; it costs what they cost."""
    detail = {"Quantity": Decimal(1), **line.get("GroupLineDetail", {})}
    bundle = call.refer("Item", "Items", detail.get("GroupItemRef"), "GroupItemRef")
    if bundle is None:
        call.problems += [] if call.problems else [faults.missing("GroupItemRef")]
        return {**line, "Amount": Decimal(0), "GroupLineDetail": {**detail, "Line": []}}
    if bundle["Type"] != "Group":
        call.problems.append(faults.business("The item is not a bundle", "GroupItemRef"))
    detail["GroupItemRef"] = {"value": bundle["Id"], "name": bundle["FullyQualifiedName"]}
    inner = detail.get("Line") or _of_bundle(call, bundle, detail["Quantity"])
    detail["Line"] = _numbered([_sale(call, rules, each, day) for each in inner])
    return {**line, "Amount": sum((each["Amount"] for each in detail["Line"]), Decimal(0)), "GroupLineDetail": detail}


def _of_bundle(call: Call, bundle: Record, quantity: Decimal) -> list[Record]:
    lines = []
    for part in bundle.get("ItemGroupDetail", {}).get("ItemGroupLine", []):
        item = call.company.get("Item", part["ItemRef"]["value"]) or {}
        count, price = quantity * part.get("Qty", Decimal(1)), item.get("UnitPrice", Decimal(0))
        detail = {"ItemRef": {"value": part["ItemRef"]["value"]}, "Qty": count, "UnitPrice": price}
        lines.append({"DetailType": _SALE, "Amount": money(count * price), _SALE: detail})
    return lines


def _sale(call: Call, rules: line_tax.Rules, line: Record, day: str) -> Record:
    detail = _kept(line.get(_SALE, {}))
    if "Amount" not in line:
        call.problems.append(faults.missing("Amount"))
    amount = line.get("Amount", Decimal(0))
    _check_amount(call, amount)
    _check_product(call, amount, detail)
    item = _item(call, detail, day)
    if "ItemRef" not in detail:
        # by the schema such a line is a mere note
        return {**line, "Amount": Decimal(0), _SALE: detail}
    code = line_tax.code_of(call, rules, detail, item)
    nothing = () if detail.get("Qty") or detail.get("UnitPrice") else ("Qty", "UnitPrice")
    detail = {k: v for k, v in detail.items() if k not in ("TaxCodeRef", *nothing)}
    detail |= {"TaxCodeRef": code} if code else {}
    _check_class(call, detail)
    return line_tax.netted(call, rules, {**line, "Amount": money(amount), _SALE: detail})


def _kept(detail: Record) -> Record:
    rounded: Record = {
        name: detail[name].quantize(_KEPT, rounding=ROUND_HALF_UP).normalize() + 0
        for name in ("Qty", "UnitPrice")
        if name in detail and detail[name] != detail[name].quantize(_KEPT, rounding=ROUND_HALF_UP)
    }
    return {**detail, **rounded}


def _check_amount(call: Call, amount: Decimal) -> None:
    if abs(amount) >= _LARGEST:
        call.problems.append(faults.invalid_number(f"{amount:f}", "Line.Amount"))
    elif amount != amount.quantize(CENT, rounding=ROUND_HALF_UP):
        call.problems.append(faults.business("Amount has more precision than allowed", "Line.Amount"))


def _check_product(call: Call, amount: Decimal, detail: Record) -> None:
    quantity, price = detail.get("Qty"), detail.get("UnitPrice")
    # python-quickbooks sends 0 and 0 for "not given", and the live service takes it.
    if quantity is None or price is None or (not quantity and not price) or abs(amount) >= _LARGEST:
        return
    tolerance = Decimal(str(call.settings.amount_tolerance_cents)) * CENT
    if abs(money(quantity * price) - money(amount)) > tolerance:
        call.problems.append(faults.not_product(amount))


def _item(call: Call, detail: Record, day: str) -> Record | None:
    reference = detail.get("ItemRef") or _default_item(call)
    if reference is None:
        return None
    detail["ItemRef"] = reference
    if reference["value"] in (SHIPPING, GRATUITY):
        if reference["value"] == SHIPPING and not call.sales_form("AllowShipping"):
            call.problems.append(switched_off("Shipping"))
        return None
    item = call.refer("Item", "Items", reference, "ItemRef")
    if item is not None:
        detail["ItemRef"] = {"value": item["Id"], "name": item["FullyQualifiedName"]}
        if "IncomeAccountRef" in item:
            detail["ItemAccountRef"] = item["IncomeAccountRef"]
        _check_kind(call, item, day)
    return item


def _default_item(call: Call) -> Record | None:
    """What live companies are said to fill in; by the schema the line stays without an item."""
    if call.settings.line_without_item == "note":
        return None
    named = {each["Name"]: each["Value"] for each in call.company.prefs("OtherPrefs").get("NameValue", [])}
    value = named.get("SalesFormsPrefs.DefaultItem")
    return {"value": value} if value else None


def _check_kind(call: Call, item: Record, day: str) -> None:
    if item["Type"] in ("Category", "Group"):
        call.problems.append(faults.business(f"An item of type {item['Type']} cannot be sold on a line", "ItemRef"))
    if item["Type"] == "Inventory" and day < item.get("InvStartDate", ""):
        detail = "Transaction date is prior to start date for inventory item"
        call.problems.append(faults.business(detail, "TxnDate"))


def _check_class(call: Call, detail: Record) -> None:
    if "ClassRef" in detail:
        tracked = call.company.prefs("AccountingInfoPrefs").get("ClassTrackingPerTxnLine")
        check_tracked(call, detail, "ClassRef", "Class", "Klasses", bool(tracked))


def check_tracked(call: Call, content: Record, element: str, entity: str, kind: str, tracked: bool) -> None:
    """A class or a location may be named where the company keeps them."""
    if element not in content:
        return
    if tracked:
        call.refer(entity, kind, content[element], element)
    elif call.settings.untracked_refs == "refuse":
        call.problems.append(faults.business(f"{entity} tracking is turned off in the company's settings", element))
    else:
        del content[element]


def _numbered(sales: list[Record]) -> list[Record]:
    known = {line["Id"] for line in sales if line.get("Id", "").isdigit() and int(line["Id"]) > 0}
    last = max((int(each) for each in known), default=0)
    numbered = []
    for position, line in enumerate(sales, 1):
        if line.get("Id") in known:
            line_id = line["Id"]
        else:
            last += 1
            line_id = str(last)
        numbered.append({**line, "Id": line_id, "LineNum": position})
    return numbered


def _subtotal(amount: Decimal) -> Record:
    return {"Amount": money(amount), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}


def _discount(call: Call, discounts: list[Record], subtotal: Decimal) -> list[Record]:
    if not discounts:
        return []
    if len(discounts) > 1:
        call.problems.append(faults.business("Only one discount line is allowed per transaction", "Line"))
    line = discounts[0]
    detail = {"PercentBased": False, **line.get("DiscountLineDetail", {})}
    amount = line.get("Amount", Decimal(0))
    if detail["PercentBased"] and "DiscountPercent" in detail:
        amount = subtotal * detail["DiscountPercent"] / _HUNDRED
    _check_discount(call, amount)
    _name_account(call, detail)
    return [{"Amount": money(amount), "DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}]


def _check_discount(call: Call, amount: Decimal) -> None:
    # Some clients add a discount of nothing to every invoice; it asks for nothing.
    if amount and not call.sales_form("AllowDiscount"):
        call.problems.append(switched_off("Discount"))
    if amount < 0:
        call.problems.append(faults.business("The discount amount must be positive", "Line.Amount"))


def _name_account(call: Call, detail: Record) -> None:
    default = call.company.prefs("SalesFormsPrefs").get("DefaultDiscountAccount")
    reference = detail.get("DiscountAccountRef") or ({"value": default} if default else None)
    account = call.refer("Account", "Accounts", reference, "DiscountAccountRef")
    if account is not None:
        detail["DiscountAccountRef"] = {"value": account["Id"], "name": account["FullyQualifiedName"]}


def switched_off(what: str) -> faults.Problem:
    """6000: the company does not use this."""
    return faults.business(f"{what} is turned off in the company's sales settings", "Line")


def _check_count(call: Call, sales: list[Record]) -> None:
    if len(sales) > MOST_TAXABLE_LINES and taxable_of(sales):
        detail = f"A taxable transaction cannot have more than {MOST_TAXABLE_LINES} lines"
        call.problems.append(faults.business(detail, "Line"))
