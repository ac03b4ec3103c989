"""Companies: the buyers of a B2B store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.bigcommerce import errors, extras, hooks, schema
from sandbox.bigcommerce.call import Call, Page, Written
from sandbox.bigcommerce.listing import between, ordered, page, where
from sandbox.bigcommerce.reader import Reader
from sandbox.bigcommerce.wire import Record, iso, whole_of

MOST_IN_BULK = 10
_ADMIN = ("adminFirstName", "adminLastName", "adminEmail")
_TITLES = {
    "companyName": "company name", "companyEmail": "company email", "companyPhone": "company phone",
    "country": "country", "adminFirstName": "admin first name",
    "adminLastName": "admin last name", "adminEmail": "admin email",
}  # fmt: skip


def list_companies(call: Call) -> Page:
    """GET /companies."""
    rows: Iterable[Record] = call.store.table("company").rows()
    word = (call.asked("q") or "").casefold()
    rows = where(rows, lambda row: word in row["companyName"].casefold()) if word else rows
    rows = between(call, rows, "updatedAt", "minModified", "maxModified")
    rows = between(call, rows, "createdAt", "minCreated", "maxCreated")
    for wanted in _filters(call):
        rows = where(rows, wanted)
    found = page(call, ordered(call, rows, ("companyName", "updatedAt"), "updatedAt"))
    extra = call.query.get("isIncludeExtraFields") == "1"
    return Page([_listed(row, extra) for row in found.rows], found.total, found.limit, found.offset)


def _filters(call: Call) -> list[Any]:
    wanted: list[Any] = _extra_filters(call)
    status, group, customer = (call.asked(name) for name in ("companyStatus", "bcGroupId", "customerId"))
    if status is not None:
        wanted.append(lambda row: row["companyStatus"] == status)
    if group is not None:
        wanted.append(lambda row: str(row["bcGroupId"]) == group)
    if customer is not None:
        users = {user["companyId"] for user in call.store.table("user").having("customerId", customer)}
        wanted.append(lambda row: row["id"] in users)
    order = call.asked("bcOrderId") or call.asked("orderId")
    if order is not None:
        of = {each["companyId"] for each in call.store.table("b2b_order").having("bcOrderId", order)}
        wanted.append(lambda row: row["id"] in of)
    return wanted


def _extra_filters(call: Call) -> list[Any]:
    """`name:value`, repeated or with commas; `search` (the default) is content with a part of the value."""
    exactly = call.query.get("extraFieldFilterType", "search") == "exact-match"
    pairs = [pair for text in call.query.getall("extraFields", []) for pair in text.split(",") if ":" in pair]
    return [_has(pair, exactly) for pair in pairs]


def _has(pair: str, exactly: bool) -> Any:
    name, _, wanted = pair.partition(":")

    def check(row: Record) -> bool:
        value = extras.value_of(row, name)
        if value is None:
            return False
        return value == wanted if exactly else wanted.casefold() in value.casefold()

    return check


def get_company(call: Call) -> Record:
    """GET /companies/{id}; here the group id is text, in lists it is a number."""
    row = held(call)
    return {**_listed(row, True), "bcGroupId": str(row["bcGroupId"] or "")}


def create(call: Call) -> Written:
    """POST /companies: makes a customer and the company's first user with it."""
    body = _read(call, schema.CREATE_COMPANY)
    _need(body, *_TITLES)
    if call.store.table("user").having("email", body["adminEmail"]):
        raise errors.plain(400, "Create BigCommerce customer failed")
    company = make(call, body)
    hooks.tell(call, "store/company/created", {"type": "company", "company_id": company["id"]})
    return Written(_answer(call, company), body["companyName"], company["id"])


def make(call: Call, body: Record) -> Record:
    """Store a company with its customer, its group where stores have one each, and its admin."""
    extra = extras.checked(call, "company", body.pop("extraFields", None), None)
    group = _group(call, body)
    admin = {name: body.pop(name, "") for name in (*_ADMIN, "adminPhoneNumber")}
    company = call.store.table("company").add({**_blank(call), **body, "extraFields": extra, "bcGroupId": group})
    company = call.store.table("company").put({**company, "bcGroupName": call.store.groups.get(group, "")})
    customer = add_customer(call, admin, company)
    add_user(call, admin, company["id"], customer["id"])
    return company


def _group(call: Call, body: Record) -> int:
    """Independent companies may share a group or have none; dependent ones get one each."""
    given = body.pop("customerGroupId", None)
    if call.settings.companies == "independent":
        return given or 0
    group = max(call.store.groups, default=0) + 1
    call.store.groups[group] = body["companyName"]
    return group


def _blank(call: Call) -> Record:
    now = call.moment
    return {
        "companyStatus": "1", "companyPhone": "", "catalogId": "", "catalogName": "", "parentCompany": {},
        "priceListAssign": [], "uuid": "", "createdAt": now, "updatedAt": now,
        "terms": {"isEnabled": False, "paymentTerms": 0},
        "credit": {"creditEnabled": False, "creditCurrency": call.store.default_currency, "availableCredit": 0,
                   "limitPurchases": False, "creditHold": False},
    }  # fmt: skip


