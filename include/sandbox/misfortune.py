"""Mishaps that an operator or a test dials in: which call they strike, and how often."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

SERVER_KINDS = (
    "drop_before",
    "drop_after",
    "half_body",
    "slow",
    "hang_before",
    "server_error_before",
    "server_error_after",
    "throttled",
    "html",
    "expired_token",
)
VENDOR_KINDS = ("refuse", "commit_half")
SCOPES = ("write", "read", "sign_in", "any")


@dataclass
class Mishap:
    """One misfortune waiting to happen `times` times, after `after` matching calls went well."""

    vendor: str
    kind: str
    times: int = 1
    after: int = 0
    path_contains: str | None = None
    method: str | None = None
    entity: str | None = None
    code: str | None = None
    message: str | None = None
    detail: str | None = None
    seconds: float = 0.0
    scope: str = "write"
    with_headers: bool = True

    def __post_init__(self) -> None:
        if self.kind not in SERVER_KINDS + VENDOR_KINDS:
            raise ValueError(f"kind {self.kind!r} is not one of {', '.join(SERVER_KINDS + VENDOR_KINDS)}")
        if self.scope not in SCOPES:
            raise ValueError(f"scope {self.scope!r} is not one of {', '.join(SCOPES)}")
        for name in ("times", "after", "seconds"):
            _check_count(name, getattr(self, name))

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Read a mishap as posted; says what is wrong with it."""
        if not isinstance(data, dict):
            raise ValueError("a mishap is a JSON object")
        unknown = sorted(set(data) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"unknown mishap field: {', '.join(unknown)}")
        missing = [name for name in ("vendor", "kind") if not isinstance(data.get(name), str)]
        if missing:
            raise ValueError(f"a mishap needs {' and '.join(missing)}")
        return cls(**data)

    def to_json(self) -> dict[str, Any]:
        """As posted, with what is left of times and after."""
        return asdict(self)

    def strikes(self, vendor: str, scope: str, method: str, path: str) -> bool:
        """Whether a call is one that this mishap is about."""
        return (
            self.vendor == vendor
            and self.scope in (scope, "any")
            and (self.method is None or self.method.upper() == method)
            and (self.path_contains is None or self.path_contains in path)
        )


def _check_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{name} must be a number of 0 or more")


class Misfortune:
    """The mishaps still to come."""

    def __init__(self) -> None:
        self._mishaps: list[Mishap] = []

    def add(self, mishap: Mishap) -> None:
        """Put one more at the end; earlier ones strike first."""
        self._mishaps.append(mishap)

    def pending(self) -> list[Mishap]:
        """What is left."""
        return list(self._mishaps)

    def clear(self) -> None:
        """Call them all off."""
        self._mishaps.clear()

    def strike(self, vendor: str, scope: str, method: str, path: str) -> Mishap | None:
        """The mishap that befalls this HTTP call, used up once; None when all goes well."""
        return self._draw(
            [
                mishap
                for mishap in self._mishaps
                if mishap.kind in SERVER_KINDS and mishap.strikes(vendor, scope, method, path)
            ]
        )

    def take_refusal(self, vendor: str, entity: str) -> Mishap | None:
        """The refusal that befalls a record of this entity; asked by the vendor once per record."""
        return self.take("refuse", vendor, entity)

    def take(self, kind: str, vendor: str, entity: str | None = None) -> Mishap | None:
        """A mishap that the vendor itself carries out."""
        return self._draw(
            [
                mishap
                for mishap in self._mishaps
                if mishap.kind == kind
                and mishap.vendor == vendor
                and (entity is None or mishap.entity in (None, entity))
            ]
        )

    def _draw(self, matching: list[Mishap]) -> Mishap | None:
        """Every matching mishap counts the call; the first that is due is the one that happens."""
        struck: Mishap | None = None
        for mishap in matching:
            if mishap.after > 0:
                mishap.after -= 1
            elif struck is None and mishap.times > 0:
                struck = mishap
                mishap.times -= 1
        self._mishaps = [mishap for mishap in self._mishaps if mishap.times > 0]
        return struck
