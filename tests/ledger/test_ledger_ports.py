"""Tokens and quotas as many processes share them, and the connections under them."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, MultiFernet
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from delivering import MORNING, HandClock, count_up, new_ledger
from invoice_sync.ledger import leases
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.quotas import LATENESS, LedgerQuota
from invoice_sync.ledger.tables import LeaseRow, QuotaRow, TokenRow
from invoice_sync.ledger.tokens import LedgerTokens, keys_from_environment
from invoice_sync.model.errors import LeaseTaken, SettingsError
from invoice_sync.model.ports import Binding, Tokens, Window

BINDING = Binding("acme", "quickbooks", "realm-1")
KEYS = MultiFernet([Fernet(Fernet.generate_key())])
TOKENS = Tokens("access-secret", MORNING, "refresh-secret", "previous-secret", MORNING + timedelta(days=100))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(new_ledger(tmp_path))


def tokens_of(database: Database, binding: Binding = BINDING, keys: MultiFernet = KEYS) -> LedgerTokens:
    return LedgerTokens(database, binding, keys, HandClock())


# tokens


def test_before_the_first_sign_in_there_are_none(database: Database) -> None:
    assert tokens_of(database).load() is None


def test_tokens_come_back_as_they_went_in(database: Database) -> None:
    saved = tokens_of(database).save(TOKENS)
    assert tokens_of(database).load() == saved
    assert (saved.access, saved.refresh_expires_at, saved.version) == (TOKENS.access, TOKENS.refresh_expires_at, 1)


def test_the_version_grows_with_every_save(database: Database) -> None:
    store = tokens_of(database)
    assert [store.save(TOKENS).version for _ in range(3)] == [1, 2, 3]


def test_nothing_readable_lies_in_the_ledger(database: Database, tmp_path: Path) -> None:
    tokens_of(database).save(TOKENS)
    database.dispose()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"-secret" not in raw
    assert b"realm-1" not in raw


def test_no_token_shows_in_a_repr() -> None:
    assert "secret" not in repr(TOKENS)


def test_a_row_copied_from_another_tenant_opens_nothing(database: Database) -> None:
    tokens_of(database).save(TOKENS)
    assert tokens_of(database, Binding("acme", "quickbooks", "realm-2")).load() is None


def test_a_wrong_key_opens_nothing_and_says_what_to_do(database: Database) -> None:
    tokens_of(database).save(TOKENS)
    other = MultiFernet([Fernet(Fernet.generate_key())])
    with pytest.raises(SettingsError) as caught:
        tokens_of(database, keys=other).load()
    assert "INVOICE_SYNC_KEYS" in caught.value.cure


def test_an_old_key_behind_a_new_one_still_opens(database: Database) -> None:
    old, new = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())
    tokens_of(database, keys=MultiFernet([old])).save(TOKENS)
    assert tokens_of(database, keys=MultiFernet([new, old])).load() is not None


def test_connecting_again_replaces_a_row_that_no_key_opens(database: Database) -> None:
    tokens_of(database).save(TOKENS)
    other = MultiFernet([Fernet(Fernet.generate_key())])
    assert tokens_of(database, keys=other).save(TOKENS).version == 2
    assert tokens_of(database, keys=other).load() is not None


def test_every_token_is_masked_the_moment_it_is_here(database: Database) -> None:
    masked: list[str] = []
    store = LedgerTokens(database, BINDING, KEYS, HandClock(), masked.append)
    store.save(TOKENS)
    assert set(masked) == {"access-secret", "refresh-secret", "previous-secret"}
    masked.clear()
    store.load()
    assert set(masked) == {"access-secret", "refresh-secret", "previous-secret"}


@pytest.mark.parametrize("keys", ["", "not-a-key", " , "])
def test_a_missing_or_broken_key_is_a_setting_to_mend(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("INVOICE_SYNC_KEYS", keys)
    with pytest.raises(SettingsError):
        keys_from_environment()


def test_one_refreshes_and_the_second_waits_for_it(database: Database) -> None:
    order: list[str] = []
    first, clock = tokens_of(database), HandClock()
    holding = first.refreshing()

    def when_waiting(seconds: float) -> None:
        order.append("waits")
        holding.__exit__(None, None, None)

    clock.sleep = when_waiting
    holding.__enter__()
    with LedgerTokens(database, BINDING, KEYS, clock).refreshing():
        order.append("enters")
    assert order == ["waits", "enters"]


def test_a_refresher_that_never_ends_is_weather_after_five_minutes(database: Database) -> None:
    clock = HandClock()
    with tokens_of(database).refreshing(), pytest.raises(LeaseTaken):
        LedgerTokens(database, BINDING, KEYS, clock).refreshing().__enter__()
    assert clock.now() - MORNING == timedelta(minutes=5)


def test_another_company_refreshes_at_the_same_time(database: Database) -> None:
    with tokens_of(database).refreshing(), tokens_of(database, Binding("globex", "quickbooks", "r2")).refreshing():
        pass


def test_no_transaction_stays_open_while_refreshing(database: Database) -> None:
    with tokens_of(database).refreshing():
        other = Database(database.url)
        tokens_of(other).save(TOKENS)


# quotas

kinds = st.sampled_from(["batch", "call"])
steps = st.lists(st.tuples(st.floats(0, 3), kinds), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None)
@given(steps=steps, limit=st.integers(1, 5), share=st.sampled_from([0.8, 1.0]))
def test_no_stretch_of_a_window_ever_holds_more_than_our_share(
    steps: list[tuple[float, str]], limit: int, share: float
) -> None:
    windows = [Window("all", limit, 2.5), Window("batch", max(1, limit - 1), 4, frozenset({"batch"}))]
    with tempfile.TemporaryDirectory() as folder:
        clock, database = HandClock(), Database(new_ledger(Path(folder)))
        quotas = [LedgerQuota(database, BINDING, windows, share, clock) for _ in range(2)]
        taken: list[tuple[float, str]] = []
        for n, (pause, kind) in enumerate(steps):
            clock.sleep(pause)
            if quotas[n % 2].take(kind) == 0:
                taken.append((clock.monotonic(), kind))
        for window in windows:
            allowed = max(1, int(window.limit * share))
            at = [when for when, kind in taken if not window.kinds or kind in window.kinds]
            # one more than allowed must span at least the window
            assert all(late - early > window.seconds - 1e-6 for early, late in zip(at, at[allowed:], strict=False))
        database.dispose()


def test_the_wait_it_names_is_enough(database: Database) -> None:
    clock = HandClock()
    quota = LedgerQuota(database, BINDING, [Window("minute", 3, 60)], 1.0, clock)
    for _ in range(10):
        while (wait := quota.take("call")) > 0:
            clock.sleep(wait)
    assert clock.now() - MORNING < timedelta(seconds=3 * (60 + LATENESS) + 1)


def test_a_call_is_not_forgotten_a_fraction_of_a_millisecond_too_early(database: Database) -> None:
    clock = HandClock(MORNING + timedelta(microseconds=900))
    quota = LedgerQuota(database, BINDING, [Window("minute", 1, 60)], 1.0, clock)
    assert quota.take("call") == 0
    clock.pass_by(timedelta(seconds=59, microseconds=999_200))
    assert quota.take("call") > 0


def test_a_refused_call_is_not_counted_in_any_window(database: Database) -> None:
    clock = HandClock()
    quota = LedgerQuota(database, BINDING, [Window("wide", 100, 600), Window("narrow", 1, 10)], 1.0, clock)
    quota.take("call")
    for _ in range(5):
        assert quota.take("call") > 0
    with database.transaction() as session:
        rows = {row.name: row.taken for row in session.scalars(select(QuotaRow))}
    assert rows["wide"].count(",") == 0


def test_a_pause_holds_until_its_end(database: Database) -> None:
    clock = HandClock()
    quota = LedgerQuota(database, BINDING, [], 1.0, clock)
    quota.pause(90)
    clock.sleep(89)
    assert quota.take("call") == 1
    clock.sleep(1)
    assert quota.take("call") == 0


def test_a_shorter_pause_does_not_shorten_a_longer_one(database: Database) -> None:
    quota = LedgerQuota(database, BINDING, [], 1.0, HandClock())
    quota.pause(90)
    quota.pause(1)
    assert quota.take("call") == 90


# connections


def test_many_small_transactions_never_find_the_database_locked(database: Database) -> None:
    with database.transaction() as session:
        session.add(LeaseRow(name="count", owner="", epoch=0, until=MORNING))
    children = [multiprocessing.get_context("spawn").Process(target=count_up, args=(database.url, 40)) for _ in "12"]
    for child in children:
        child.start()
    threads = [threading.Thread(target=count_up, args=(database.url, 40)) for _ in "12"]
    for thread in threads:
        thread.start()
    for worker in (*threads, *children):
        worker.join(timeout=30)
    with database.transaction() as session:
        assert session.get_one(LeaseRow, "count").epoch == 160


def test_two_first_comers_at_a_lease_leave_one_owner(database: Database) -> None:
    won: list[str] = []

    def grab(name: str) -> None:
        try:
            leases.take(Database(database.url), "new", name, MORNING, timedelta(minutes=1))
            won.append(name)
        except LeaseTaken:
            pass

    threads = [threading.Thread(target=grab, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_forked_child_makes_an_engine_of_its_own(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = database.engine
    assert database.engine is mine
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert database.engine is not mine


def test_a_forked_child_can_write_and_so_can_its_parent_afterwards(database: Database) -> None:
    store = tokens_of(database)
    store.save(TOKENS)
    child = os.fork()
    if child == 0:
        run_and_leave(lambda: store.save(TOKENS))
    assert os.waitpid(child, 0)[1] == 0
    assert store.save(TOKENS).version == 3
    with database.transaction() as session:
        if database.url.startswith("sqlite"):
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
        assert session.scalars(select(TokenRow)).one().version == 3


def run_and_leave(act: Callable[[], object]) -> None:
    """A child of a test must never come back into pytest."""
    try:
        act()
        os._exit(0)
    finally:
        os._exit(1)
