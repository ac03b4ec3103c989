"""Which payment pays which invoice, and what that leaves open.

The payment's lines are the truth; an invoice's LinkedTxn and Balance follow from them.
"""

from decimal import Decimal

from sandbox.quickbooks.entities.base import Call, sealed
from sandbox.quickbooks.entities.transaction import rebalance, rewritten
from sandbox.quickbooks.wire import Record, money

PAYABLE = ("Invoice", "CreditMemo")
_LINKING_NOTE = "Created by QB Online to link credits to charges."


def linked_amounts(payment: Record | None) -> dict[tuple[str, str], Decimal]:
    """What a payment gives to each transaction; of a credit memo it takes."""
    amounts: dict[tuple[str, str], Decimal] = {}
    for line in (payment or {}).get("Line", []):
        for link in line.get("LinkedTxn", [])[:1]:
            place = (link["TxnType"], link["TxnId"])
            amounts[place] = amounts.get(place, Decimal(0)) + line["Amount"]
    return amounts


def unapplied(total: Decimal, amounts: dict[tuple[str, str], Decimal]) -> Decimal:
    """The rest of a payment and of the credits it uses."""
    used = sum((each if kind == "Invoice" else -each for (kind, _), each in amounts.items()), Decimal(0))
    return money(total - used)


def open_of(record: Record, kind: str) -> Decimal:
    """What is still to be paid of an invoice, or to be used of a credit memo."""
    return Decimal(record["Balance" if kind == "Invoice" else "RemainingCredit"])


def settle(call: Call, old: Record | None, new: Record | None) -> None:
    """Move the balances of everything that a payment touched or touches now."""
    before, after = linked_amounts(old), linked_amounts(new)
    payment = new or old or {}
    for kind, record_id in {**before, **after}:
        record = call.company.get(kind, record_id)
        given = after.get((kind, record_id), Decimal(0)) - before.get((kind, record_id), Decimal(0))
        if record is None or (not given and (kind, record_id) in before):
            continue
        left = money(open_of(record, kind) - given)
        links = [each for each in record.get("LinkedTxn", []) if each["TxnId"] != payment["Id"]]
        if (kind, record_id) in after:
            links.append({"TxnId": payment["Id"], "TxnType": "Payment"})
        rewritten(call, kind, record, LinkedTxn=links, **_left(record, kind, left))


def _left(record: Record, kind: str, left: Decimal) -> Record:
    changed = {"Balance": left} | ({"RemainingCredit": left} if kind == "CreditMemo" else {})
    if "HomeBalance" in record:
        changed["HomeBalance"] = money(left * record["ExchangeRate"])
    return changed


def payments_of(call: Call, record_id: str, kind: str = "Invoice") -> list[Record]:
    """The payments that give to a transaction, oldest first."""
    record = call.company.get(kind, record_id) or {}
    named = [each["TxnId"] for each in record.get("LinkedTxn", []) if each["TxnType"] == "Payment"]
    found = (call.company.get("Payment", each) for each in named)
    return [each for each in found if each is not None and (kind, record_id) in linked_amounts(each)]


def loosened(call: Call, invoice: Record, keep: Decimal) -> None:
    """Take back from payments what they give beyond `keep`; that part of them is unapplied again."""
    place = ("Invoice", invoice["Id"])
    payments = payments_of(call, invoice["Id"])
    given = sum((linked_amounts(each)[place] for each in payments), Decimal(0))
    excess = given - keep
    for payment in reversed(payments):
        if excess <= 0:
            return
        back = min(excess, linked_amounts(payment)[place])
        excess -= back
        _take_back(call, payment, invoice["Id"], back)


def _take_back(call: Call, payment: Record, invoice_id: str, amount: Decimal) -> None:
    lines = []
    for line in payment["Line"]:
        if _links_to(line, "Invoice", invoice_id):
            line = {**line, "Amount": line["Amount"] - amount}
        if line["Amount"]:
            lines.append(line)
    rest = unapplied(payment["TotalAmt"], linked_amounts({"Line": lines}))
    changed = rewritten(call, "Payment", payment, Line=lines, UnappliedAmt=rest)
    record = call.company.get("Invoice", invoice_id)
    if record is not None and ("Invoice", invoice_id) not in linked_amounts(changed):
        links = [each for each in record["LinkedTxn"] if each["TxnId"] != payment["Id"]]
        call.put("Invoice", {**record, "LinkedTxn": links})


def withdrawn(call: Call, credit: Record) -> None:
    """Take a credit memo out of every payment that uses it, and so much of what it paid."""
    for payment in payments_of(call, credit["Id"], "CreditMemo"):
        kept = [line for line in payment["Line"] if not _links_to(line, "CreditMemo", credit["Id"])]
        lines = _fitted(payment["TotalAmt"], kept)
        rest = unapplied(payment["TotalAmt"], linked_amounts({"Line": lines}))
        settle(call, payment, rewritten(call, "Payment", payment, Line=lines, UnappliedAmt=rest))


def _fitted(total: Decimal, lines: list[Record]) -> list[Record]:
    """The lines, the last ones shortened, so that they give no more than there is."""
    over = -unapplied(total, linked_amounts({"Line": lines}))
    fitted = []
    for line in reversed(lines):
        if over > 0 and line["LinkedTxn"] and line["LinkedTxn"][0]["TxnType"] == "Invoice":
            cut = min(over, line["Amount"])
            over -= cut
            line = {**line, "Amount": line["Amount"] - cut}
        fitted += [line] if line["Amount"] else []
    return fitted[::-1]


def _links_to(line: Record, kind: str, record_id: str) -> bool:
    return any(link["TxnId"] == record_id and link["TxnType"] == kind for link in line["LinkedTxn"])


def apply_credits(call: Call, invoice: Record) -> None:
    """With AutoApplyCredit a new invoice takes up its customer's unused credit memos at once."""
    if not call.sales_form("AutoApplyCredit"):
        return
    for credit in call.company.having("CreditMemo", "CustomerRef", invoice["CustomerRef"]["value"]):
        held = call.company.tables["Invoice"][invoice["Id"]]
        amount = min(held["Balance"], credit["RemainingCredit"])
        if amount > 0:
            _link(call, held, credit, amount)


def _link(call: Call, invoice: Record, credit: Record, amount: Decimal) -> None:
    lines = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": record["Id"], "TxnType": kind}]}
        for kind, record in (("Invoice", invoice), ("CreditMemo", credit))
    ]
    content = {
        "CustomerRef": invoice["CustomerRef"], "TxnDate": invoice["TxnDate"], "TotalAmt": Decimal(0),
        "UnappliedAmt": Decimal(0), "CurrencyRef": invoice["CurrencyRef"], "Line": lines, "LinkedTxn": [],
        "PrivateNote": _LINKING_NOTE,
    }  # fmt: skip
    record = sealed(call, "Payment", content, None)
    call.put("Payment", record)
    rebalance(call.company, "Payment", None, record)
    settle(call, None, record)
