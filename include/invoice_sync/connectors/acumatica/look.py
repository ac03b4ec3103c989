"""What to see of a record or a list. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """What to see of a record or list: $select, $expand and $custom. Empty texts ask for nothing."""

    select: str = ""
    expand: str = ""
    custom: str = ""

    @property
    def params(self) -> dict[str, str]:
        asked = {"$select": self.select, "$expand": self.expand, "$custom": self.custom}
        return {name: value for name, value in asked.items() if value}


EVERYTHING = Look()
