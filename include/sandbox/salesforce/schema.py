"""How an object is described: its fields, their types, lengths and rights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

Row = dict[str, Any]


class Rows(Protocol):
    """Where a formula looks up other records."""

    def row(self, sobject: str, record_id: str | None) -> Row | None:
        """A live record, or None."""

    def children(self, sobject: str, lookup: str, record_id: str) -> Iterator[Row]:
        """Live records whose lookup names this one."""


Formula = Callable[[Rows, Row], Any]


@dataclass(frozen=True)
class Field:
    """One field; `references` makes it a lookup, `master` a master-detail, `compute` a formula or roll-up."""

    name: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    updateable: bool = True
    required: bool = False
    unique: bool = False
    references: str | None = None
    picklist: tuple[str, ...] = ()
    master: bool = False
    rich: bool = False
    # name of the children's list on the parent, where it is known
    children: str | None = None
    compute: Formula | None = field(default=None, compare=False)

    @property
    def custom(self) -> bool:
        """Whether a package or an administrator added it."""
        return self.name.endswith("__c")

    @property
    def createable(self) -> bool:
        """A master is named once, when the record is made."""
        return self.updateable or self.master

    @cached_property
    def relationship(self) -> str | None:
        """The name of a parent hop over this lookup."""
        if self.references is None:
            return None
        return self.name[:-1] + "r" if self.custom else self.name.removesuffix("Id")

    @property
    def label(self) -> str:
        """Something for people; the package's own labels are not public."""
        return self.name.removesuffix("__c").removeprefix("rstk__").replace("_", " ")

    def __hash__(self) -> int:
        return hash(self.name)

    def describe(self, read_only: bool = False, unique: bool = True) -> dict[str, Any]:
        """The field's entry in the describe answer."""
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "length": self.length,
            "precision": self.precision,
            "scale": self.scale,
            "custom": self.custom,
            "updateable": self.updateable and not read_only,
            "createable": self.createable and not read_only,
            "nillable": not self.required and self.type not in ("boolean", "id"),
            "defaultedOnCreate": self.type == "boolean",
            "calculated": self.compute is not None,
            "externalId": self.unique,
            "unique": self.unique and unique,
            "idLookup": self.unique or self.type == "id",
            "caseSensitive": False,
            "htmlFormatted": self.rich,
            "filterable": self.type != "textarea",
            "sortable": self.type != "textarea",
            "cascadeDelete": self.master,
            "referenceTo": [self.references] if self.references else [],
            "relationshipName": self.relationship,
            "relationshipOrder": 0 if self.master else None,
            "restrictedPicklist": bool(self.picklist),
            "picklistValues": [
                {"value": value, "label": value, "active": True, "defaultValue": False, "validFor": None}
                for value in self.picklist
            ],
        }


@dataclass(frozen=True)
class SObject:
    """One object and its fields by name."""

    name: str
    label: str
    fields: dict[str, Field]

    def field(self, name: str) -> Field | None:
        """Field names do not mind case."""
        return self.fields.get(name) or self._folded.get(name.casefold())

    def lookup(self, relationship: str) -> Field | None:
        """The lookup behind a parent hop such as rstk__soinv_custno__r."""
        return self._hops.get(relationship.casefold())

    @cached_property
    def lookups(self) -> list[Field]:
        """Every field that names another record."""
        return [one for one in self.fields.values() if one.references]

    @cached_property
    def masters(self) -> list[Field]:
        """The records that this one cannot live without."""
        return [one for one in self.lookups if one.master]

    @cached_property
    def uniques(self) -> list[Field]:
        """External ids."""
        return [one for one in self.fields.values() if one.unique]

    @cached_property
    def blank(self) -> Row:
        """A new record before anything is written: checkboxes begin unticked."""
        return {one.name: False for one in self.fields.values() if one.type == "boolean" and one.compute is None}

    @cached_property
    def _folded(self) -> dict[str, Field]:
        return {name.casefold(): one for name, one in self.fields.items()}

    @cached_property
    def _hops(self) -> dict[str, Field]:
        return {str(one.relationship).casefold(): one for one in self.lookups}


STANDARD = (
    Field("Id", "id", 18, updateable=False),
    Field("IsDeleted", "boolean", updateable=False),
    Field("Name", "string", 80),
    Field("CreatedDate", "datetime", updateable=False),
    Field("LastModifiedDate", "datetime", updateable=False),
    Field("SystemModstamp", "datetime", updateable=False),
)


def texts(prefix: str, spec: str) -> list[Field]:
    """Text fields from "invoiceno:30 name:255"."""
    pairs = (item.split(":") for item in spec.split())
    return [Field(f"{prefix}{name}__c", "string", int(length)) for name, length in pairs]


def numbers(prefix: str, spec: str, kind: str = "double") -> list[Field]:
    """Number fields from "total:16,2 qty:12,6"."""
    made = []
    for item in spec.split():
        name, _, size = item.partition(":")
        precision, scale = size.split(",")
        made.append(Field(f"{prefix}{name}__c", kind, precision=int(precision), scale=int(scale)))
    return made


def plain(prefix: str, kind: str, spec: str, length: int = 0) -> list[Field]:
    """Fields of one type without a size of their own."""
    return [Field(f"{prefix}{name}__c", kind, length) for name in spec.split()]


def rich_texts(prefix: str, spec: str) -> list[Field]:
    """Comments that hold HTML."""
    return [Field(f"{prefix}{name}__c", "textarea", 32768, rich=True) for name in spec.split()]


def picklist(name: str, *choices: str) -> Field:
    """A restricted picklist."""
    return Field(name, "picklist", 255, picklist=choices)


def lookups(prefix: str, spec: str) -> list[Field]:
    """Lookups from "custno:rstk__socust__c"."""
    pairs = (item.split(":") for item in spec.split())
    return [Field(f"{prefix}{name}__c", "reference", 18, references=target) for name, target in pairs]


def master(name: str, references: str, children: str | None = None) -> Field:
    """A master-detail: required, and fixed once the record is there."""
    return Field(
        name, "reference", 18, updateable=False, required=True, references=references, master=True, children=children
    )


def formula(name: str, kind: str, compute: Formula, precision: int = 18, scale: int = 2) -> Field:
    """A computed field; nobody can write it."""
    size = (precision, scale) if kind == "double" else (0, 0)
    return Field(name, kind, 0 if kind == "double" else 1300, *size, updateable=False, compute=compute)


def external_id(name: str, length: int) -> Field:
    """A unique text that may serve as a key."""
    return Field(name, "string", length, unique=True)


def sealed(fields: list[Field]) -> list[Field]:
    """Stored, but the package alone writes them: roll-ups over records that no integration sees."""
    return [replace(one, updateable=False) for one in fields]


def sobject(name: str, label: str, *fields: Field) -> SObject:
    """An object with the standard fields in front."""
    return SObject(name, label, {one.name: one for one in (*STANDARD, *fields)})
