"""The crash table: a process dies at each named point, on both databases, and nothing is doubled or lost.

The step runs in a process of its own and gets a real SIGKILL (SIGSTOP for K10); what follows, Airflow's retry, runs
here with a clock that skips the waits. Results go to .run/crash.json.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, make_url, select, text

from house import House
from invoice_sync.ledger import migrate
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.operator import reissue, restored
from invoice_sync.ledger.tables import AttemptRow, CursorRow, DocumentRow, InboxRow, IntentRow, XrefRow
from invoice_sync.model.crash_points import VARIABLE
from invoice_sync.model.errors import NeedsPerson, ReviewNeeded, StillUncertain
from invoice_sync.steps.chain import STEPS
from postgres import drop_database, fresh_database
from sandbox.server import Running
from step_process import Order

RESULTS = Path(__file__).parents[2] / ".run" / "crash.json"
ALL = [f"0001{n:02}" for n in (*range(1, 13), 20, 21, 22)]
NAMES = tuple(STEPS)
# what the dying process is told; K10 must see its time to send pass for real
TIMING = {"send_window_seconds": 1, "read_timeout_seconds": 30}


@pytest.fixture(params=["sqlite", "postgresql"])
def crashed(request: pytest.FixtureRequest, sandbox: Running, tmp_path: Path) -> Iterator[House]:
    """A house whose data holds no mistakes, on one of the two databases."""
    url = f"sqlite:///{tmp_path}/ledger.db" if request.param == "sqlite" else fresh_database()
    house = House.build(sandbox, tmp_path)
    house.database.dispose()
    house.database = Database(url)
    migrate.upgrade(house.database)
    house.correct_everything()
    yield house
    house.database.dispose()
    note(request, house.database.url)
    if request.param == "postgresql":
        drop_database(url)


def note(request: pytest.FixtureRequest, url: str) -> None:
    """Adds the result of this test to .run/crash.json."""
    RESULTS.parent.mkdir(exist_ok=True)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    report = getattr(request.node, "rep_call", None)
    known[request.node.name] = {"database": make_url(url).get_backend_name(), "passed": bool(report and report.passed)}
    RESULTS.write_text(json.dumps(known, indent=1, sort_keys=True))


def before(house: House, step: str) -> None:
    """Everything up to the step, as a healthy night would have done it."""
    house.run(steps=NAMES[: NAMES.index(step)])
    house.database.dispose()


def process(house: House, step: str, trap: str | None = None) -> subprocess.Popen[str]:
    """One try of a step in a process of its own, dying at `trap`."""
    order = Order(house.database.url, house.sandbox.index_url, step, timing=TIMING, quotas=False)
    env = {**os.environ, **({VARIABLE: trap} if trap else {})}
    return subprocess.Popen(order.command(), env=env, stdout=subprocess.PIPE, text=True)


def dies(house: House, step: str, trap: str) -> None:
    with process(house, step, trap) as child:
        assert child.wait(60) == -signal.SIGKILL


def finish(house: House, first: str = "check") -> dict[str, Any]:
    """What Airflow does next: tries again, comes back when it was told to, until the chain has come through."""
    house.clock.sleep(60)  # the dead one's lease and quiet period
    outcome: dict[str, Any] = {}
    for name in NAMES[NAMES.index(first) :]:
        for _ in range(5):
            outcome.update(house.run(steps=(name,)))
            if not isinstance(outcome[name], StillUncertain):
                break
            house.clock.sleep(60)
    return outcome


def all_well(house: House) -> None:
    """Every document there exactly once with its own total, every one acknowledged, and the ledger consistent."""
    assert sorted(house.created()) == ALL
    assert max(Counter(house.created("Customer") + house.created("Item")).values()) == 1
    sent = {row["DocNumber"]: str(row["TotalAmt"]) for row in house.records("quickbooks", "Invoice")}
    due = {
        row["rstk__soinv_invoiceno__c"]: str(row["rstk__soinv_grandtotal__c"])
        for row in house.records("salesforce", "rstk__soinv__c")
        if row["rstk__soinv_invoiceno__c"] in ALL
    }
    assert {number: Decimal(sent[number]) for number in due} == {n: Decimal(total) for n, total in due.items()}
    invariants(house)


def invariants(house: House) -> None:
    """K14 among them: what a cursor covers is in the inbox; no attempt without an armed intent; one to one."""
    with house.database.transaction() as session:
        cursors = session.scalar(select(func.count(CursorRow.position)).where(CursorRow.stream == "invoice"))
        assert cursors in (0, 1)
        known = session.scalar(select(func.count(InboxRow.id)).where(InboxRow.entity == "invoice")) or 0
        assert known >= len(ALL) or not cursors
        unarmed = select(func.count(AttemptRow.id)).join(IntentRow).where(IntentRow.wire_request.is_(None))
        assert session.scalar(unarmed) == 0
        remote = session.scalars(select(XrefRow.remote_id).where(XrefRow.entity == "invoice")).all()
        assert len(remote) == len(set(remote))
        states = set(session.scalars(select(IntentRow.state).where(IntentRow.state != "replaced")))
        assert states <= {"done", "refused"}


def wait_for(what: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def sending(house: House) -> bool:
    with house.database.transaction() as session:
        found = session.scalar(select(func.count(IntentRow.id)).where(IntentRow.state == "sending"))
    house.database.dispose()
    return bool(found)


@pytest.mark.parametrize(
    ("point", "step"),
    [("K0", "extract"), ("K1", "plan"), ("K2", "export"), ("K4", "export"), ("K7", "export"), ("K8", "export"),
     ("K9", "export"), ("K4", "add_customers"), ("K7", "add_customers"), ("K4", "acknowledge"), ("K7", "acknowledge")],
)  # fmt: skip
def test_killed_at(crashed: House, point: str, step: str) -> None:
    before(crashed, step)
    dies(crashed, step, point)

    assert isinstance(finish(crashed, step)["report"], dict)
    all_well(crashed)


@pytest.mark.parametrize(("rotate", "cured"), [("daily", True), ("every_refresh", False)])
def test_k3_killed_between_a_token_answer_and_its_storing(crashed: House, rotate: str, cured: bool) -> None:
    """Intuit gives the same refresh token for a day; one that rotates at once needs a person, and nothing is sent."""
    crashed.post("/control/settings/quickbooks", {"rotate": rotate})
    living = crashed.logins["quickbooks_acme"].extra["refresh_token"]
    dies(crashed, "check", "K3")
    crashed.first_refresh_token = str(living)
    crashed.clock.sleep(700)  # the dead one is taken for renewing until its lease ends

    outcome = finish(crashed)
    if cured:
        all_well(crashed)
    else:
        assert isinstance(outcome["check"], NeedsPerson)
        assert "encountered UNAUTHORIZED status code" in str(outcome["check"])
        assert crashed.created() == []


def test_k5_killed_while_the_server_has_not_begun(crashed: House) -> None:
    """The worst of it: the request that the dead one left behind is done after all, later."""
    before(crashed, "export")
    crashed.mishap(vendor="quickbooks", kind="hang_before", seconds=3, path_contains="/batch")
    with process(crashed, "export") as child:
        # armed is not arrived: the mishap is gone once the request is there
        wait_for(lambda: sending(crashed) and not crashed.get("/control/mishaps")["mishaps"])
        child.send_signal(signal.SIGKILL)
    assert crashed.created() == []
    wait_for(lambda: sorted(crashed.created()) == ALL)

    assert isinstance(finish(crashed, "export")["report"], dict)
    all_well(crashed)


def test_k5_killed_and_the_request_never_arrived(crashed: House) -> None:
    before(crashed, "export")
    crashed.mishap(vendor="quickbooks", kind="drop_before", path_contains="/batch")
    dies(crashed, "export", "K7")

    assert crashed.created() == []
    assert isinstance(finish(crashed, "export")["report"], dict)
    all_well(crashed)


def test_k6_killed_while_the_answer_was_on_its_way(crashed: House) -> None:
    before(crashed, "export")
    crashed.mishap(vendor="quickbooks", kind="slow", seconds=20, path_contains="/batch")
    with process(crashed, "export") as child:
        wait_for(lambda: bool(crashed.created()))
        child.send_signal(signal.SIGKILL)

    assert isinstance(finish(crashed, "export")["report"], dict)
    all_well(crashed)


def test_k10_frozen_and_taken_over_the_old_one_is_refused(crashed: House) -> None:
    before(crashed, "export")
    with process(crashed, "export", "K10:1:stop") as child:
        wait_for(lambda: Path(f"/proc/{child.pid}/stat").read_text().split()[2] == "T")
        time.sleep(TIMING["send_window_seconds"] + 0.2)
        outcome = finish(crashed, "export")
        child.send_signal(signal.SIGCONT)
        told = json.loads(child.communicate(timeout=60)[0].splitlines()[-1])

    assert told["outcome"] == "lost_lease"
    assert isinstance(outcome["report"], dict)
    all_well(crashed)


@pytest.mark.parametrize("replay_mode", ["remember", "forget"])
def test_k11_an_older_ledger_is_put_back(crashed: House, tmp_path: Path, replay_mode: str) -> None:
    crashed.post("/control/settings/quickbooks", {"replay_mode": replay_mode})
    before(crashed, "add_customers")
    put_back = backup(crashed, tmp_path)
    crashed.run(steps=("add_customers", "add_products", "export"))
    crashed.database.dispose()
    put_back()
    with crashed.database.transaction() as session:
        assert restored(session, crashed.clock.now()) > 0

    assert isinstance(finish(crashed, "match_customers")["report"], dict)
    all_well(crashed)


def test_k12_a_remote_document_vanished_and_is_created_again_when_a_person_says_so(crashed: House) -> None:
    before(crashed, "report")
    crashed.delete("quickbooks", "Invoice", crashed.invoice_id("000105"))

    report = crashed.run(steps=("report",))["report"]
    assert isinstance(report, ReviewNeeded)
    assert "000105" in str(report)
    with crashed.database.transaction() as session:
        reissue(session, crashed.flow.name, "000105", "deleted by mistake", "tester", crashed.clock.now())
    assert isinstance(finish(crashed, "match_customers")["report"], dict)
    assert Counter(crashed.created())["000105"] == 2
    assert [row["DocNumber"] for row in crashed.records("quickbooks", "Invoice")].count("000105") == 1
    with crashed.database.transaction() as session:
        query = select(IntentRow.revision).join(DocumentRow, DocumentRow.id == IntentRow.document_id)
        query = query.where(DocumentRow.number == "000105", IntentRow.op == "create")
        assert sorted(session.scalars(query)) == [1, 2]


def test_k13_a_batch_is_done_there_and_its_answer_is_lost(crashed: House) -> None:
    before(crashed, "export")
    crashed.mishap(vendor="quickbooks", kind="drop_after", path_contains="/batch")

    with process(crashed, "export") as child:
        assert json.loads(child.communicate(timeout=60)[0].splitlines()[-1])["outcome"] == "uncertain"
    assert isinstance(finish(crashed, "export")["report"], dict)
    all_well(crashed)


def backup(house: House, folder: Path) -> Callable[[], None]:
    """Copies the ledger as it is; calling the result puts the copy back."""
    if house.database.url.startswith("sqlite"):
        ledger, copy = folder / "ledger.db", folder / "copy.db"
        house.database.dispose()  # the last connection folds the write-ahead log into the file
        shutil.copy(ledger, copy)
        return lambda: _put_back_files(ledger, copy)
    house.database.dispose()
    return _postgres_backup(house.database.url)


def _put_back_files(ledger: Path, copy: Path) -> None:
    for file in ledger.parent.glob("ledger.db-*"):
        file.unlink()
    shutil.copy(copy, ledger)


def _postgres_backup(url: str) -> Callable[[], None]:
    name = make_url(url).database
    _administer(url, f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"')

    def put_back() -> None:
        _administer(url, f'DROP DATABASE "{name}" WITH (FORCE)')
        _administer(url, f'CREATE DATABASE "{name}" TEMPLATE "{name}_copy"')
        _administer(url, f'DROP DATABASE "{name}_copy"')

    return put_back


def _administer(url: str, statement: str) -> None:
    database = Database(make_url(url).set(database="postgres").render_as_string(hide_password=False))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    database.dispose()
