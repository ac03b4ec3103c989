"""Sign-ins that rotate, end, and are made anew: never renewed twice, never lost, and a person told in time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from consenting import Person, connected
from house import DOCUMENTS, INVOICES, REALM, House, green
from invoice_sync.connectors.quickbooks.connector import QuickBooks, build
from invoice_sync.connectors.quickbooks.sign_in import UNAUTHORIZED
from invoice_sync.ledger import tokens as ledger_tokens
from invoice_sync.ledger.database import Database
from invoice_sync.ledger.scope import TaskRef
from invoice_sync.ledger.tables import ProcessLogRow
from invoice_sync.ledger.tokens import LedgerTokens, keys_from_environment
from invoice_sync.model.errors import NeedsPerson, NotChecked, TryLater
from invoice_sync.model.ports import Binding, Tokens
from invoice_sync.steps import tokens
from invoice_sync.steps.chain import STEPS
from invoice_sync.steps.wiring import parts_of

DAY = 86400.0
DAG_FILE = Path(__file__).parents[2] / "dags" / "upkeep.py"
BINDING = Binding("acme", "quickbooks", REALM)
OTHER_REALM = "9130350000000002"
COMMAND = "python -m invoice_sync.connect quickbooks --company acme"
FIRST = f"RT1-demo-{REALM}"


def pass_days(house: House, days: float) -> None:
    """For the product and for the world."""
    house.clock.sleep(days * DAY)
    house.post("/control/clock", {"advance_seconds": days * DAY})


def stored(house: House) -> Tokens:
    found = store_of(house).load()
    assert found is not None
    return found


def store_of(house: House) -> LedgerTokens:
    return LedgerTokens(house.database, BINDING, keys_from_environment(), house.clock)


def living(house: House, realm: str = REALM) -> str:
    """The refresh token that QuickBooks takes now."""
    realms = house.get("/")["vendors"]["quickbooks"]["realms"]
    return str(next(one["refresh_token"] for one in realms if one["realm_id"] == realm))


def sign_ins(house: House) -> dict[int, int]:
    """Calls of the token service by HTTP status; 0 for an answer that never came."""
    paths = house.get("/control/calls")["paths"]
    return {one["status"]: one["count"] for one in paths if one["path"].endswith("/tokens/bearer")}


def connector(house: House) -> QuickBooks:
    side = house.flow.destination
    return build(parts_of(house.flow, side, house.logins, house.database, house.clock, None))


@contextmanager
def prepared(house: House) -> Iterator[QuickBooks]:
    """A connector with an access token."""
    made = connector(house)
    try:
        made.prepare()
        yield made
    finally:
        made.close()


def sign_in(house: House) -> Tokens:
    with prepared(house):
        return stored(house)


def keep_alive(house: House) -> Any:
    side, task = house.flow.destination, TaskRef(tokens.KEEPER, "daily", "quickbooks_acme")
    return tokens.keep_alive(house.flow, side, house.logins[side.connection], task, house.database, house.clock)


def logged(house: House) -> list[tuple[str, str, str]]:
    """Warnings of the process log: flow, message, description."""
    with house.database.transaction() as session:
        rows = session.scalars(select(ProcessLogRow).where(ProcessLogRow.level == "WARNING"))
        return [(row.flow, row.message, row.description) for row in rows]


@pytest.fixture
def settled(house: House) -> House:
    """The connection's own token is typed in once, as people do it, and the first sign-in has spent it."""
    house.first_refresh_token = FIRST
    sign_in(house)
    return house


# a person is needed


