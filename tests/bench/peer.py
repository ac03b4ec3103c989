"""The others, each in a process of its own: python-quickbooks, one by one or in batches, and a bare asyncio loop.

`python -m bench.peer '{"how": "batch", "file": ..., "server": pid, ...}'` prints what `worker.Meter` holds, and how
many documents or calls went well.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.worker import metered, run_alone

CLIENT_ID = "bench"


@dataclass(frozen=True)
class Call:
    """`how`: "batch", "single" or "loop". `file`: JSON, the documents, or for the loop (path, body) of every call."""

    how: str
    file: str
    url: str
    realm: str
    token: str
    server: int
    in_flight: int = 8


def run(call: Call) -> dict[str, Any]:
    """In a process of its own."""
    return run_alone([sys.executable, "-m", "bench.peer", json.dumps(asdict(call))])


def work(call: Call) -> dict[str, Any]:
    """Everything that only has to be made ready is made ready before the clock starts."""
    given = json.loads(Path(call.file).read_text())
    if call.how == "loop":
        return _loop(call, given)
    send = (_in_batches if call.how == "batch" else _one_by_one)(call)
    invoices = _objects(given)
    with metered(call.server) as meter:
        went_well = send(invoices)
    return {**asdict(meter), "went_well": went_well}


def _client(call: Call) -> Any:
    """As the library makes it out of an AuthClient, without asking Intuit where its endpoints are."""
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    import quickbooks
    from requests_oauthlib import OAuth2Session

    quickbooks.QuickBooks.api_url_v3 = f"{call.url}/v3"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = quickbooks.QuickBooks(company_id=call.realm, minorversion=75)
    client.session = OAuth2Session(CLIENT_ID, token={"access_token": call.token})
    return client


def _objects(bodies: Sequence[dict[str, Any]]) -> list[Any]:
    from quickbooks.objects import Invoice

    return [Invoice.from_json(body) for body in bodies]


def _in_batches(call: Call) -> Callable[[list[Any]], int]:
    from quickbooks.batch import batch_create

    client = _client(call)
    return lambda invoices: len(batch_create(invoices, qb=client).successes)


def _one_by_one(call: Call) -> Callable[[list[Any]], int]:
    client = _client(call)
    return lambda invoices: sum(bool(invoice.save(qb=client).Id) for invoice in invoices)


def _loop(call: Call, calls: list[list[str]]) -> dict[str, Any]:
    """The same bytes to the same addresses, and nothing else: nothing is noted, checked or kept."""
    ready = [(call.url + path, body.encode()) for path, body in calls]

    async def send_all() -> dict[str, Any]:
        import aiohttp

        headers = {
            "Authorization": f"Bearer {call.token}", "Accept": "application/json", "Content-Type": "application/json",
        }  # fmt: skip
        slots = asyncio.Semaphore(call.in_flight)
        async with aiohttp.ClientSession(headers=headers) as session:

            async def send(url: str, body: bytes) -> bool:
                async with slots, session.post(url, data=body) as answer:
                    await answer.read()
                    return answer.status == 200

            with metered(call.server) as meter:
                went_well = sum(await asyncio.gather(*(send(*each) for each in ready)))
        return {**asdict(meter), "went_well": went_well}

    return asyncio.run(send_all())


if __name__ == "__main__":
    print(json.dumps(work(Call(**json.loads(sys.argv[1])))))
