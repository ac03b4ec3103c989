"""The person in front of the consent page: opens the address, fills the form in, follows the redirect."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

from invoice_sync.connect.__main__ import main
from invoice_sync.connect.asking import Surroundings
from invoice_sync.model.flow import Endpoint
from invoice_sync.steps.wiring import Login


class Form(HTMLParser):
    """The form of a page: where it goes, what it sends along unseen, and what can be chosen."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.hidden, self.choices, self.labels = "", dict[str, str](), list[str](), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        seen = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = seen["action"]
        if tag == "input" and seen["type"] == "hidden":
            self.hidden[seen["name"]] = seen["value"]
        if tag == "input" and seen["type"] == "radio":
            self.choices.append(seen["value"])

    def handle_data(self, data: str) -> None:
        self.labels += data


def decided(address: str, realm: str, decision: str = "connect") -> str:
    """Where the consent page sends the person."""
    page = requests.get(address, timeout=5)
    assert page.status_code == 200, page.text
    form = Form(page.text)
    answer = requests.post(
        urljoin(address, form.action),
        data={**form.hidden, "realm_id": realm, "decision": decision},
        timeout=5,
        allow_redirects=False,
    )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


@dataclass
class Person:
    """A browser with somebody in front of it; `visit` gets the address that the command would open."""

    visit: Callable[[str], None]
    mistakes: list[BaseException] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    @classmethod
    def choosing(cls, realm: str, decision: str = "connect") -> Person:
        return cls(lambda address: go(decided(address, realm, decision)))

    def browse(self, address: str) -> None:
        """In a thread, as a browser is: the command goes on."""

        def act() -> None:
            try:
                self.visit(address)
            except BaseException as error:
                self.mistakes.append(error)
                raise

        self.threads.append(threading.Thread(target=act))
        self.threads[-1].start()

    def leave(self) -> None:
        for thread in self.threads:
            thread.join(10)
        assert self.mistakes == []


def go(address: str) -> requests.Response:
    return requests.get(address, timeout=5)


def connected(
    house: Any, person: Person, *arguments: str, patience: float = 10.0, **extra: object
) -> tuple[int, list[str]]:
    """Runs the command with the house's ledger and clock; its exit code and what it told."""
    told: list[str] = []
    authorize_url = house.get("/")["vendors"]["quickbooks"]["authorize_url"]

    def login(side: Endpoint) -> Login:
        known: Login = house.logins[side.connection]
        more = {"authorize_url": authorize_url, **extra}
        return Login(known.host, known.user, known.password, {**known.extra, **more})

    around = Surroundings(house.database, house.clock, login, told.append, person.browse, patience)
    code = main(["quickbooks", "--company", "acme", *arguments], around)
    person.leave()
    return code, told