def test_after_101_days_the_run_stops_a_person_connects_and_clearing_check_is_enough(house: House) -> None:
    house.first_refresh_token = FIRST
    house.correct_everything()
    sign_in(house)
    before = stored(house)
    pass_days(house, 101)

    outcome = house.run()

    assert UNAUTHORIZED == (
        "QuickBooks export API call encountered UNAUTHORIZED status code and could not be completed. "
        "Please reset your QuickBooks authorization token and try again."
    )
    told = str(outcome["check"])
    assert isinstance(outcome["check"], NeedsPerson)
    assert told.startswith(UNAUTHORIZED) and COMMAND in told and REALM in told
    assert {type(outcome[step]) for step in tuple(STEPS)[1:]} == {NotChecked}
    assert house.writes() == []

    code, said = connected(house, Person.choosing(OTHER_REALM))
    assert (code, stored(house)) == (1, before)
    assert not any("Connected" in line for line in said)

    code, said = connected(house, Person.choosing(REALM))
    assert code == 0
    assert "Connected: company acme" in said[-1] and REALM in said[-1]
    assert f"{house.clock.now() + timedelta(days=99):%Y-%m}" in said[-1]
    assert stored(house).refresh == living(house)

    outcome = house.clear("check")
    assert green(outcome), outcome
    assert (house.statement()["delivered"], len(house.created())) == (DOCUMENTS, INVOICES)


@pytest.mark.parametrize("connecting", [True, False], ids=["connected", "never connected"])
def test_what_lies_in_the_connection_is_not_used_again(settled: House, connecting: bool) -> None:
    """Not even in a new world, where it is good again: the ledger's tokens took its place for good."""
    if connecting:
        connected(settled, Person.choosing(REALM))
    settled.post("/control/reset", {"seed": "demo", "scale": 1})
    pass_days(settled, 1)
    assert living(settled) == FIRST

    # never connected: it is "the one before" of what the ledger has, and as such still tried
    if connecting:
        with pytest.raises(NeedsPerson), prepared(settled):
            pass
        assert sign_ins(settled) == {400: 1}
        assert connected(settled, Person.choosing(REALM))[0] == 0
    else:
        assert sign_in(settled).refresh == living(settled)


def test_connecting_wins_over_a_renewal_that_was_under_way(settled: House) -> None:
    """Its lease has run out, it comes back late, and must not put the old consent in the place of the new."""
    late = stored(settled)
    assert connected(settled, Person.choosing(REALM))[0] == 0
    ours = stored(settled)

    came_back = store_of(settled).save_renewed(replace(late, access="late", refresh="RT1-late"))

    assert (came_back.access, came_back.refresh) == (ours.access, ours.refresh)
    assert stored(settled).refresh == living(settled)
    pass_days(settled, 1)
    sign_in(settled)
    assert stored(settled).refresh == living(settled)


# one at a time, and never lost


def test_two_threads_renew_once(settled: House) -> None:
    pass_days(settled, 1)
    before, barrier, got = sign_ins(settled)[200], threading.Barrier(2), list[str]()

    def act() -> None:
        made = connector(settled)
        barrier.wait(5)
        made.prepare()
        got.append(str(made._client.sign_in.headers()["Authorization"]))
        made.close()

    run_both(act)

    assert sign_ins(settled) == {200: before + 1}
    assert set(got) == {f"Bearer {stored(settled).access}"} and len(got) == 2
    assert stored(settled).refresh == living(settled)


def test_two_threads_that_never_stop_renewing_lose_nothing(settled: House) -> None:
    """Every renewal asked for by one counts for both; the old token is dead at once, so one double would show."""
    settled.settings("quickbooks", rotate="every_refresh", refresh_grace_seconds=0)

    def act() -> None:
        made = connector(settled)
        made.prepare()
        for _ in range(10):
            made.renew()
        made.close()

    run_both(act)

    assert set(sign_ins(settled)) == {200}
    assert stored(settled).refresh == living(settled)


