"""The org's API calls of 24 hours: we stop before they are used up, and leave the rest to others."""

import pytest

from house import House
from invoice_sync.connectors.rootstock.client import STOP_AT, allowance
from invoice_sync.model.errors import TryLater


@pytest.mark.parametrize(
    ("header", "expected"),
    [("api-usage=18/5000", (18, 5000)), ("api-usage=7/100; per-app-api-usage=3/50(appName=x)", (7, 100)), ("", (0, 0))],
)
def test_the_header_is_read(header: str, expected: tuple[int, int]) -> None:
    assert allowance(header) == expected


def test_it_stops_in_time_and_goes_on_when_there_is_room_again(house: House) -> None:
    house.post("/control/settings/salesforce", {"daily_limit": 20})
    outcome = house.run(steps=("check",))

    assert isinstance(outcome["check"], TryLater)
    assert outcome["check"].wait
    used = sum(call["count"] for call in house.get("/control/calls")["calls"] if call["vendor"] == "salesforce")
    assert used <= 20 * STOP_AT + 1
    house.post("/control/settings/salesforce", {"daily_limit": 100000})
    house.clock.sleep(3700)
    house.run()
    assert (len(house.created()), house.created("CreditMemo")) == (12, ["000140"])
