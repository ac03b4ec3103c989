"""BigCommerce's own client against the stand-in, its code untouched (https://pypi.org/project/bigcommerce/).

It knows the core's V2 only. It always says https, so its requests session is given an adapter that speaks
plain http to the sandbox: requests' own way to say how a scheme is served.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from contract import test_sandbox_bigcommerce_caller as helpers
from contract.test_sandbox_bigcommerce_caller import Caller

pytest.importorskip("bigcommerce")
running, bc = helpers.running, helpers.bc


class PlainHttp(HTTPAdapter):
    """Sends https URLs over http."""

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        request.url = str(request.url).replace("https://", "http://", 1)
        return super().send(request, *args, **more)


@pytest.fixture
def library(bc: Caller, monkeypatch: pytest.MonkeyPatch) -> Any:
    from bigcommerce.api import BigcommerceApi

    monkeypatch.setenv("BC_API_ENDPOINT", bc.about["base_url"].removeprefix("http://"))
    api = BigcommerceApi(client_id=bc.mine["client_id"], store_hash=bc.store, access_token=bc.mine["access_token"])
    api.connection._session.mount("https://", PlainHttp())
    return api


def test_orders(library: Any) -> None:
    order = library.Orders.get(423)
    assert (order.id, order.total_inc_tax, order.status_id) == (423, "500.0000", 7)
    assert [line.sku for line in order.products()] == ["AACOMPUT01"]
    assert order.taxes()[0].line_amount == "0.0000" and "code" not in order.coupons()
    assert order.update(status_id=11).status == "Awaiting Fulfillment"
    assert library.Orders.count() == 6 and len(library.Orders.all(status_id=11)) == 5


def test_pages_end_at_the_answer_without_a_body(bc: Caller, library: Any) -> None:
    made = [bc.insert("order", products=[{"name": "Cup", "price_ex_tax": "3"}])["id"] for _ in range(260)]
    ids = [order.id for order in library.Orders.iterall() if order]
    assert ids == [423, 424, 425, 426, 427, 428, *made]


def test_orders_are_made_and_archived(bc: Caller, library: Any) -> None:
    made = library.Orders.create(products=[{"name": "Cup", "quantity": 2, "price_inc_tax": 3, "price_ex_tax": 3}])
    assert made.total_inc_tax == "6.0000"
    assert made.delete() == {}
    assert bc.records("order")[-1]["is_deleted"] is True


def test_the_store_statuses_and_currencies(library: Any) -> None:
    assert library.Store.all().name == "Harbor Wholesale"
    assert library.OrderStatuses.all()[0].name == "Incomplete"
    assert [one.currency_code for one in library.Currencies.all()] == ["USD", "EUR", "JPY"]
    assert library.Time.all().time > 0


def test_refusals_are_its_own_exceptions(bc: Caller, library: Any) -> None:
    from bigcommerce.exception import ClientRequestException, RateLimitingException, ServerException

    with pytest.raises(ClientRequestException) as told:
        library.Orders.get(999)
    assert told.value.status_code == 404
    bc.set(throttle="on", core_calls=0)
    with pytest.raises(RateLimitingException) as throttled:
        library.Orders.all()
    assert 0 < int(throttled.value.retry_after) <= 30000
    bc.set(maintenance=True)
    with pytest.raises(ServerException):
        library.Orders.all()


def test_it_reads_the_quota(bc: Caller, library: Any) -> None:
    bc.set(throttle="on")
    library.Orders.get(423)
    limit = library.connection.rate_limit
    assert (limit["requests_quota"], limit["requests_remaining"], limit["window_size_ms"]) == (150, 149, 30000)
