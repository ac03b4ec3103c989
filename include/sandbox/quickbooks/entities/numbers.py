"""Document numbers: who gives them, and when an equal one is refused.

https://developer.intuit.com, learn/handling-common-errors, "Duplicate Document Number Error"
"""

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call
from sandbox.quickbooks.wire import Record

AUTO_NUMBER = "AUTO_GENERATE"


def check_number(call: Call, entity: str, body: Record, old: Record | None) -> None:
    """6140 needs custom numbers, the user's warning, and no word from the caller that it is meant."""
    number = body.get("DocNumber")
    wanted = call.sales_form("CustomTxnNumbers") and call.settings.warn_duplicate_docnum
    if not number or not wanted or "allowduplicatedocnum" in call.include or call.by_operator:
        return
    for other in call.company.by_key(entity, number):
        if old is None or other["Id"] != old["Id"]:
            call.problems.append(faults.duplicate_number(number, entity, other["Id"]))
            return


def number_of(call: Call, body: Record, old: Record | None, can_ask: bool) -> str | None:
    """The number to store; where custom numbers are on, none sent means none kept."""
    number: str | None = body.get("DocNumber")
    if can_ask and (number == AUTO_NUMBER or body.get("AutoDocNumber")):
        return call.company.next_number()
    if call.sales_form("CustomTxnNumbers"):
        return number
    if number is None or (call.settings.number_when_custom_off == "ignored" and not call.by_operator):
        return str(old["DocNumber"]) if old and old.get("DocNumber") else call.company.next_number()
    return number
