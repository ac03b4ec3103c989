"""What those hear who do not sit before Airflow, and the chat that they sit before."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from house import House
from invoice_sync.steps.alert import red_run


def test_a_red_run_tells_counts_sums_causes_and_what_to_open(house: House) -> None:
    house.run()
    text = red_run(house.flow, "run-1", house.database)

    assert text.splitlines() == [
        "Sales Invoice Exporter (acme) is red.",
        "3 document(s) wait for a person (244.35 USD): does_not_tie 1, closed_period 1, name_taken 1.",
        "Open the log of: match_customers, plan. Correct what it says, then clear it with downstream.",
    ]


def test_it_names_nobody(house: House) -> None:
    house.run()
    text = red_run(house.flow, "run-1", house.database)
    names = [row["rstk__socust_sf_account_name__c"] for row in house.records("salesforce", "rstk__socust__c")]

    assert names and not [name for name in names if name and name in text]


def test_a_failed_check_is_told_too(house: House) -> None:
    house.settings("salesforce", hidden_fields=["rstk__soinv__c.rstk__soinv_grandtotal__c"])
    house.run()

    assert "Open the log of: check" in red_run(house.flow, "run-1", house.database)


def test_a_run_that_never_began_is_told_without_details(house: House) -> None:
    assert red_run(house.flow, "never", house.database) == "Sales Invoice Exporter (acme) is red."


def send(house: House, body: bytes) -> tuple[int, str]:
    request = urllib.request.Request(house.sandbox.index_url + "/hooks/alerts", body, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_chat_keeps_what_it_took(house: House) -> None:
    assert send(house, json.dumps({"text": "one"}).encode()) == (200, "ok")
    assert house.get("/control/alerts") == {"alerts": ["one"]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"text", "invalid_payload"),
        (b"{}", "no_text"),
        (b"[]", "no_text"),
        (b'{"text": " "}', "no_text"),
        (json.dumps({"text": "a" * 40_001}).encode(), "msg_too_long"),
    ],
)
def test_the_chat_refuses_as_chats_do(house: House, body: bytes, said: str) -> None:
    assert send(house, body) == (400, said)
    assert house.get("/control/alerts") == {"alerts": []}


def test_a_chat_that_is_down_comes_back(house: House) -> None:
    house.post("/control/alerts/refuse", {"times": 1})

    assert send(house, b'{"text": "one"}') == (503, "rollup_error")
    assert send(house, b'{"text": "two"}') == (200, "ok")
