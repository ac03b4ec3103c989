"""The first subject: the flow of invoices from Rootstock to QuickBooks, against a sandbox of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, ClassVar

from cryptography.fernet import Fernet

from faults.processes import StepProcess
from faults.sides import Sides
from faults.subject import Choice, Evidence
from house import House
from invoice_sync.ledger import migrate
from invoice_sync.ledger.database import Database
from invoice_sync.orchestration.local.control import SandboxControl
from invoice_sync.orchestration.local.corrections import correct
from step_process import Order

READING = "read, match and plan"
STEPS = {READING: ("check", "extract", "match_customers", "match_products", "plan")}
TIMING = {
    "send_window_seconds": 1.0, "connect_timeout_seconds": 0.5, "read_timeout_seconds": 0.8,
    "server_seconds": 1.4, "index_lag_seconds": 0.1, "slack_seconds": 0,
}  # fmt: skip
SLOWER_THAN_WE_WAIT = 1.1
STILL = 1.6
WRITE_FAULTS = {
    "drop_before": 4, "drop_after": 11, "half_body": 8, "html": 5, "slow": 3, "hang_before": 4,
    "server_error_before": 3, "server_error_after": 18, "throttled": 1, "expired_token": 3,
}  # fmt: skip
SIGN_IN_FAULTS = {"drop_before": 2, "drop_after": 4, "half_body": 2, "html": 1, "server_error_after": 2, "": 20}
HALF_DONE = {"commit_half": 1, "": 7}
PRODUCT = Path(__file__).parents[2] / "include" / "invoice_sync"
NOT_BY_HAND = {"K10"}


@dataclass
class InvoiceFlow:
    """`subject.Subject` for one ledger and one sandbox; `folder` keeps logs."""

    database_url: str
    replay_mode: str
    scale: int
    folder: Path
    stages: tuple[str, ...] = (READING, "add_customers", "add_products", "export", "acknowledge", "report")
    writing: frozenset[str] = frozenset({"add_customers", "add_products", "export", "acknowledge"})
    newcomers: int = 8
    ahead: float = 0.0
    tries: Counter[str] = field(default_factory=Counter)
    run: str = ""
    dialled: Counter[tuple[str, str]] = field(default_factory=Counter)
    over: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What struck before the weather last changed."""

    crash_points: tuple[str, ...] = field(default_factory=lambda: crash_points())

    name: ClassVar[str] = "rootstock_to_quickbooks"
    steps: ClassVar[Mapping[str, Sequence[str]]] = STEPS
    doors = {
        "quickbooks/write": WRITE_FAULTS,
        "salesforce/write": WRITE_FAULTS,
        "quickbooks/sign_in": SIGN_IN_FAULTS,
        "salesforce/sign_in": SIGN_IN_FAULTS,
        "quickbooks/batch": HALF_DONE,
        "salesforce/batch": HALF_DONE,
    }

    def prepare(self) -> None:
        os.environ.setdefault("INVOICE_SYNC_KEYS", Fernet.generate_key().decode())
        self.folder.mkdir(parents=True, exist_ok=True)
        ledger = Database(self.database_url)
        migrate.upgrade(ledger)
        ledger.dispose()
        self.sandbox = Sandbox(self.scale, self.folder / "sandbox.log")
        self.control = SandboxControl(self.sandbox.index_url)
        settings = {"throttle": "off", "replay_mode": self.replay_mode, "refresh_grace_seconds": 10**8}
        self.control.call("POST", "/control/settings/quickbooks", settings)
        self.first_token = str(self.control.vendors["quickbooks"]["realms"][0]["refresh_token"])
        correct(self.control)
        address: Any = SimpleNamespace(index_url=self.sandbox.index_url)
        self.screens = House(address, ledger, flow=None)  # type: ignore[arg-type]  # only what a person does there
        self.sides = Sides(self.control, self.database_url)
        self.sides.note_due()

    def more(self, wave: int, dice: Random) -> None:
        """Customers and products that the destination has never heard of, each on invoices of its own."""
        self.run = f"night-{wave + 1}"
        self.tries.clear()
        goods = [self._product(f"N{wave}{n:02}", dice) for n in range(self.newcomers)]
        for n in range(self.newcomers):
            number = f"{70000 + wave * 1000 + n:06}"
            lines = [
                (code, str(dice.randint(1, 99)), f"{dice.randint(1, 99)}.{dice.randint(0, 99):02}")
                for code in {goods[n], dice.choice(goods)}
            ]
            self.screens.new_invoice(number, *lines, customer=self._customer(f"D-{wave}{n:02}", dice))
        self.sides.note_due()

    def dial(self, door: str, fault: str, after: int) -> None:
        if not fault:
            return
        vendor, _, kind = door.partition("/")
        mishap = {"vendor": vendor, "kind": fault, "after": after, "seconds": SLOWER_THAN_WE_WAIT}
        scope = {} if kind == "batch" else {"scope": kind}
        self.control.call("POST", "/control/mishaps", {**mishap, **scope})
        self.dialled[door, fault] += 1

    def calm(self) -> None:
        self.over, self.dialled = self.struck(), Counter()
        self.control.call("DELETE", "/control/mishaps")

    def struck(self) -> Counter[tuple[str, str]]:
        left = Counter(_door(mishap) for mishap in self.control.call("GET", "/control/mishaps")["mishaps"])
        return self.over + (self.dialled - left)

    def start(self, stage: str, choice: Choice) -> StepProcess:
        self.tries[stage] += 1
        orders = [asdict(self.order(step, stage, choice)) for step in self.steps.get(stage, (stage,))]
        return StepProcess.start(orders, choice.crash_at, self.folder / "steps.log")

    def order(self, step: str, stage: str, choice: Choice) -> Order:
        """One try of one step."""
        options = {"send_batch": choice.batch, "acknowledge_batch": choice.batch}
        return Order(
            self.database_url, self.sandbox.index_url, step, self.run, self.tries[stage], options, TIMING, self.ahead,
            quotas=False, refresh_token=self.first_token,
        )  # fmt: skip

    def time_passes(self, seconds: float) -> None:
        """Nothing may be under way at a vendor: it would be taken for long over."""
        time.sleep(STILL)
        self.control.call("POST", "/control/clock", {"advance_seconds": seconds})
        self.ahead += seconds

    def evidence(self) -> Evidence:
        return self.sides.evidence()

    def harm(self) -> dict[str, int]:
        """Figures of its own that must be 0, by name."""
        return {}

    def close(self) -> None:
        self.control.close()
        self.sandbox.stop()

    def _customer(self, number: str, dice: Random) -> str:
        name = f"Buyer {number} {dice.randrange(10**6)}"
        fields = {"custno": number, "sf_account_name": name}
        made = self.screens.insert("salesforce", "rstk__socust__c", **_named("socust", fields))
        address = {"custno": made["Id"], "seq": 1, "address1": "1 New Road", "city": "Boston", "defaultbillto": True}
        self.screens.insert("salesforce", "rstk__socaddr__c", **_named("socaddr", address))
        return number

    def _product(self, code: str, dice: Random) -> str:
        division = self.screens.source_id("rstk__sydiv__c", "rstk__sydiv_div__c", "0101")
        text = f"Novelty {code} {dice.randrange(10**6)}"
        fields = {"prod": code, "descr": text, "prodtype": "Stock", "activeind": True, "div": division}
        self.screens.insert("salesforce", "rstk__soprod__c", **_named("soprod", fields))
        return code


class Sandbox:
    """`python -m sandbox` in a process of its own, on free ports."""

    def __init__(self, scale: int, log: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-"))
        ready = self._folder / "url"
        ports = ["--index-port", "0", "--any-ports"]
        command = [sys.executable, "-m", "sandbox", *ports, "--scale", str(scale), "--ready-file", str(ready)]
        with log.open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        for _ in count():
            if ready.exists() or self._process.poll() is not None:
                break
            time.sleep(0.05)
        self.index_url = ready.read_text().strip()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        shutil.rmtree(self._folder)


def crash_points() -> tuple[str, ...]:
    """Those that the product calls; one that freezes rather than kills is not for us."""
    texts = (file.read_text(encoding="utf-8") for file in sorted(PRODUCT.rglob("*.py")))
    found = {point for text in texts for point in re.findall(r'\breached\("(K\d+)"\)', text)}
    return tuple(sorted(found - NOT_BY_HAND))


def _door(mishap: dict[str, Any]) -> tuple[str, str]:
    kind = "batch" if mishap["kind"] == "commit_half" else mishap["scope"]
    return f"{mishap['vendor']}/{kind}", mishap["kind"]


def _named(code: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {f"rstk__{code}_{name}__c": value for name, value in fields.items()}
