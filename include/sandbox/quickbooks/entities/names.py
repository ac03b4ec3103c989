"""Names: what they may contain, who may hold one, and what deactivation does to them."""

import re

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call
from sandbox.quickbooks.faults import Fault, Problem
from sandbox.quickbooks.store import SUFFIX, folded
from sandbox.quickbooks.wire import Record

NAME_LISTS = ("Customer", "Vendor", "Employee")
_FORBIDDEN = re.compile(r"[:\t\r\n]")
_BAD_NAME = "{} must have at least one character and cannot include tabs, newlines or ':'"


def check_name(call: Call, name: str, element: str) -> None:
    """Refuse what cannot stand in a name."""
    if _FORBIDDEN.search(name) or not name.strip():
        call.problems.append(faults.business(_BAD_NAME.format(element), element))


def check_display_name(call: Call, name: str, own_id: str | None) -> None:
    """Customers, vendors and employees share one set of names, without regard to case."""
    for entity in NAME_LISTS:
        for holder in call.company.by_key(entity, name):
            if entity != "Customer" or holder["Id"] != own_id:
                call.problems.append(_clash(call, entity, holder))
                return


def check_item_name(call: Call, full_name: str, name: str, own_id: str | None) -> None:
    """Items have names of their own; the same name may stand in two categories."""
    for holder in call.company.by_key("Item", name):
        if holder["Id"] != own_id and folded(holder["FullyQualifiedName"]) == folded(full_name):
            call.problems.append(_clash(call, "Item", holder))
            return


def deactivated(content: Record, names: tuple[str, ...], old: Record | None) -> Record:
    """Put the suffix on the names of an inactive record, and take it off when it comes back."""
    was_active = old is None or old.get("Active", True)
    if not content.get("Active", True):
        return {**content, **{name: _suffixed(content[name]) for name in names if name in content}}
    if not was_active:
        return {**content, **{n: content[n].removesuffix(SUFFIX) for n in names if n in content}}
    return content


def check_alive(call: Call, body: Record, old: Record | None) -> None:
    """An inactive record can only be brought back."""
    if old is not None and not old.get("Active", True) and body.get("Active") is not True:
        raise Fault(faults.not_found())


def _suffixed(name: str) -> str:
    return name if name.endswith(SUFFIX) else name + SUFFIX


def _clash(call: Call, entity: str, holder: Record) -> Problem:
    # Three details are seen in the wild; only the Id of one's own list is ever told.
    style = call.settings.duplicate_name_detail
    if style == "null":
        return faults.duplicate_name("The name supplied already exists. : null")
    if style == "other_list" or entity in ("Vendor", "Employee"):
        return faults.duplicate_name(f"Duplicate Name Exists Error : {faults.OTHER_LIST}")
    return faults.duplicate_name(f"The name supplied already exists. : Id={holder['Id']}")
