"""How an object is described: its fields, their types, lengths and rights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

Row = dict[str, Any]


class Rows(Protocol):
    """Where a formula looks up other records."""

    def row(self, sobject: str, record_id: str | None) -> Row | None:
        """A live record, or None."""


Formula = Callable[[Rows, Row], Any]


@dataclass(frozen=True)
class Field:
    """One field; `references` makes it a lookup, `compute` a formula."""

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
    compute: Formula | None = field(default=None, compare=False)

    @property
    def custom(self) -> bool:
        """Whether a package or an administrator added it."""
        return self.name.endswith("__c")

    @property
    def relationship(self) -> str | None:
        """The name of a parent hop over this lookup."""
        if self.references is None:
            return None
        return self.name[:-1] + "r" if self.custom else self.name.removesuffix("Id")

    @property
    def label(self) -> str:
        """Something for people; the package's own labels are not public."""
        return self.name.removesuffix("__c").removeprefix("rstk__").replace("_", " ")

    def describe(self) -> dict[str, Any]:
        """The field's entry in the describe answer."""
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "length": self.length,
            "precision": self.precision,
            "scale": self.scale,
            "custom": self.custom,
            "updateable": self.updateable,
            "createable": self.updateable,
            "nillable": not self.required and self.type not in ("boolean", "id"),
            "calculated": self.compute is not None,
            "externalId": self.unique,
            "unique": self.unique,
            "filterable": True,
            "sortable": True,
            "referenceTo": [self.references] if self.references else [],
            "relationshipName": self.relationship,
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
        return self.fields.get(name) or self._folded().get(name.casefold())

    def lookup(self, relationship: str) -> Field | None:
        """The lookup behind a parent hop such as rstk__soinv_custno__r."""
        wanted = relationship.casefold()
        found = (one for one in self.fields.values() if (one.relationship or "").casefold() == wanted)
        return next(found, None)

    def _folded(self) -> dict[str, Field]:
        return {name.casefold(): one for name, one in self.fields.items()}


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


def lookups(prefix: str, spec: str) -> list[Field]:
    """Lookups from "custno:rstk__socust__c"."""
    pairs = (item.split(":") for item in spec.split())
    return [Field(f"{prefix}{name}__c", "reference", 18, references=target) for name, target in pairs]


def formula(name: str, kind: str, compute: Formula, precision: int = 18, scale: int = 2) -> Field:
    """A computed field; nobody can write it."""
    size = (precision, scale) if kind == "double" else (0, 0)
    return Field(name, kind, 0 if kind == "double" else 1300, *size, updateable=False, compute=compute)


def external_id(name: str, length: int) -> Field:
    """A unique text that may serve as a key."""
    return Field(name, "string", length, unique=True)


def sobject(name: str, label: str, *fields: Field) -> SObject:
    """A custom object with the standard fields in front."""
    return SObject(name, label, {one.name: one for one in (*STANDARD, *fields)})
