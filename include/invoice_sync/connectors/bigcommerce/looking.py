"""Finding things in a store with few calls: invoices by number and by id, companies by extra field and by name.

Lists ignore parameters that they do not know, and `q` is a search by keyword: nothing counts that does not show
itself what was asked for.
"""

from __future__ import annotations

import os.path
from collections.abc import Collection, Iterator, Mapping, Sequence

from invoice_sync.connectors.base import Json
from invoice_sync.connectors.bigcommerce import envelope, fields, mapping
from invoice_sync.connectors.bigcommerce.amounts import in_minor_units
from invoice_sync.connectors.bigcommerce.client import PAGE, Client, refusal
from invoice_sync.connectors.bigcommerce.envelope import text_of
from invoice_sync.connectors.bigcommerce.texts import one_line
from invoice_sync.model.documents import Party
from invoice_sync.model.flow import BigCommerceOptions

INVOICES, COMPANIES, PAYMENTS = "/ip/invoices", "/companies", "/ip/payments"
_WITH_FIELDS = {"isIncludeExtraFields": "1"}
NOT_PENDING = ("", "0", "False")
"""What `isPendingPayment` says of an invoice that no buyer's payment is on its way to."""

LOOK_SHARE = 25
"""One call to look for numbers for each so many new invoices; what it does not find the store itself refuses."""

MOST_PAGES_OF_COMPANIES = 25
_SEPARATORS = frozenset(",:")
"""What a filter by extra field is made of, so that a value may not hold it."""


