"""Query answers in pages, and the locators that lead from one page to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.ids import base62, full_id
from sandbox.salesforce.schema import Row
from sandbox.world import World

MOST, LEAST = 2000, 200


@dataclass
class _Cursor:
    rows: list[Row]
    page: int
    opened: datetime


class Cursors:
    """Open query answers of the org."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._open: dict[str, _Cursor] = {}
        self._count = 0
        self.page_size: int | None = None
        self.child_page_size: int | None = None
        self.seconds = 900

    def first(self, total: int, rows: list[Row], version: str, hint: str) -> dict[str, Any]:
        """The first page of a fresh answer."""
        return self._opened(total, rows, version, self.page_size or _hinted(hint))

    def of_children(self, rows: list[Row], version: str, hint: str) -> dict[str, Any]:
        """The first page of one record's children; a long list goes on behind a locator of its own."""
        page = self.child_page_size or self.page_size or _hinted(hint)
        return self._opened(len(rows), rows, version, page)

    def _opened(self, total: int, rows: list[Row], version: str, page: int) -> dict[str, Any]:
        if len(rows) <= page:
            return {"totalSize": total, "done": True, "records": rows}
        self._open = {key: one for key, one in self._open.items() if not self._is_stale(one)}
        self._count += 1
        key = full_id(f"01g5f0{base62(self._count, 9)}") or ""
        self._open[key] = _Cursor(rows, page, self._world.clock.now())
        return self._page(key, 0, version)

    def expire(self) -> None:
        """Every locator given out so far leads nowhere."""
        self._open.clear()

    def next(self, locator: str, version: str) -> dict[str, Any]:
        """A later page; it may be asked for again."""
        key, _, start = locator.partition("-")
        cursor = self._open.get(key)
        if cursor is None or not start.isdigit() or int(start) >= len(cursor.rows) or self._is_stale(cursor):
            raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(key, int(start), version)

    def _is_stale(self, cursor: _Cursor) -> bool:
        return self._world.clock.now() >= cursor.opened + timedelta(seconds=self.seconds)

    def _page(self, key: str, start: int, version: str) -> dict[str, Any]:
        cursor = self._open[key]
        end = start + cursor.page
        answer: dict[str, Any] = {"totalSize": len(cursor.rows), "done": end >= len(cursor.rows)}
        if not answer["done"]:
            answer["nextRecordsUrl"] = f"/services/data/{version}/query/{key}-{end}"
        answer["records"] = cursor.rows[start:end]
        return answer


def _hinted(hint: str) -> int:
    """Sforce-Query-Options: batchSize=500; out of range is moved into range, as the header is only a hint."""
    name, _, size = hint.replace(" ", "").partition("=")
    if name.casefold() != "batchsize" or not size.isdigit():
        return MOST
    return min(max(int(size), LEAST), MOST)
