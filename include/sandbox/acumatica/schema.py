"""How the entities of an endpoint are described: fields with types, first versions and the form's views.

A spec is a text of words `Name:type`, with `@24` for the first Default version that has the field (20 without),
`=Stored` where the store calls it otherwise and `~View` where it belongs to another view than the form's main one.
Types: s text, d decimal, b boolean, i whole number, day date, dt moment, g GUID.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAIN_VIEW = "Document"
OLDEST = 20
# stored name of a linked object whose fields lie in the record itself
HEAD = "."
_WORD = re.compile(r"(?P<name>\w+):(?P<type>\w+)(@(?P<since>\d+))?(=(?P<source>\w+))?(~(?P<view>\w+))?")
WRAPPERS = {
    "s": "StringValue",
    "d": "DecimalValue",
    "b": "BooleanValue",
    "i": "IntValue",
    "day": "DateTimeValue",
    "dt": "DateTimeValue",
    "g": "GuidValue",
}


@dataclass(frozen=True)
class Field:
    """One field of an entity or of a row."""

    name: str
    type: str
    since: int
    source: str
    view: str


@dataclass(frozen=True)
class Part:
    """Fields, and objects within; the rows of a collection are parts too."""

    name: str
    fields: Mapping[str, Field]
    linked: Mapping[str, Part] = field(default_factory=dict)
    source: str = ""
    since: int = OLDEST

    @property
    def stored(self) -> str:
        """What the store calls it."""
        return self.source or self.name

    def fields_in(self, version: int) -> list[Field]:
        """The fields that a version of the endpoint has."""
        return [one for one in self.fields.values() if one.since <= version]


@dataclass(frozen=True)
class Entity(Part):
    """A top-level entity; `kind` is the stored table and `form` the screen behind it."""

    kind: str = ""
    form: str = ""
    keys: tuple[str, ...] = ()
    collections: Mapping[str, Part] = field(default_factory=dict)
    # action name: names of its parameters with their types
    actions: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)

    def collections_in(self, version: int) -> list[Part]:
        """The collections that a version of the endpoint has."""
        return [one for one in self.collections.values() if one.since <= version]

    def linked_in(self, version: int) -> list[Part]:
        """The linked objects that a version of the endpoint has."""
        return [one for one in self.linked.values() if one.since <= version]


def fields_of(spec: str, view: str = MAIN_VIEW) -> dict[str, Field]:
    """Read a spec."""
    made = {}
    for word in spec.split():
        match = _WORD.fullmatch(word)
        if match is None:
            raise ValueError(f"{word!r} is no field")
        name = match["name"]
        made[name] = Field(
            name, match["type"], int(match["since"] or OLDEST), match["source"] or name, match["view"] or view
        )
    return made


def part(
    name: str, spec: str, linked: tuple[Part, ...] = (), source: str = "", since: int = OLDEST, view: str = ""
) -> Part:
    """A linked object or the row of a collection; it is a view of its own."""
    return Part(name, fields_of(spec, view or name), {one.name: one for one in linked}, source, since)


def entity(
    name: str,
    form: str,
    keys: str,
    spec: str,
    linked: tuple[Part, ...] = (),
    collections: tuple[Part, ...] = (),
    actions: Mapping[str, str] | None = None,
    kind: str = "",
) -> Entity:
    """A top-level entity; `actions` maps names to the specs of their parameters."""
    return Entity(
        name,
        fields_of(spec),
        {one.name: one for one in linked},
        kind=kind or name,
        form=form,
        keys=tuple(keys.split()),
        collections={one.name: one for one in collections},
        actions={action: fields_of(parameters) for action, parameters in (actions or {}).items()},
    )
