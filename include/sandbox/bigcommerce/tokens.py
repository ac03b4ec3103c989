"""API tokens: what each may do, and for which store."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

# The vendor publishes no parameter name for the B2B Edition scope; this one is ours.
B2B_SCOPE = "b2b_edition"
FULL = (
    B2B_SCOPE, "store_v2_orders", "store_v2_transactions", "store_v2_customers", "store_v2_information_read_only",
    "store_channel_settings_read_only",
)  # fmt: skip
CORE_ONLY = tuple(scope for scope in FULL if scope != B2B_SCOPE)
READ_ONLY = "_read_only"
# account: made in a store's settings; backend: the deprecated authToken; buyer: a storefront login
ACCOUNT, BACKEND, BUYER = "account", "backend", "buyer"


@dataclass
class Token:
    """One token; `client_id` is the API account that it belongs to."""

    value: str
    store: str
    kind: str = ACCOUNT
    name: str = "Invoice Sync"
    client_id: str = ""
    scopes: set[str] = field(default_factory=set)
    ident: int = 0
    email: str = ""
    active: bool = True

    def may(self, scope: str) -> bool:
        """A modify scope includes its read-only twin."""
        return scope in self.scopes or scope.removesuffix(READ_ONLY) in self.scopes


class TokenDesk:
    """Every token given out; none runs out with time."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._tokens: dict[str, Token] = {}

    def add(self, token: Token) -> Token:
        """A token as seeded or made."""
        token.ident = token.ident or len(self._tokens) + 1
        self._tokens[token.value] = token
        return token

    def make(self, store: str, kind: str, name: str, email: str) -> Token:
        """A fresh token for somebody who signed in."""
        scopes = set(FULL) if kind == BACKEND else set()
        made = Token(f"{self._dice.getrandbits(160):040x}", store, kind, name, "", scopes, 0, email)
        return self.add(made)

    def get(self, value: str | None) -> Token | None:
        """The token behind a header, unless somebody has switched it off."""
        token = self._tokens.get(value or "")
        return token if token is not None and token.active else None

    def switch_off(self) -> None:
        """As if a person had deleted every API account; tokens do not run out by themselves."""
        for token in self._tokens.values():
            token.active = False

    def of(self, store: str) -> list[Token]:
        """The tokens of a store, in the order of making."""
        return [token for token in self._tokens.values() if token.store == store]

    def remove(self, token: Token) -> None:
        """Make a token worthless."""
        self._tokens.pop(token.value, None)

    def clear(self) -> None:
        """Forget every token."""
        self._tokens.clear()
