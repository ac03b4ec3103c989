"""Tells Acumatica what became of a document: looks for what is there already, writes it, and compares what was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from invoice_sync.connectors.acumatica import faults, mapping, notes, outcomes
from invoice_sync.connectors.acumatica.changes import AT_ONCE, DOCUMENT
from invoice_sync.connectors.acumatica.client import Client, any_of
from invoice_sync.connectors.acumatica.look import Look
from invoice_sync.connectors.acumatica.notes import CustomField
from invoice_sync.connectors.base import Json, Outcome, Remote, Verdict, WireItem
from invoice_sync.connectors.http import Reply, Request

_IDS = Look("Type,ReferenceNbr")


class Telling:
    """Of one client. Which record an activity belongs to is remembered from looking for it."""

    def __init__(self, client: Client, field: CustomField | None) -> None:
        self._client, self._field = client, field
        self._note_ids: dict[str, str] = {}

    @property
    def endpoint(self) -> str:
        return self._client.url(DOCUMENT if self._field is not None else "Activity")

    @property
    def adds_a_record(self) -> bool:
        """An activity sent twice is two of them, so one on its way must have had its time before it goes again."""
        return self._field is None

    def request(self, item: WireItem) -> Request | None:
        """In delivery's thread. None when the document is gone."""
        if not notes.is_activity(item.body):
            params = Look(notes.DOCUMENT_KEYS, custom=str(item.body["_field"])).params
            body = notes.with_custom(item.body)
            return self._client.request("PUT", self._client.url(DOCUMENT), body, params, only_update=True)
        note_id = self._note_ids.get(item.source_id) or self._looked_up(item)
        if note_id is None:
            return None
        body = notes.activity(item.body, note_id)
        return self._client.request("PUT", self._client.url("Activity"), body, notes.ACTIVITY.params, only_update=False)

    def outcome(self, item: WireItem, reply: Reply) -> Outcome:
        """The answer to a PUT is the record as it was kept: what fell away silently is not in it."""
        found = outcomes.of_reply(reply, f"document {item.source_id}")
        if found.verdict is not Verdict.OK or reply.answer is None:
            return found
        row = faults.content(reply.answer)
        remote = self._kept(item, row) if isinstance(row, Mapping) else None
        return Outcome(found.verdict if remote else Verdict.UNKNOWN, remote, status=found.status)

    def find(self, items: Sequence[WireItem]) -> dict[int, list[Remote]]:
        """In the main thread: our activities on each document, or the document with its field."""
        found: dict[int, list[Remote]] = {}
        for start in range(0, len(items), AT_ONCE):
            some = items[start : start + AT_ONCE]
            found |= self._activities([item for item in some if notes.is_activity(item.body)])
            found |= self._fields([item for item in some if not notes.is_activity(item.body)])
        return found

    def _kept(self, item: WireItem, row: Json) -> Remote | None:
        if not notes.is_activity(item.body):
            return notes.document_remote(row, _field(item))
        ours = notes.related_to(row) == self._note_ids.get(item.source_id)
        return notes.activity_remote(row, item.source_id) if ours else None

    def _looked_up(self, item: WireItem) -> str | None:
        row = self._client.look(DOCUMENT, notes.keys_of(item.body), _IDS)
        if row is None:
            return None
        self._note_ids[item.source_id] = notes.note_id(row)
        return self._note_ids[item.source_id]

    def _activities(self, items: Sequence[WireItem]) -> dict[int, list[Remote]]:
        """By their sentence, then by the record that they belong to."""
        if not items:
            return {}
        for row in self._documents(items, _IDS):
            self._note_ids[mapping.source_id(row)] = notes.note_id(row)
        said = dict.fromkeys(str(item.body["Summary"]) for item in items)
        rows = self._client.rows("Activity", any_of("Summary", said), notes.ACTIVITY)
        return {item.intent: list(self._of(item, rows)) for item in items}

    def _of(self, item: WireItem, rows: Sequence[Json]) -> Iterator[Remote]:
        wanted = self._note_ids.get(item.source_id)
        remotes = (notes.activity_remote(row, item.source_id) for row in rows if notes.related_to(row) == wanted)
        return (each for each in remotes if each.facts["summary"] == item.body["Summary"])

    def _fields(self, items: Sequence[WireItem]) -> dict[int, list[Remote]]:
        if not items:
            return {}
        field = _field(items[0])
        rows = {mapping.source_id(row): row for row in self._documents(items, field.look)}
        return {
            item.intent: [notes.document_remote(rows[item.source_id], field)] if item.source_id in rows else []
            for item in items
        }

    def _documents(self, items: Sequence[WireItem], look: Look) -> Iterator[Json]:
        by_type: dict[str, list[str]] = {}
        for item in items:
            kind, number = notes.keys_of(item.body)
            by_type.setdefault(kind, []).append(number)
        for kind, numbers in by_type.items():
            condition = f"{any_of('Type', [kind])} and ({any_of('ReferenceNbr', numbers)})"
            yield from self._client.rows(DOCUMENT, condition, look)


def _field(item: WireItem) -> CustomField:
    view, _, name = str(item.body["_field"]).partition(".")
    return CustomField(view, name)
