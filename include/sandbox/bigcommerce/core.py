"""The core API as far as invoices and payments need it: orders, customers, transactions, hooks, the store itself."""

from __future__ import annotations

from typing import Any

from sandbox.bigcommerce import core_orders, hooks
from sandbox.bigcommerce.call import Call, Written
from sandbox.bigcommerce.errors import NO_V2_RESOURCE, CoreRefusal
from sandbox.bigcommerce.wire import Record, moment_of, whole_of

NO_CONTENT = None
_CUSTOMER_LISTS = {
    "id:in": "id", "email:in": "email", "company:in": "company", "phone:in": "phone",
    "customer_group_id:in": "customer_group_id",
}  # fmt: skip


def orders(call: Call) -> Any:
    """GET /v2/orders: an empty list is 204."""
    return _v2(call, core_orders.list_orders(call))


def count_orders(call: Call) -> Record:
    """GET /v2/orders/count."""
    rows = [row for row in call.store.table("order").rows() if not row["is_deleted"]]
    statuses = [
        {"id": ident, "name": name, "count": sum(row["status_id"] == ident for row in rows)}
        for ident, name in core_orders.STATUSES.items()
    ]
    return {"statuses": statuses, "count": len(rows)}


def order(call: Call) -> Record:
    """GET /v2/orders/{id}."""
    return core_orders.shown(call, core_orders.held(call))


def order_part(call: Call) -> Any:
    """GET /v2/orders/{id}/products and its neighbours."""
    return _v2(call, core_orders.part(call))


def order_statuses(call: Call) -> list[Record]:
    """GET /v2/order_statuses; stores may put their own label on one."""
    return [
        {"id": ident, "name": name, "system_label": name, "custom_label": name, "system_description": ""}
        for ident, name in core_orders.STATUSES.items()
    ]


def create_order(call: Call) -> Written:
    """POST /v2/orders; without a status it is Pending."""
    if not isinstance(call.body, dict) or not call.body.get("products"):
        raise CoreRefusal(400, "The required field 'products' was not supplied.")
    core_orders.writable(call.body)
    customer = call.body.get("customer_id", 0)
    if customer and call.store.get("customer", whole_of(customer)) is None:
        raise CoreRefusal(400, "The field 'customer_id' is invalid.")
    made = core_orders.add(call, call.body)
    return Written(core_orders.shown(call, made), str(made["id"]), made["id"])


def update_order(call: Call) -> Written:
    """PUT /v2/orders/{id}."""
    old = core_orders.held(call)
    changed = core_orders.change(call, old, core_orders.writable(call.body))
    return Written(core_orders.shown(call, changed), str(old["id"]), old["id"])


def archive_order(call: Call) -> Written:
    """DELETE /v2/orders/{id} archives it."""
    old = core_orders.held(call)
    core_orders.change(call, old, {"is_deleted": True})
    hooks.tell(call, "store/order/archived", {"type": "order", "id": old["id"]})
    return Written(NO_CONTENT, str(old["id"]), old["id"])


def store(call: Call) -> Record:
    """GET /v2/store."""
    shop = call.store
    return {
        "id": shop.hash, "domain": f"{shop.hash}.example", "secure_url": f"https://{shop.hash}.example",
        "name": shop.name, "status": "live", "plan_name": "Pro", "currency": shop.default_currency,
        "timezone": {"name": "UTC", "raw_offset": 0}, "language": "en",
        "multi_storefront_enabled": shop.multi_storefront,
    }  # fmt: skip


def time(call: Call) -> Record:
    """GET /v2/time."""
    return {"time": call.moment}


def currencies(call: Call) -> list[Record]:
    """GET /v2/currencies."""
    return [
        {"id": place, "is_default": place == 1, "currency_code": code, "name": code, "enabled": True,
         "is_transactional": True, "decimal_places": decimals, "currency_exchange_rate": "1.0000000000"}
        for place, (code, decimals) in enumerate(call.store.currencies.items(), 1)
    ]  # fmt: skip


def groups(call: Call) -> Any:
    """GET /v2/customer_groups."""
    return _v2(call, [{"id": ident, "name": name} for ident, name in call.store.groups.items()])


def customers(call: Call) -> Record:
    """GET /v3/customers."""
    rows = list(call.store.table("customer").rows())
    for name, field in _CUSTOMER_LISTS.items():
        wanted = call.asked(name)
        if wanted is not None:
            values = wanted.split(",")
            rows = [row for row in rows if str(row[field]) in values]
    like = (call.asked("name:like") or "").casefold()
    rows = [row for row in rows if like in f"{row['first_name']} {row['last_name']}".casefold()]
    return paged(call, _since(call, rows))


def _since(call: Call, rows: list[Record]) -> list[Record]:
    for field in ("date_created", "date_modified"):
        for bound in ("min", "max"):
            text = call.asked(f"{field}:{bound}")
            if text is None:
                continue
            moment = moment_of(text)
            if moment is None:
                raise CoreRefusal(422, "JSON data is missing or invalid", {f"{field}:{bound}": "error.expected.date"})
            sign = 1 if bound == "min" else -1
            rows = [
                row for row in rows if sign * (moment_of(row[field]) or moment).timestamp() >= sign * moment.timestamp()
            ]
    return rows


