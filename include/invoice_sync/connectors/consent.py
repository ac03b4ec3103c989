"""The contract with vendors where a person must agree in the browser (OAuth 2.0, authorisation code)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from invoice_sync.model.ports import Tokens


@dataclass(frozen=True, slots=True)
class Connected:
    """What came of a consent: the tenant's own name for itself, and tokens that nobody has stored yet."""

    name: str
    tokens: Tokens


class Consent(Protocol):
    """Connects one binding anew. Stores nothing."""

    def address(self, redirect_uri: str, state: str) -> str:
        """Where the person agrees. The answer comes to `redirect_uri` and carries `state`."""

    def tenant_of(self, answer: Mapping[str, str]) -> str:
        """The tenant that was agreed for, as the answer's query says; empty when it says none."""

    def connect(self, code: str, redirect_uri: str) -> Connected:
        """Tokens for the code, tried out on the tenant. Raises NeedsPerson or TryLater."""