class Invoices:
    """Invoices of the store. `orders` remembers which orders were seen to have an invoice, and which."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.orders: dict[str, str] = {}

    def numbered(self, number: str) -> list[Json]:
        """Those with just this number, whatever case the store takes it in."""
        params = {**_WITH_FIELDS, "q": number, "searchBy": "invoiceNumber", "sortBy": "invoiceNumber", "orderBy": "ASC"}
        for rows in self._client.pages(INVOICES, params):
            # numbers are unique in a store, so that the first one is the last as well
            if found := [row for row in rows if _has_number(row, number)]:
                return found
        return []

    def having(self, numbers: Sequence[str]) -> dict[str, list[Json]]:
        """By folded number, as far as a few calls tell: those that share what all the numbers begin with."""
        wanted = {number.casefold() for number in numbers}
        prefix = os.path.commonprefix(list(numbers))
        params = {**_WITH_FIELDS, "sortBy": "invoiceNumber", "orderBy": "DESC"}
        params |= {"q": prefix, "searchBy": "invoiceNumber"} if prefix.strip() else {}
        found: dict[str, list[Json]] = {}
        for row in self._few(params, max(1, len(wanted) // LOOK_SHARE)):
            self._remember(row)
            number = text_of(row.get("invoiceNumber")).casefold()
            if number in wanted:
                found.setdefault(number, []).append(row)
        return found

    def by_id(self, ids: Sequence[str]) -> dict[str, Json]:
        """Those that are there."""
        return by_id(self._client, INVOICES, ids, _WITH_FIELDS)

    def _few(self, params: Mapping[str, str], most: int) -> Iterator[Json]:
        """The list if it has at most so many pages, else its first one."""
        rows, total = self._client.page(INVOICES, params, 0)
        yield from rows
        seen = len(rows)
        while rows and seen < total <= most * PAGE:
            rows, total = self._client.page(INVOICES, params, seen)
            yield from rows
            seen += len(rows)

    def _remember(self, row: Json) -> None:
        if order := text_of(row.get("orderNumber")):
            self.orders[order] = text_of(row.get("invoiceNumber"))


class Payments:
    """Payments on invoices. There is no filter by date."""

    def __init__(self, client: Client, of: Invoices) -> None:
        self._client, self._invoices = client, of
        self._on: dict[str, list[Json]] = {}

    def marked(self, marker: str) -> list[Json]:
        """Those with just this external id."""
        pages = self._client.pages(PAYMENTS, {"q": marker, "searchBy": "externalId"})
        return [row for rows in pages for row in rows if text_of(row.get("externalId")) == marker]

    def by_id(self, ids: Sequence[str]) -> dict[str, Json]:
        """Those that are there."""
        return by_id(self._client, PAYMENTS, ids, {})

    def on(self, invoices: Collection[str]) -> dict[str, list[Json]]:
        """By invoice id: all payments, asked once for each of our processes; of what is wholly open, and has none on
        its way, there are none."""
        new = [identity for identity in dict.fromkeys(invoices) if identity not in self._on]
        for identity, record in (self._invoices.by_id(new) if new else {}).items():
            paid = in_minor_units(record.get("openBalance")) != in_minor_units(record.get("originalBalance"))
            pending = text_of(record.get("isPendingPayment")) not in NOT_PENDING
            self._on[identity] = self._of_invoice(identity) if paid or pending else []
        return {identity: self._on.get(identity, []) for identity in invoices}

    def _of_invoice(self, identity: str) -> list[Json]:
        rows = [row for rows in self._client.pages(PAYMENTS, {"invoiceId": identity}) for row in rows]
        return [row for row in rows if _is_on(row, identity)]


class Companies:
    """Companies of the store; what was listed once is kept for the process."""

    def __init__(self, client: Client, options: BigCommerceOptions) -> None:
        self._client, self._options = client, options
        self._everybody: list[Json] | None = None
        self._alike: dict[str, Json] = {}

    def of(self, parties: Sequence[Party]) -> list[Json]:
        """Everything that may be one of these: by number, by tax id, and by name where neither is found.

        Many at once are looked up in the whole list where that takes fewer calls.
        """
        if len(parties) > MOST_PAGES_OF_COMPANIES and self._all_of_few(len(parties)) is not None:
            return self.everybody()
        found = {mapping.company_id(record): record for party in parties for record in self._of_one(party)}
        return list(found.values())

    def everybody(self) -> list[Json]:
        """All companies; of a very large store those whose names were looked for."""
        whole = self._all_of_few(MOST_PAGES_OF_COMPANIES)
        return list(self._alike.values()) if whole is None else whole

    def having(self, field: str, value: str) -> list[Json]:
        """Those with just this value in an extra field. A list that takes no notice of the filter is read whole."""
        wanted = one_line(value)
        if not field or not wanted:
            return []
        if _SEPARATORS.isdisjoint(field + wanted):
            params = {**_WITH_FIELDS, "extraFields": f"{field}:{wanted}", "extraFieldFilterType": "exact-match"}
            rows, _ = self._client.page(COMPANIES, params, 0)
            if all(_has_value(row, field, wanted) for row in rows):
                return rows
        return [row for row in self._listed() if _has_value(row, field, wanted)]

    def _of_one(self, party: Party) -> list[Json]:
        options = self._options
        exact = self.having(options.company_field, party.number) or self.having(options.tax_field, party.tax_id)
        if party.foreign_id.strip().isdigit():
            exact = [*exact, *self._with_id(party.foreign_id.strip())]
        if not exact and (name := mapping.company_name(party)):
            exact, _ = self._client.page(COMPANIES, {**_WITH_FIELDS, "q": name}, 0)
            self._alike |= {mapping.company_id(row): row for row in exact}
        return exact

    def _with_id(self, identity: str) -> list[Json]:
        record = _one(self._client, f"{COMPANIES}/{identity}")
        return [record] if record is not None else []

    def _all_of_few(self, most_pages: int) -> list[Json] | None:
        """The whole list; None when it has more pages than that."""
        if self._everybody is None:
            rows, total = self._client.page(COMPANIES, _WITH_FIELDS, 0)
            if total > most_pages * PAGE:
                return None
            self._everybody = rows if len(rows) >= total else self._listed()
        return self._everybody

    def _listed(self) -> list[Json]:
        if self._everybody is None:
            self._everybody = [row for rows in self._client.pages(COMPANIES, _WITH_FIELDS) for row in rows]
        return self._everybody


def by_id(client: Client, path: str, ids: Sequence[str], params: Mapping[str, str]) -> dict[str, Json]:
    """Records by id. There is no filter by it: what was written last is on the first pages, which are read as long as
    a page brings more than asking for a single record would."""
    missing = set(ids)
    found: dict[str, Json] = {}
    if len(missing) > 1:
        for record in _newest(client, path, missing, params):
            found[text_of(record.get("id"))] = record
    for identity in sorted(missing - found.keys(), key=int):
        if (single := _one(client, f"{path}/{identity}")) is not None:
            found[identity] = single
    return found


def extra_fields(client: Client, path: str) -> list[Json]:
    """The configuration of extra fields. Raises Refused."""
    return [row for rows in client.pages(f"{path}/extra-fields") for row in rows]


def channels(client: Client) -> list[int] | None:
    """Ids of the channels that B2B Edition is switched on for; None for a store without multi-storefront."""
    told = client.ask("/channels")
    if told.refuses or not isinstance(told.data, list):
        return None
    rows = [row for row in told.data if isinstance(row, Mapping) and row.get("b2bEnabled") in (True, 1, "1")]
    return [number for row in rows if (number := envelope.whole(row.get("channelId"))) is not None]


def _one(client: Client, path: str) -> Json | None:
    """A record by its path; None when there is no such one."""
    told = client.ask(path)
    if told.status == 404:
        return None
    if told.refuses or not isinstance(told.data, Mapping):
        raise refusal(told)
    return told.data


def _newest(client: Client, path: str, wanted: set[str], params: Mapping[str, str]) -> Iterator[Json]:
    left = set(wanted)
    for rows in client.pages(path, {**params, "sortBy": "updatedAt", "orderBy": "DESC"}):
        hits = [row for row in rows if text_of(row.get("id")) in left]
        left -= {text_of(row.get("id")) for row in hits}
        yield from hits
        if len(hits) <= 1 or len(left) <= 1:
            return


def _is_on(row: Json, invoice: str) -> bool:
    lines = row.get("lineItems")
    named = [line for line in lines if isinstance(line, Mapping)] if isinstance(lines, list) else []
    return any(text_of(line.get("invoiceId")) == invoice for line in named)


def _has_number(row: Json, number: str) -> bool:
    return text_of(row.get("invoiceNumber")).strip().casefold() == number.casefold()


def _has_value(row: Json, field: str, wanted: str) -> bool:
    return one_line(fields.value_of(row, field)).casefold() == wanted.casefold()