def paged(call: Call, rows: list[Record]) -> Record:
    """V3 pages: 50 usually, 250 at most."""
    limit, number = whole_of(call.query.get("limit", "50")), whole_of(call.query.get("page", "1"))
    if limit is None or number is None or not 1 <= limit <= 250 or number < 1:
        raise CoreRefusal(422, "JSON data is missing or invalid", {"limit": "error.max"})
    part = rows[(number - 1) * limit : number * limit]
    pages = -(-len(rows) // limit)
    links = {"current": f"?page={number}&limit={limit}"}
    if number < pages:
        links["next"] = f"?page={number + 1}&limit={limit}"
    if number > 1:
        links["previous"] = f"?page={number - 1}&limit={limit}"
    counts = {"total": len(rows), "count": len(part), "per_page": limit, "current_page": number, "total_pages": pages}
    return {"data": part, "meta": {"pagination": {**counts, "links": links}}}


def transactions(call: Call) -> Any:
    """GET /v3/orders/{id}/transactions: 204 when there are none."""
    rows = _order(call)["_transactions"]
    return paged(call, rows) if rows else NO_CONTENT


def refunds(call: Call) -> Record:
    """GET /v3/orders/{id}/payment_actions/refunds."""
    return {"data": _order(call)["_refunds"], "meta": {}}


def all_refunds(call: Call) -> Record:
    """GET /v3/orders/payment_actions/refunds."""
    rows = [refund for each in call.store.table("order").rows() for refund in each["_refunds"]]
    wanted = call.asked("order_id:in")
    if wanted is not None:
        rows = [row for row in rows if str(row["order_id"]) in wanted.split(",")]
    return paged(call, rows)


def metafields(call: Call) -> Record:
    """GET /v3/orders/{id}/metafields."""
    return _keyed(call, _order(call)["_metafields"])


def all_metafields(call: Call) -> Record:
    """GET /v3/orders/metafields."""
    return _keyed(call, [one for each in call.store.table("order").rows() for one in each["_metafields"]])


def _keyed(call: Call, rows: list[Record]) -> Record:
    key = call.asked("key")
    return paged(call, [row for row in rows if key is None or row["key"] == key])


def _order(call: Call) -> Record:
    found = call.store.get("order", call.number("id"))
    if found is None:
        raise CoreRefusal(404, NO_V2_RESOURCE)
    return found


def channels(call: Call) -> Record:
    """GET /v3/channels."""
    rows = [
        {"id": channel, "name": f"Channel {channel}", "type": "storefront", "platform": "bigcommerce",
         "status": "active", "is_enabled": True, "is_visible": True, "is_listable_from_ui": True,
         "external_id": "", "icon_url": "", "date_created": "2026-01-05T09:00:00Z",
         "date_modified": "2026-01-05T09:00:00Z"}
        for channel in call.store.channels()
    ]  # fmt: skip
    return paged(call, rows)


def list_hooks(call: Call) -> Record:
    """GET /v3/hooks: only those of the token's own API account."""
    rows = [row for row in call.store.table("hook").having("client_id", _client(call))]
    for name in ("scope", "destination"):
        wanted = call.asked(name)
        rows = rows if wanted is None else [row for row in rows if row[name] == wanted]
    active = call.asked("is_active")
    rows = rows if active is None else [row for row in rows if row["is_active"] == (active == "true")]
    return paged(call, rows)


def get_hook(call: Call) -> Record:
    """GET /v3/hooks/{id}."""
    return {"data": _hook(call), "meta": {}}


def create_hook(call: Call) -> Written:
    """POST /v3/hooks."""
    if not isinstance(call.body, dict):
        raise CoreRefusal(400, "Input is invalid.")
    _check_hook(call, call.body, None)
    given = {"is_active": True, "headers": None, **_hook_fields(call.body)}
    stamps = {"created_at": call.moment, "updated_at": call.moment}
    owner = {"client_id": _client(call), "store_hash": call.store.hash}
    made = call.store.table("hook").add({**given, **stamps, **owner})
    return Written({"data": made, "meta": {}}, made["scope"], made["id"])


def update_hook(call: Call) -> Written:
    """PUT /v3/hooks/{id}."""
    old = _hook(call)
    fields = _hook_fields(call.body) if isinstance(call.body, dict) else {}
    _check_hook(call, {**old, **fields}, old["id"])
    changed = call.store.table("hook").put({**old, **fields, "updated_at": call.moment})
    return Written({"data": changed, "meta": {}}, changed["scope"], old["id"])


def delete_hook(call: Call) -> Written:
    """DELETE /v3/hooks/{id}."""
    old = _hook(call)
    call.store.table("hook").remove(old["id"])
    return Written({"data": old, "meta": {}}, old["scope"], old["id"])


def _hook_fields(body: Record) -> Record:
    return {name: body[name] for name in ("scope", "destination", "is_active", "headers") if name in body}


def _check_hook(call: Call, body: Any, own_id: int | None) -> None:
    wrong = hooks.problems(body)
    if wrong:
        raise CoreRefusal(422, "JSON data is missing or invalid", wrong)
    mine = [row for row in call.store.table("hook").having("client_id", _client(call)) if row["id"] != own_id]
    same = [row for row in mine if row["scope"] == body["scope"]]
    if len(same) >= hooks.MOST_HOOKS or any(row["destination"] == body["destination"] for row in same):
        raise CoreRefusal(422, "The hook is there already, or there are too many for this scope.")


def _hook(call: Call) -> Record:
    found = call.store.get("hook", call.number("id"))
    if found is None or found["client_id"] != _client(call):
        raise CoreRefusal(404, "Hook not found")
    return found


def _client(call: Call) -> str:
    return call.token.client_id if call.token else ""


def _v2(call: Call, rows: Any) -> Any:
    """An empty V2 list is a 204 without a body."""
    return NO_CONTENT if rows == [] and call.settings.empty_v2_list == "no_content" else rows
