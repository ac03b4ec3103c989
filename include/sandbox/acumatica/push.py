"""Push notifications (facts 14.2): posted at least once to a webhook, up to five times, with no signature."""

from __future__ import annotations

import http.client
import queue
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sandbox import exact_json
from sandbox.acumatica.entities_finance import ENTITIES
from sandbox.acumatica.settings import Settings
from sandbox.acumatica.store import Row, Tenant
from sandbox.acumatica.values import plain
from sandbox.world import World

KEPT = timedelta(days=2)
_EPOCH = datetime(1, 1, 1, tzinfo=UTC)
TIMEOUT = 5.0


@dataclass
class Definition:
    """One notification: a query over an entity, and where its messages go."""

    name: str
    url: str
    header_name: str = ""
    header_value: str = ""
    entity: str = "SalesInvoice"
    fields: list[str] = field(default_factory=lambda: ["Type", "ReferenceNbr", "Status"])
    active: bool = True

    def shown(self) -> Row:
        """As the form shows it; the header's value is a secret."""
        return {"Name": self.name, "Url": self.url, "HeaderName": self.header_name, "Entity": self.entity,
                "Fields": list(self.fields), "Active": self.active}  # fmt: skip


@dataclass
class Message:
    """One message on its way."""

    tenant: str
    definition: Definition
    body: Row
    made: datetime
    attempts: int = 0
    status: str = "waiting"

    def shown(self) -> Row:
        """As the form of failed notifications lists it."""
        return {"Id": self.body["Id"], "Query": self.definition.name, "Status": self.status,
                "Attempts": self.attempts, "Made": self.made}  # fmt: skip


class Pushes:
    """Watches the tenants and posts; a thread of its own does the posting."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings
        self._definitions: dict[str, dict[str, Definition]] = {}
        self._messages: list[Message] = []
        self._ready: queue.Queue[tuple[int, Message]] = queue.Queue()
        self._thread: threading.Thread | None = None
        # a message of before a reset is not posted any more
        self._era = 0

    def clear(self) -> None:
        """Forget definitions and messages."""
        self._era += 1
        self._definitions.clear()
        self._messages.clear()

    def define(self, tenant: Tenant, fields: Row) -> Row:
        """A new definition, or another one of the same name."""
        name, url = str(fields.get("Name") or ""), str(fields.get("Url") or "")
        entity = str(fields.get("Entity") or "SalesInvoice")
        if not name or urlsplit(url).scheme not in ("http", "https") or entity not in ENTITIES:
            raise ValueError("a push notification needs Name, a http Url and an Entity of the endpoint")
        made = Definition(name, url, str(fields.get("HeaderName") or ""), str(fields.get("HeaderValue") or ""), entity)
        made.fields = list(fields.get("Fields") or made.fields)
        made.active = bool(fields.get("Active", True))
        self._definitions.setdefault(tenant.name, {})[name] = made
        return made.shown()

    def remove(self, tenant: Tenant, name: str) -> None:
        """Drop a definition."""
        if self._definitions.get(tenant.name, {}).pop(name, None) is None:
            raise LookupError(f"no push notification {name!r}")

    def shown(self, tenant: Tenant) -> list[Row]:
        """The definitions."""
        return [one.shown() for one in self._definitions.get(tenant.name, {}).values()]

    def messages(self, tenant: Tenant) -> list[Row]:
        """Every message and what became of it."""
        return [one.shown() for one in self._messages if one.tenant == tenant.name]

    def watch(self, tenant: Tenant, kind: str, before: Row | None, after: Row | None) -> None:
        """A record changed: rows of before are Deleted, rows of after Inserted."""
        for definition in self._definitions.get(tenant.name, {}).values():
            entity = ENTITIES[definition.entity]
            if definition.active and entity.kind == kind:
                old, new = _row(definition, before), _row(definition, after)
                if old != new:
                    self.emit(tenant, definition, [new] if new else [], [old] if old else [])

    def emit(self, tenant: Tenant, definition: Definition, inserted: list[Row], deleted: list[Row]) -> None:
        """Send one message, or two of it when the switch has duplicates."""
        now = self._world.clock.now()
        body = {
            "Inserted": inserted,
            "Deleted": deleted,
            "Query": definition.name,
            "CompanyId": tenant.name,
            "Id": tenant.guid(),
            "TimeStamp": int((now - _EPOCH) / timedelta(microseconds=1)) * 10,
            "AdditionalInfo": {},
        }
        message = Message(tenant.name, definition, body, now)
        self._messages.append(message)
        for _ in range(2 if self._settings.push_duplicates else 1):
            self._post(message)

    def emit_rows(self, tenant: Tenant, name: str, inserted: list[Row], deleted: list[Row]) -> Row:
        """What an operator sends by hand through a definition."""
        definition = self._definitions.get(tenant.name, {}).get(name)
        if definition is None:
            raise LookupError(f"no push notification {name!r}")
        self.emit(tenant, definition, inserted, deleted)
        return self._messages[-1].shown()

    def resend(self, tenant: Tenant, message_id: str) -> Row:
        """A failed message once more; only for two days."""
        for message in self._messages:
            if message.tenant == tenant.name and message.body["Id"] == message_id:
                if self._world.clock.now() - message.made > KEPT:
                    raise ValueError("messages can be resent for 2 days only")
                message.attempts, message.status = 0, "waiting"
                self._post(message)
                return message.shown()
        raise LookupError(f"no message {message_id!r}")

    def _post(self, message: Message) -> None:
        self._ready.put((self._era, message))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="acumatica push", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            batch = [self._ready.get()]
            if self._settings.push_order == "reversed":
                # a moment for more to come, so that there is an order to turn round
                time.sleep(self._settings.push_retry_seconds)
                while not self._ready.empty():
                    batch.append(self._ready.get())
                batch.reverse()
            for era, message in batch:
                self._deliver(era, message)

    def _deliver(self, era: int, message: Message) -> None:
        """At most so many attempts; an error answer and no answer are the same."""
        while era == self._era and message.attempts < self._settings.push_attempts:
            message.attempts += 1
            if _posted(message.definition, message.body):
                message.status = "sent"
                return
            time.sleep(self._settings.push_retry_seconds)
        message.status = "failed"


def _row(definition: Definition, record: Row | None) -> Row | None:
    if record is None:
        return None
    entity = ENTITIES[definition.entity]
    if entity.name == "SalesInvoice" and not record.get("_sales"):
        return None
    sources = {name: entity.fields[name].source if name in entity.fields else name for name in definition.fields}
    return {name: plain(record.get(source)) for name, source in sources.items()}


def _posted(definition: Definition, body: dict[str, Any]) -> bool:
    parts = urlsplit(definition.url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    headers = {"Content-Type": "application/json"}
    if definition.header_name:
        headers[definition.header_name] = definition.header_value
    try:
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("POST", path, exact_json.dumps(body), headers)
        return 200 <= connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
