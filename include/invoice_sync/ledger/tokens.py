"""Tokens of one binding: encrypted, versioned, renewed by one process at a time."""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import ColumnElement, and_, delete, insert, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from invoice_sync.ledger import leases
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.tables import TokenRow
from invoice_sync.model import canonical
from invoice_sync.model.errors import LeaseTaken, SettingsError
from invoice_sync.model.ports import Binding, Clock, Tokens

log = logging.getLogger("invoice_sync.tokens")

VARIABLE = "INVOICE_SYNC_KEYS"
RENEWAL = timedelta(minutes=10)  # longer than the slowest sign-in, several tries included


def keys_from_environment() -> MultiFernet:
    """Fernet keys of INVOICE_SYNC_KEYS, comma separated, newest first. Raises SettingsError."""
    try:
        return MultiFernet([Fernet(key.strip()) for key in os.environ.get(VARIABLE, "").split(",") if key.strip()])
    except ValueError:
        raise SettingsError(
            f"{VARIABLE} holds no usable key, so tokens cannot be kept.",
            cure="Make one with cryptography.fernet.Fernet.generate_key() and set the variable to it.",
        ) from None


WAITS = 1200
SAVE_TRIES = 5
TIMES = ("expires_at", "refresh_expires_at", "refresh_used_at", "refresh_hard_end_at")


class LedgerTokens:
    """The TokenStore of one binding. The tenant is inside the ciphertext: a copied row opens nothing."""

    def __init__(
        self,
        database: Database,
        binding: Binding,
        keys: MultiFernet,
        clock: Clock,
        mask: Callable[[str], None] | None = None,
    ) -> None:
        self._database, self._binding, self._keys, self._clock = database, binding, keys, clock
        self._mask = mask

    def load(self) -> Tokens | None:
        """The newest tokens of this tenant, None before its first sign-in. Raises SettingsError without the key."""
        with self._database.transaction() as session:
            row = session.execute(select(TokenRow).where(self._mine())).scalar_one_or_none()
        tokens = self._open(row) if row is not None else None
        return self._hidden(tokens) if tokens is not None else None

    def save(self, tokens: Tokens) -> Tokens:
        """Replaces whatever is there, also what no key opens any more: that is how a company is connected again."""
        self._hidden(tokens)
        with self._turn() as session:
            before = session.scalar(select(TokenRow.version).where(self._mine())) or 0
            return self._put(session, tokens, before + 1)

    def save_renewed(self, tokens: Tokens) -> Tokens:
        """Stores what a renewal of `tokens.version` brought, trying for a while: the vendor gives it only once.

        When somebody else stored tokens since (our lease ran out, or a person connected anew), those stay and come
        back, with ours as their `previous_refresh`: nobody can know here which of the two the vendor still takes.
        """
        self._hidden(tokens)
        for _ in range(SAVE_TRIES - 1):
            try:
                return self._renewed(tokens)
            except OperationalError as error:
                log.warning("new %s tokens could not be stored yet (%s)", self._binding.vendor, type(error).__name__)
                self._clock.sleep(1.0)
        return self._renewed(tokens)

    def _renewed(self, tokens: Tokens) -> Tokens:
        with self._turn() as session:
            row = session.execute(select(TokenRow).where(self._mine())).scalar_one_or_none()
            version = row.version if row else 0
            stored = self._opened(row) if row and version != tokens.version else None
            if stored is None:
                return self._put(session, tokens, version + 1)
            kept = stored.previous_refresh if tokens.refresh == stored.refresh else tokens.refresh
            return self._hidden(self._put(session, replace(stored, previous_refresh=kept), version + 1))

    def _opened(self, row: TokenRow) -> Tokens | None:
        """None for a row that is of no use to anybody here: another tenant's, or of a lost key."""
        try:
            return self._open(row)
        except SettingsError as error:
            log.warning("%s It is replaced by a newer sign-in.", error)
            return None

    def _put(self, session: Session, tokens: Tokens, version: int) -> Tokens:
        tokens = replace(tokens, version=version)
        session.execute(delete(TokenRow).where(self._mine()))
        session.execute(
            insert(TokenRow).values(
                company=self._binding.company,
                vendor=self._binding.vendor,
                version=version,
                sealed=self._seal(tokens),
                saved_at=self._clock.now(),
            )
        )
        return tokens

    def _turn(self) -> AbstractContextManager[Session]:
        return self._database.transaction(lock=f"token/{self._binding.vendor}/{self._binding.company}")

    def _hidden(self, tokens: Tokens) -> Tokens:
        """Tells the log masker about every token the moment it exists here."""
        for secret in filter(None, (tokens.access, tokens.refresh, tokens.previous_refresh)):
            if self._mask is not None:
                self._mask(secret)
        return tokens

    @contextmanager
    def refreshing(self) -> Iterator[None]:
        """Waits its turn, at most five minutes; no transaction stays open while the caller talks to the vendor."""
        lease = self._wait_for_turn(f"token:{self._binding.vendor}:{self._binding.company}")
        try:
            yield
        finally:
            leases.release(self._database, lease, self._clock.now())

    def _wait_for_turn(self, name: str) -> leases.Lease:
        owner = f"{os.getpid()}:{uuid.uuid4().hex}"
        for _ in range(WAITS):
            try:
                return leases.take(self._database, name, owner, self._clock.now(), RENEWAL)
            except LeaseTaken:
                self._clock.sleep(0.25)
        raise LeaseTaken("another process is renewing the sign-in", wait=30)

    def _mine(self) -> ColumnElement[bool]:
        return and_(TokenRow.company == self._binding.company, TokenRow.vendor == self._binding.vendor)

    def _seal(self, tokens: Tokens) -> str:
        fields = {**asdict(tokens), "tenant": self._binding.tenant}
        for name in TIMES:
            fields[name] = fields[name].isoformat() if fields[name] else None
        return self._keys.encrypt(canonical.dumps(fields).encode()).decode()

    def _open(self, row: TokenRow) -> Tokens | None:
        """None when they are another tenant's: flows.yaml was corrected, or a row was copied."""
        fields = self._decrypted(row)
        if fields.pop("tenant") != self._binding.tenant:
            return None
        for name in TIMES:
            fields[name] = datetime.fromisoformat(fields[name]) if fields.get(name) else None
        return Tokens(**fields)

    def _decrypted(self, row: TokenRow) -> dict[str, Any]:
        try:
            fields: dict[str, Any] = canonical.loads(self._keys.decrypt(row.sealed.encode()))
        except InvalidToken:
            raise SettingsError(
                f"The stored {self._binding.vendor} sign-in of company {self._binding.company} stays sealed.",
                cure=f"Put the key it was stored with back into {VARIABLE}, or connect the company again.",
            ) from None
        return fields
