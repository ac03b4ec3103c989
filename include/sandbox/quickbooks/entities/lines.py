"""The lines of an invoice: which are legal, what is filled in, what they add up to."""

from decimal import ROUND_HALF_UP, Decimal

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call
from sandbox.quickbooks.wire import CENT, Record, money

SHIPPING, GRATUITY = "SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID"
MOST_TAXABLE_LINES = 750
_CARRYING = ("SalesItemLineDetail", "GroupLineDetail")
_HUNDRED = Decimal(100)


def built_lines(call: Call, body: Record) -> list[Record]:
    """The stored lines: sales and notes as given, then the subtotal, then the discount."""
    given = [line for line in body.get("Line", []) if line.get("DetailType") != "SubTotalLineDetail"]
    if not any(line.get("DetailType") in _CARRYING for line in given):
        call.problems.append(faults.missing("Line"))
        return []
    discounts = [line for line in given if line.get("DetailType") == "DiscountLineDetail"]
    sales = [_line(call, line) for line in given if line not in discounts]
    _check_count(call, sales)
    numbered = _numbered(sales)
    subtotal = sum((line.get("Amount", Decimal(0)) for line in sales), Decimal(0))
    lines: list[Record] = [*numbered, _subtotal(subtotal)]
    return lines + _discount(call, discounts, subtotal)


def total_of(lines: list[Record], detail_type: str) -> Decimal:
    """The sum of the lines of one type."""
    amounts = (line.get("Amount", Decimal(0)) for line in lines if line["DetailType"] == detail_type)
    return sum(amounts, Decimal(0))


def taxable_of(lines: list[Record]) -> Decimal:
    """The sum of the sales lines that carry a taxable code."""
    return sum(
        (
            line["Amount"] for line in lines
            if line.get("SalesItemLineDetail", {}).get("TaxCodeRef", {}).get("value", "NON") != "NON"
        ),
        Decimal(0),
    )  # fmt: skip


def _line(call: Call, line: Record) -> Record:
    kind = line.get("DetailType")
    if kind is None:
        call.problems.append(faults.missing("DetailType"))
    if kind == "DescriptionOnly":
        return {"DescriptionLineDetail": {}, **{k: v for k, v in line.items() if k != "Amount"}}
    return _sale(call, line) if kind == "SalesItemLineDetail" else line


def _sale(call: Call, line: Record) -> Record:
    detail = dict(line.get("SalesItemLineDetail", {}))
    if "Amount" not in line:
        call.problems.append(faults.missing("Amount"))
    amount = line.get("Amount", Decimal(0))
    _check_product(call, amount, detail)
    # QuickBooks of a US company answers NON where no code came with the line.
    item = _item(call, detail)
    detail["TaxCodeRef"] = _tax_code(call, detail, item)
    call.refer("Class", "Klasses", detail.get("ClassRef"), "ClassRef")
    if not detail.get("Qty") and not detail.get("UnitPrice"):
        detail = {k: v for k, v in detail.items() if k not in ("Qty", "UnitPrice")}
    if not detail.get("TaxInclusiveAmt"):
        detail.pop("TaxInclusiveAmt", None)
    return {**line, "Amount": money(amount), "SalesItemLineDetail": detail}


def _check_product(call: Call, amount: Decimal, detail: Record) -> None:
    if amount != amount.quantize(CENT, rounding=ROUND_HALF_UP):
        call.problems.append(faults.business("Amount has more precision than allowed", "Line.Amount"))
    quantity, price = detail.get("Qty"), detail.get("UnitPrice")
    # python-quickbooks sends 0 and 0 for "not given", and the live service takes it.
    if quantity is None or price is None or (not quantity and not price):
        return
    if money(quantity * price) != money(amount):
        call.problems.append(faults.not_product(amount))


def _item(call: Call, detail: Record) -> Record | None:
    reference = detail.get("ItemRef")
    if reference is None:
        return None
    if reference["value"] in (SHIPPING, GRATUITY):
        if reference["value"] == SHIPPING and not call.company.prefs("SalesFormsPrefs")["AllowShipping"]:
            call.problems.append(_switched_off("Shipping"))
        return None
    item = call.refer("Item", "Items", reference, "ItemRef")
    if item is not None:
        detail["ItemRef"] = {"value": item["Id"], "name": item["FullyQualifiedName"]}
        if "IncomeAccountRef" in item:
            detail["ItemAccountRef"] = item["IncomeAccountRef"]
    return item


def _tax_code(call: Call, detail: Record, item: Record | None) -> Record:
    if not call.company.prefs("TaxPrefs")["UsingSalesTax"]:
        return {"value": "NON"}
    if "TaxCodeRef" in detail:
        code: Record = detail["TaxCodeRef"]
        call.refer("TaxCode", "TaxCodes", code, "TaxCodeRef")
        return code
    return {"value": "TAX" if item and item.get("Taxable") else "NON"}


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
    if amount and not call.company.prefs("SalesFormsPrefs")["AllowDiscount"]:
        call.problems.append(_switched_off("Discount"))
    if amount < 0:
        call.problems.append(faults.business("The discount amount must be positive", "Line.Amount"))


def _name_account(call: Call, detail: Record) -> None:
    default = call.company.prefs("SalesFormsPrefs").get("DefaultDiscountAccount")
    reference = detail.get("DiscountAccountRef") or ({"value": default} if default else None)
    account = call.refer("Account", "Accounts", reference, "DiscountAccountRef")
    if account is not None:
        detail["DiscountAccountRef"] = {"value": account["Id"], "name": account["FullyQualifiedName"]}


def _switched_off(what: str) -> faults.Problem:
    return faults.business(f"{what} is turned off in the company's sales settings", "Line")


def _check_count(call: Call, sales: list[Record]) -> None:
    if len(sales) > MOST_TAXABLE_LINES and taxable_of(sales):
        detail = f"A taxable transaction cannot have more than {MOST_TAXABLE_LINES} lines"
        call.problems.append(faults.business(detail, "Line"))
