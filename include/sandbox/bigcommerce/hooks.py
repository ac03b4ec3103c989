"""Webhooks: who asked for what, and the stubs that go out. There are none for invoices, payments and receipts."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from sandbox.bigcommerce.call import Call
from sandbox.bigcommerce.store import Store
from sandbox.bigcommerce.wire import Record, encode

# seconds from one try to the next; then the hook is switched off
LADDER = (60, 180, 300, 600, 900, 1800, 3600, 7200, 21600, 50400, 86400)
MOST_HOOKS = 10
SCOPES = (
    *(f"store/order/{name}" for name in (
        "*", "created", "updated", "archived", "statusUpdated", "message/created", "refund/created",
        "transaction/created", "transaction/updated", "metafield/created", "metafield/updated", "metafield/deleted",
    )),
    *(f"store/company/{name}" for name in (
        "created", "updated", "deleted", "statusUpdated", "superadmin/assignmentUpdated", "user/created",
        "user/updated", "user/deleted", "address/created", "address/updated", "address/deleted",
    )),
    *(f"store/superadmin/{name}" for name in ("created", "updated", "deleted", "assignmentUpdated")),
    *(f"store/quote/{name}" for name in ("created", "updated", "statusUpdated", "deleted")),
)  # fmt: skip
# destination, headers, body → the status that came back
Send = Callable[[str, dict[str, str], str], int]


def tell(call: Call, scope: str, data: Record) -> None:
    """Put a stub in the way of every hook that asked for this."""
    content: Record = {
        "producer": f"stores/{call.store.hash}", "store_id": "990017", "created_at": call.moment, "scope": scope,
        "data": data,
    }  # fmt: skip
    content["hash"] = hashlib.sha1(encode(content).encode()).hexdigest()  # noqa: S324 - the vendor's own choice
    for hook in call.store.table("hook").rows():
        if hook["is_active"] and covers(hook["scope"], scope) and _started(call, hook):
            for _ in range(int(call.settings.hook_copies)):
                call.store.deliveries.append(_delivery(call, hook, encode(content)))


def _started(call: Call, hook: Record) -> bool:
    """A new hook takes up to a minute to start."""
    return bool(hook["created_at"] + call.settings.hook_delay_seconds <= call.now.timestamp())


def covers(asked: str, scope: str) -> bool:
    """Whether a hook's scope includes this one."""
    return asked == scope or (asked.endswith("/*") and scope.startswith(asked[:-1]))


def _delivery(call: Call, hook: Record, body: str) -> Record:
    return {
        "id": len(call.store.deliveries) + 1, "hook_id": hook["id"], "body": body, "state": "waiting", "tries": 0,
        "due": call.moment,
    }  # fmt: skip


def deliver(stores: Iterable[Store], send: Send, now: float, secret: str, backwards: bool) -> int:
    """Send what is due; gives the number of tries made."""
    made = 0
    for store in stores:
        due = [each for each in store.deliveries if each["state"] == "waiting" and each["due"] <= now]
        for delivery in reversed(due) if backwards else due:
            hook = store.get("hook", delivery["hook_id"])
            if hook is None:
                delivery["state"] = "dropped"
                continue
            made += 1
            _try(store, hook, delivery, send, now, secret)
    return made


def _try(store: Store, hook: Record, delivery: Record, send: Send, now: float, secret: str) -> None:
    headers = {**(hook["headers"] or {}), **signed(delivery, now, secret), "Content-Type": "application/json"}
    status = send(hook["destination"], headers, delivery["body"])
    delivery["tries"] += 1
    if 200 <= status < 300:
        delivery["state"] = "done"
    elif delivery["tries"] > len(LADDER):
        delivery["state"] = "given up"
        store.table("hook").put({**hook, "is_active": False})
    else:
        delivery["due"] = now + LADDER[delivery["tries"] - 1]


def signed(delivery: Record, now: float, secret: str) -> dict[str, str]:
    """Standard Webhooks headers, keyed by the API account's client secret."""
    ident, stamp = f"msg_{delivery['id']}", str(int(now))
    text = f"{ident}.{stamp}.{delivery['body']}".encode()
    digest = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
    return {"webhook-id": ident, "webhook-timestamp": stamp, "webhook-signature": f"v1,{digest}"}


def problems(body: Record) -> Record:
    """What is wrong with a hook as sent."""
    wrong = {name: "error.path.missing" for name in ("scope", "destination") if not body.get(name)}
    if body.get("scope") and body["scope"] not in SCOPES:
        wrong["scope"] = "The scope is not valid."
    if body.get("destination") and not _reachable(str(body["destination"])):
        wrong["destination"] = "Destination must use https and port 443."
    return wrong


def _reachable(url: str) -> bool:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and port in (None, 443)