def run_both(act: Callable[[], None]) -> None:
    mistakes: list[BaseException] = []

    def safely() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            mistakes.append(error)

    threads = [threading.Thread(target=safely) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert mistakes == []


PROCESS = """
import json, sys
from invoice_sync.connectors.quickbooks.connector import build
from invoice_sync.ledger.database import Database
from invoice_sync.model.flow import Flow
from invoice_sync.model.ports import SystemClock
from invoice_sync.steps.wiring import Login, parts_of

given = json.loads(sys.stdin.readline())
flow = Flow.model_validate(given["flow"])
logins = {flow.destination.connection: Login(**given["login"])}
made = build(parts_of(flow, flow.destination, logins, Database(given["url"]), SystemClock(), None))
print("ready", flush=True)
for line in sys.stdin:
    {"prepare": made.prepare, "renew": made.renew}[line.strip()]()
    print(made._client.sign_in.headers()["Authorization"], flush=True)
"""


@pytest.fixture
def workers(house: House) -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes with a connector each; a line on stdin makes one act."""
    house.first_refresh_token = FIRST
    login = house.logins[house.flow.destination.connection]
    given = {
        "url": house.database.url,
        "flow": house.flow.model_dump(mode="json"),
        "login": {name: getattr(login, name) for name in ("host", "user", "password", "extra")},
    }
    made = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    for each in made:
        say(each, json.dumps(given))
    assert [heard(each) for each in made] == ["ready", "ready"]
    yield made
    for each in made:
        _, errors = each.communicate(timeout=10)
        assert (each.returncode, errors) == (0, "")


def say(worker: subprocess.Popen[str], line: str) -> None:
    assert worker.stdin is not None
    worker.stdin.write(line + "\n")
    worker.stdin.flush()


def heard(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


def both(workers: list[subprocess.Popen[str]], line: str) -> list[str]:
    for each in workers:
        say(each, line)
    return [heard(each) for each in workers]


def test_two_processes_sign_in_and_renew_once_for_both(house: House, workers: list[subprocess.Popen[str]]) -> None:
    first = both(workers, "prepare")

    assert sign_ins(house) == {200: 1}
    assert first == [f"Bearer {stored(house).access}"] * 2

    for n in range(2, 8):
        assert both(workers, "renew") == [f"Bearer {stored(house).access}"] * 2
        assert sign_ins(house) == {200: n}
        assert stored(house).refresh == living(house)


def test_no_transaction_is_open_while_the_vendor_is_asked(settled: House) -> None:
    """SQLite has one writer; while a slow sign-in runs, another process writes at once."""
    pass_days(settled, 1)
    settled.mishap(vendor="quickbooks", scope="sign_in", kind="slow", seconds=1.0)
    asking = threading.Thread(target=sign_in, args=(settled,))
    other = House(settled.sandbox, Database(settled.database.url), settled.flow)
    before = sign_ins(settled)[200]
    asking.start()
    while settled.get("/control/mishaps")["mishaps"]:  # until the call is being answered
        pass

    with other.database.transaction() as session:
        session.add(a_line())
    at_that_time = sign_ins(settled)[200]
    asking.join(10)
    other.database.dispose()

    assert (at_that_time, sign_ins(settled)[200]) == (before, before + 1)


def a_line() -> ProcessLogRow:
    texts = ("level", "action_type", "message", "endpoint_url", "description", "login_user", "log_date", "log_time",
             "company", "flow", "dag_id", "run_id", "task_id")  # fmt: skip
    return ProcessLogRow(**dict.fromkeys(texts, ""), map_index=-1, try_number=1)


def test_the_new_token_is_stored_before_the_new_access_token_is_used(
    settled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storing fails: then nobody may call with the access token, not even the one who got it."""
    pass_days(settled, 1)
    made, before = connector(settled), stored(settled)

    def fails(*_: object) -> Tokens:
        raise OperationalError("no disk", None, Exception())

    with monkeypatch.context() as patch:
        patch.setattr(LedgerTokens, "_renewed", fails)
        with pytest.raises(OperationalError):
            made.prepare()
        assert made._client.sign_in.headers() == {}
    assert stored(settled) == before
    made.close()


def test_a_database_that_is_away_for_a_moment_does_not_cost_the_token(
    settled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_days(settled, 1)
    whole, failures = LedgerTokens._renewed, iter(range(ledger_tokens.SAVE_TRIES - 1))

    def fails_a_few_times(store: LedgerTokens, tokens: Tokens) -> Tokens:
        if next(failures, None) is not None:
            raise OperationalError("server is starting", None, Exception())
        return whole(store, tokens)

    monkeypatch.setattr(LedgerTokens, "_renewed", fails_a_few_times)

    assert sign_in(settled).refresh == living(settled)
    assert next(failures, None) is None


@pytest.mark.parametrize("kind", ["drop_before", "server_error_before", "html", "throttled"])
def test_no_answer_keeps_the_old_token_and_a_later_try_cures(settled: House, kind: str) -> None:
    settled.settings("quickbooks", refresh_grace_seconds=3600)
    pass_days(settled, 1)
    before = stored(settled)
    settled.mishap(vendor="quickbooks", scope="sign_in", kind=kind)

    with pytest.raises(TryLater), prepared(settled):
        pass
    assert stored(settled) == before

    assert sign_in(settled).refresh == living(settled)


def test_an_answer_lost_after_rotation_needs_the_person_and_loops_not(settled: House) -> None:
    pass_days(settled, 1)
    before, calls = stored(settled), sum(sign_ins(settled).values())
    settled.mishap(vendor="quickbooks", scope="sign_in", kind="drop_after")
    with pytest.raises(TryLater), prepared(settled):
        pass

    with pytest.raises(NeedsPerson) as caught, prepared(settled):
        pass

    assert str(caught.value).startswith(UNAUTHORIZED)
    assert stored(settled) == before
    # the lost one, the same token again, the one before it
    assert sum(sign_ins(settled).values()) - calls == 3


def test_who_slept_through_another_renewal_takes_what_is_newer(settled: House) -> None:
    """Stopped with an old token in hand while another, past the lease, renewed: one try with the newer one."""
    pass_days(settled, 1)
    old = stored(settled)
    slow, whole = connector(settled), LedgerTokens.load
    seen = iter([old, old])

    class Late(LedgerTokens):
        def load(self) -> Tokens | None:
            return next(seen, None) or whole(self)

    slow._client.sign_in._store = Late(settled.database, BINDING, keys_from_environment(), settled.clock)
    new = sign_in(settled)
    calls = sum(sign_ins(settled).values())

    slow.prepare()

    assert slow._client.sign_in.headers() == {"Authorization": f"Bearer {new.access}"}
    assert stored(settled) == new
    assert sum(sign_ins(settled).values()) - calls == 1
    slow.close()


def test_two_renewals_of_one_version_keep_both_tokens(settled: House) -> None:
    """The lease of one ran out while it held an answer: whichever the vendor still takes is found again."""
    old = stored(settled)
    store = store_of(settled)
    store.save_renewed(replace(old, refresh="RT1-dead"))

    kept = store.save_renewed(replace(old, refresh=old.refresh))
    assert (kept.refresh, kept.previous_refresh) == ("RT1-dead", old.refresh)

    pass_days(settled, 1)
    assert sign_in(settled).refresh == living(settled)


# the ends are watched


def test_every_end_is_stored_and_only_one_moves(settled: House) -> None:
    first = stored(settled)
    pass_days(settled, 30)
    second = sign_in(settled)

    ends = [first.refresh_expires_at, second.refresh_expires_at, first.refresh_hard_end_at, second.refresh_hard_end_at]
    assert None not in ends
    rolling_1, rolling_2, hard_1, hard_2 = (each for each in ends if each is not None)
    assert abs(rolling_2 - rolling_1 - timedelta(days=30)) < timedelta(minutes=1)
    assert abs(hard_2 - hard_1) < timedelta(minutes=1)
    assert abs(hard_1 - house_day(settled, 5 * 365.25 - 30)) < timedelta(minutes=1)


def house_day(house: House, days: float) -> Any:
    return house.clock.now() + timedelta(days=days)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        each.getMessage()
        for each in caplog.records
        if each.name == "invoice_sync.tokens" and each.levelname == "WARNING"
    ]


def by_check(house: House) -> None:
    house.step("check")


TELLERS: list[tuple[Callable[[House], Any], str]] = [
    (by_check, "rootstock_to_quickbooks"),
    (keep_alive, tokens.KEEPER),
]


@pytest.mark.parametrize(("teller", "flow"), TELLERS)
@pytest.mark.parametrize(("days", "urgency"), [(39, 0), (40, 1), (89, 1), (90, 2)])
def test_disuse_is_told_in_both_logs(
    settled: House, caplog: pytest.LogCaptureFixture, days: int, urgency: int, teller: Callable[[House], Any], flow: str
) -> None:
    """0: nothing; 1: see to the daily DAG; 2: do it today."""
    ends = stored(settled).refresh_expires_at
    assert ends is not None
    pass_days(settled, days)

    teller(settled)

    told = warnings(caplog)
    assert [(row[0], row[2]) for row in logged(settled)] == [(flow, text) for text in told]
    assert len(told) == (1 if urgency else 0)
    for text in told:
        assert f"{days} days ago" in text and f"{ends:%Y-%m-%d}" in text and tokens.KEEPER in text
        assert (COMMAND in text) is (urgency == 2)
    # and now it was used
    assert stored(settled).refresh == living(settled)
    assert stored(settled).refresh_used_at == pytest.approx(settled.clock.now(), abs=timedelta(minutes=1))


@pytest.mark.parametrize(("teller", "flow"), TELLERS)
@pytest.mark.parametrize(("days", "urgency"), [(60.1, 0), (59.9, 1), (10.1, 1), (9.9, 2)])
def test_the_hard_end_is_told_in_both_logs(
    house: House, caplog: pytest.LogCaptureFixture, days: float, urgency: int, teller: Callable[[House], Any], flow: str
) -> None:
    house.settings("quickbooks", refresh_hard_years=days / 365.25)

    teller(house)

    told = warnings(caplog)
    assert [(row[0], row[2]) for row in logged(house)] == [(flow, text) for text in told]
    assert len(told) == (1 if urgency else 0)
    for text in told:
        assert f"ends for good on {stored(house).refresh_hard_end_at:%Y-%m-%d}" in text and COMMAND in text
        assert ("Do it now" in text) is (urgency == 2)
    for _, message, _ in logged(house):
        assert json.loads(message)["days_left"] == int(days)


def test_no_use_moves_the_hard_end(settled: House) -> None:
    for _ in range(20):
        pass_days(settled, 91)
        left = keep_alive(settled)
    assert left["days_in_all"] == 6
    pass_days(settled, 7)

    with pytest.raises(NeedsPerson, match="Please reset your QuickBooks authorization token"):
        keep_alive(settled)


# the daily task


def test_the_daily_task_keeps_a_sign_in_alive_without_any_flow(settled: House) -> None:
    for _ in range(11):
        pass_days(settled, 30)
        left = keep_alive(settled)

    assert left["days_without_use"] >= 99
    assert left["days_in_all"] < 5 * 365.25 - 329
    assert green({"check": settled.run(steps=("check",))["check"]})


def test_the_daily_task_leaves_alone_what_was_used_today(settled: House) -> None:
    pass_days(settled, 0.9)
    keep_alive(settled)
    assert sign_ins(settled) == {200: 1}

    pass_days(settled, 0.2)
    keep_alive(settled)
    assert sign_ins(settled) == {200: 2}


def test_the_daily_task_stops_when_a_person_is_needed(settled: House) -> None:
    pass_days(settled, 101)

    with pytest.raises(NeedsPerson) as caught:
        keep_alive(settled)

    assert str(caught.value).startswith(UNAUTHORIZED) and COMMAND in str(caught.value)


def test_the_daily_task_says_how_long_nobody_answers(settled: House, caplog: pytest.LogCaptureFixture) -> None:
    """Weather is tried again; the warning is told all the same."""
    pass_days(settled, 41)
    settled.mishap(vendor="quickbooks", scope="sign_in", kind="drop_before")

    with pytest.raises(TryLater):
        keep_alive(settled)

    assert len(logged(settled)) == 1


def test_the_daily_task_makes_the_first_sign_in(house: House) -> None:
    assert keep_alive(house)["days_without_use"] >= 99


# the DAG, in a process of its own: Airflow stays out of all other tests

AIRFLOW = """
import json, os, sys
from types import SimpleNamespace
from airflow.dag_processing.dagbag import DagBag

bag = DagBag(os.environ["DAG_FILE"], safe_mode=False)
heavy = [name for name in ("pandas", "requests", "invoice_sync.steps", "invoice_sync.ledger") if name in sys.modules]
dag = bag.dags["keep_tokens_alive"]
tasks = {task.task_id: (type(task.retry_policy).__name__, task.retries, task.doc_md or "") for task in dag.tasks}

from airflow.sdk.exceptions import AirflowFailException
from invoice_sync.orchestration import upkeep

instance = SimpleNamespace(dag_id=dag.dag_id, run_id="r", task_id="t", try_number=1, map_index=-1)
upkeep.get_current_context = lambda: {"ti": instance, "dag_run": SimpleNamespace(run_type="scheduled")}

def kept():
    try:
        return upkeep.keep_in_airflow("rootstock_to_quickbooks", "quickbooks")
    except AirflowFailException as error:
        return str(error)

first = kept()
print(json.dumps({
    "errors": list(bag.import_errors.values()), "heavy": heavy, "tasks": tasks, "tags": sorted(dag.tags),
    "doc_md": dag.doc_md, "catchup": dag.catchup, "schedule": repr(dag.timetable), "kept": first,
}), flush=True)
sys.stdin.readline()
print(json.dumps(kept()))
"""


def test_the_dag_has_a_task_for_every_binding_and_is_red_only_when_a_person_is_needed(
    house: House, tmp_path: Path
) -> None:
    house.settings("quickbooks", refresh_idle_days=50)
    login = house.logins["quickbooks_acme"]
    extra = {**login.extra, "refresh_token": FIRST}
    connection = {"host": login.host, "login": login.user, "password": login.password, "extra": extra}
    environment = {
        **os.environ, "AIRFLOW_HOME": str(tmp_path / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "DAG_FILE": str(DAG_FILE), "INVOICE_SYNC_DATABASE": house.database.url,
        "AIRFLOW_CONN_QUICKBOOKS_ACME": json.dumps(connection),
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", AIRFLOW], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as running:  # fmt: skip
        seen = json.loads(next(line for line in iter(running.stdout.readline, "") if line.startswith("{")))
        # a person throws the app out
        held, keys = stored(house), house.get("/")["vendors"]["quickbooks"]["credentials"]
        long_ago = held.expires_at - timedelta(days=2)
        store_of(house).save(replace(held, refresh_used_at=long_ago, expires_at=long_ago))
        revoke(house, held.refresh, keys)
        rest, errors = running.communicate("go\n", timeout=30)

    assert (seen["errors"], seen["heavy"]) == ([], [])
    assert seen["tasks"] == {"quickbooks_acme": ["ByCause", 5, seen["tasks"]["quickbooks_acme"][2]]}
    assert {"quickbooks", "Process Log"} <= set(seen["tags"]) and not seen["catchup"]
    assert COMMAND in seen["doc_md"] and COMMAND in seen["tasks"]["quickbooks_acme"][2]
    assert seen["kept"]["days_without_use"] == 49
    assert json.loads(rest.splitlines()[-1]) == "A person is needed; the line above says for what."
    assert UNAUTHORIZED in rest + errors and COMMAND in rest + errors


def revoke(house: House, token: str, keys: dict[str, str]) -> None:
    url = house.get("/")["vendors"]["quickbooks"]["base_url"] + "/v2/oauth2/tokens/revoke"
    pair = keys["client_id"], keys["client_secret"]
    assert requests.post(url, json={"token": token}, auth=pair, timeout=5).status_code == 200


def test_the_dag_file_is_short_and_reads_as_its_diagram() -> None:
    lines = [line for line in DAG_FILE.read_text().splitlines() if line.strip()]
    assert len(lines) <= 40
