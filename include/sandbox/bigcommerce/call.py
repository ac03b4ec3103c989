"""What a handler is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from multidict import MultiDict, MultiMapping

from sandbox.bigcommerce.settings import Settings
from sandbox.bigcommerce.store import Store
from sandbox.bigcommerce.tokens import Token
from sandbox.bigcommerce.wire import Record, epoch, whole_of

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass
class Call:
    """One call that has passed the gate, or a person's deed in the store's own screens."""

    world: World
    store: Store
    settings: Settings
    token: Token | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: MultiMapping[str] = field(default_factory=MultiDict)
    body: Any = None
    # when seeded data was made
    at: datetime | None = None

    @property
    def now(self) -> datetime:
        """The sandbox's present moment."""
        return self.at or self.world.clock.now()

    @property
    def moment(self) -> int:
        """The same in unix seconds."""
        return epoch(self.now)

    def number(self, name: str) -> int | None:
        """An id in the path; None when it is no number, so that nothing is found under it."""
        return whole_of(self.path.get(name))

    def asked(self, name: str) -> str | None:
        """A query parameter that is there and not empty."""
        return self.query.get(name) or None


@dataclass(frozen=True)
class Page:
    """A part of a list, and where it lies in the whole."""

    rows: list[Record]
    total: int
    limit: int
    offset: int
    flat: bool = False


@dataclass(frozen=True)
class Written:
    """What a write did: the answer, and what the journal is told."""

    data: Any
    key: str
    remote_id: int | None
    entity: str | None = None