def add_customer(call: Call, admin: Record, company: Record) -> Record:
    """The store's own customer behind a company user."""
    stamp = iso(call.now)
    return call.store.table("customer").add({
        "email": admin["adminEmail"], "first_name": admin["adminFirstName"], "last_name": admin["adminLastName"],
        "company": company["companyName"], "phone": admin.get("adminPhoneNumber", ""), "notes": "",
        "registration_ip_address": "", "tax_exempt_category": "", "customer_group_id": company["bcGroupId"],
        "date_created": stamp, "date_modified": stamp, "address_count": 0, "attribute_count": 0,
        "authentication": {"force_password_reset": False}, "origin_channel_id": 1, "channel_ids": [1],
        "accepts_product_review_abandoned_cart_emails": False,
    })  # fmt: skip


def add_user(call: Call, admin: Record, company_id: int, customer_id: int, role: int = 0) -> Record:
    """A company user, who is a customer of the store too."""
    return call.store.table("user").add({
        "firstName": admin["adminFirstName"], "lastName": admin["adminLastName"], "email": admin["adminEmail"],
        "phoneNumber": admin.get("adminPhoneNumber", ""), "role": role, "companyRoleId": role + 1, "uuid": "",
        "companyRoleName": ("Admin", "Senior Buyer", "Junior Buyer")[role], "extraFields": [],
        "companyId": company_id, "customerId": customer_id, "channelList": [], "createdAt": call.moment,
        "updatedAt": call.moment,
    })  # fmt: skip


def update(call: Call) -> Written:
    """PUT /companies/{id}."""
    old = held(call)
    company = change(call, old, _read(call, schema.UPDATE_COMPANY))
    return Written({"companyId": old["id"]}, company["companyName"], old["id"])


def change(call: Call, old: Record, body: Record) -> Record:
    """Store what is new about a company."""
    extra = extras.checked(call, "company", body.pop("extraFields", None), old)
    body.pop("customerGroupId", None)
    changed = {**old, **body, "extraFields": extra, "updatedAt": call.moment}
    hooks.tell(call, "store/company/updated", {"type": "company", "company_id": old["id"]})
    return call.store.table("company").put(changed)


def set_status(call: Call) -> Written:
    """PUT /companies/{id}/status."""
    old = held(call)
    status = Reader(call.settings).read(schema.COMPANY_STATUS, call.body)["companyStatus"]
    call.store.table("company").put({**old, "companyStatus": str(status), "updatedAt": call.moment})
    hooks.tell(call, "store/company/statusUpdated", {"type": "company", "company_id": old["id"]})
    return Written({"companyId": old["id"]}, old["companyName"], old["id"])


def delete(call: Call) -> Written:
    """DELETE /companies/{id}; where companies are dependent their group goes too."""
    old = held(call)
    for user in call.store.table("user").having("companyId", old["id"]):
        call.store.table("user").remove(user["id"])
    if call.settings.companies == "dependent":
        call.store.groups.pop(old["bcGroupId"], None)
    call.store.table("company").remove(old["id"])
    hooks.tell(call, "store/company/deleted", {"type": "company", "company_id": old["id"]})
    return Written({}, old["companyName"], old["id"])


def held(call: Call) -> Record:
    """The company that the path names."""
    found = call.store.get("company", call.number("id"))
    if found is None:
        raise errors.plain(404, errors.NO_RESOURCE)
    return found


def _read(call: Call, shape: schema.Shape) -> Record:
    return Reader(call.settings).read(shape, call.body)


def _need(body: Record, *names: str) -> None:
    for name in names:
        if not body.get(name):
            raise errors.plain(422, f"The {_TITLES[name]} is required.")


def _answer(call: Call, company: Record) -> Record:
    users = call.store.table("user").having("companyId", company["id"])
    customer = users[0]["customerId"] if users else 0
    return {"companyId": company["id"], "customerId": customer, "customerGroupId": company["bcGroupId"]}


def _listed(row: Record, with_extra: bool) -> Record:
    shown = {key: value for key, value in row.items() if key not in ("id", "terms", "credit", "extraFields")}
    extra = {"extraFields": [dict(each) for each in row["extraFields"]]} if with_extra else {}
    return {"companyId": row["id"], **shown, **extra}


def bulk(call: Call) -> list[Any]:
    """The companies of a bulk call; at most ten."""
    if not isinstance(call.body, list):
        raise errors.plain(400, "Convert failed for the API call.")
    if len(call.body) > MOST_IN_BULK:
        raise errors.plain(413, "Request Entity Too Large")
    return call.body


def check_conflicts(call: Call, bodies: list[Record]) -> None:
    """In bulk, a company may not bear a name that is there already, or twice in the call."""
    seen: set[str] = set()
    wrong = []
    for place, body in enumerate(bodies):
        name = str(body.get("companyName", ""))
        if name in seen or call.store.table("company").having("companyName", name):
            wrong.append({"id": str(place), "_detail": f"{name} already exists"})
        seen.add(name)
    if wrong:
        raise errors.Refusal(409, {"errors": wrong}, {"message": "Company was in conflict with another company."})


def company_id_of(body: Any) -> int | None:
    """The id inside an item of a bulk update."""
    return whole_of(body.get("companyId")) if isinstance(body, dict) else None
