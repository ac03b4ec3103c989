"""Names: what they may contain, who may hold one, and what deactivation does to them."""

import re
from typing import Any

from sandbox.quickbooks import faults
from sandbox.quickbooks.entities.base import Call, Kind, given
from sandbox.quickbooks.faults import Fault, Problem
from sandbox.quickbooks.store import KEYS, SUFFIX, folded
from sandbox.quickbooks.wire import Record

NAME_LISTS = ("Customer", "Vendor", "Employee")
FORBIDDEN = re.compile(r"[:\t\r\n]")
_BAD_NAME = "{} must have at least one character and cannot include tabs, newlines or ':'"


def check_name(call: Call, name: str, element: str, forbidden: re.Pattern[str] = FORBIDDEN) -> None:
    """Refuse what cannot stand in a name."""
    if forbidden.search(name) or not name.strip():
        call.problems.append(faults.business(_BAD_NAME.format(element), element))


def check_email(call: Call, address: str | None, element: str) -> None:
    """QuickBooks asks for no more than the two signs."""
    if address is not None and not all(sign in address for sign in "@."):
        detail = "Invalid Email Address format. The email address must contain @ and ."
        call.problems.append(faults.business(detail, element))


def check_display_name(call: Call, entity: str, name: str, own_id: str | None) -> None:
    """Customers, vendors and employees share one set of names."""
    for each in NAME_LISTS:
        for holder in call.company.by_key(each, name):
            if holder["Id"] != own_id and _same(call, holder["DisplayName"], name):
                call.problems.append(_clash(call, holder, own_list=each == entity))
                return


def check_full_name(call: Call, entity: str, full_name: str, own_id: str | None) -> None:
    """Other lists have names of their own; the same name may stand below two parents."""
    key = KEYS[entity]
    for holder in call.company.by_key(entity, full_name.rpartition(":")[2]):
        taken = str(holder.get("FullyQualifiedName", holder[key]))
        if holder["Id"] != own_id and _same(call, taken, full_name):
            call.problems.append(_clash(call, holder, own_list=True))
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


def bare_name(body: Record, key: str, old: Record | None) -> str:
    """The name as it was given, without the suffix that deactivation put there."""
    name = str(body.get(key, "")).strip()
    return name.removesuffix(SUFFIX) if old and not old.get("Active", True) else name


def rename_children(call: Call, entity: str, record: Record, old: Record | None) -> None:
    """A child's full name begins with its parent's."""
    if old is None or old.get("FullyQualifiedName") == record.get("FullyQualifiedName"):
        return
    for child in call.company.having(entity, "ParentRef", record["Id"]):
        full = f"{record['FullyQualifiedName']}:{child[KEYS[entity]]}"
        renamed = {**child, "FullyQualifiedName": full}
        call.put(entity, renamed)
        rename_children(call, entity, renamed, child)


class NamedKind(Kind):
    """A record of a list with names of its own, which may stand below another of its kind."""

    refer_as = ""
    child_flag = ""
    computed = frozenset({"FullyQualifiedName", "Level"})

    def build(self, call: Call, body: Record, old: Record | None) -> Record:
        key = KEYS[self.name]
        check_alive(call, body, old)
        call.need(body, key)
        name = bare_name(body, key, old)
        if name:
            check_name(call, name, key)
        content = given({**body, key: name}, self.nested(call, body, name, old))
        content = self.finished(call, content, old)
        content = deactivated(content, (key, "FullyQualifiedName"), old)
        own_id = old["Id"] if old else None
        check_full_name(call, self.name, str(content.get("FullyQualifiedName", content[key])), own_id)
        return content

    def nested(self, call: Call, body: Record, name: str, old: Record | None) -> Record:
        """Active, and where the list is a tree the full name and the flag of children."""
        active = {"Active": (old or {}).get("Active", True)} if "Active" in self.shape else {}
        if not self.child_flag:
            return active
        parent = call.refer(self.name, self.refer_as, body.get("ParentRef"), "ParentRef")
        full = f"{parent['FullyQualifiedName']}:{name}" if parent else name
        return {**active, self.child_flag: parent is not None, "FullyQualifiedName": full}

    def finished(self, call: Call, content: Record, old: Record | None) -> Record:
        """What is particular about one kind."""
        return content

    def stored(self, call: Call, record: Record | None, old: Record | None) -> None:
        if record is not None and self.child_flag:
            rename_children(call, self.name, record, old)


def check_range(call: Call, body: Record, name: str, lowest: int, highest: int) -> None:
    """A number outside its range."""
    value: Any = body.get(name)
    if value is not None and not lowest <= value <= highest:
        detail = f"{name} must be between {lowest} and {highest}"
        call.problems.append(faults.business(detail, name))


def _same(call: Call, one: str, other: str) -> bool:
    if call.settings.case_blind_names:
        return folded(one) == folded(other)
    return one.strip() == other.strip()


def _suffixed(name: str) -> str:
    return name if name.endswith(SUFFIX) else name + SUFFIX


def _clash(call: Call, holder: Record, own_list: bool) -> Problem:
    # Three details are seen in the wild; only the Id of one's own list is ever told.
    style = call.settings.duplicate_name_detail
    if style == "null":
        return faults.duplicate_name("The name supplied already exists. : null")
    if style == "other_list" or not own_list:
        return faults.duplicate_name(f"Duplicate Name Exists Error : {faults.OTHER_LIST}")
    return faults.duplicate_name(f"The name supplied already exists. : Id={holder['Id']}")
