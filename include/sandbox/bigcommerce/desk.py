"""One write from arrival to answer: misfortune, the write itself, the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.bigcommerce import errors
from sandbox.bigcommerce.call import Call, Written
from sandbox.bigcommerce.company_bulk import HalfDone
from sandbox.bigcommerce.errors import CoreRefusal, Refusal
from sandbox.bigcommerce.wire import whole_of

if TYPE_CHECKING:
    from sandbox.misfortune import Mishap
    from sandbox.world import World

NAME = "bigcommerce"
_OUTCOMES = {"create": "created", "update": "updated", "delete": "deleted"}
# under what name a body holds the key that the journal shows
_KEYS = {
    "invoice": ("invoiceNumber",), "payment": ("externalId",), "company": ("companyName",), "order": ("bcOrderId",),
    "hook": ("scope",),
}  # fmt: skip
Do = Callable[[Call], Written | list[Written]]


class Desk:
    """Carries out writes for one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def run(self, call: Call, entity: str, operation: str, do: Do) -> Any:
        """The answer's data; every refusal is in the journal before it is raised."""
        try:
            self._mishap(entity, operation, call)
            done = do(call)
        except (Refusal, CoreRefusal) as refusal:
            self._refused(call, entity, operation, refusal.status)
            raise
        except HalfDone as half:
            for one in half.written:
                self._note(call, entity, operation, one)
            raise errors.plain(500, "Internal Server Error") from half
        for one in done if isinstance(done, list) else [done]:
            self._note(call, entity, operation, one)
        return [one.data for one in done] if isinstance(done, list) else done.data

    def _mishap(self, entity: str, operation: str, call: Call) -> None:
        if operation not in ("create", "update"):
            return
        mishap = self._world.misfortune.take_refusal(NAME, entity)
        if mishap is not None:
            raise _refusal(mishap)

    def _note(self, call: Call, entity: str, operation: str, one: Written) -> None:
        remote_id = None if one.remote_id is None else str(one.remote_id)
        self._world.journal.record(
            NAME, call.store.hash, entity, operation, one.key, remote_id, None, _OUTCOMES[operation]
        )

    def _refused(self, call: Call, entity: str, operation: str, status: int) -> None:
        """The key is the body's, or the record's that the path names."""
        remote_id = call.path.get("id")
        key, record = _key_in(entity, call.body), None
        if not key and remote_id and entity in call.store.tables:
            record = call.store.get(entity, whole_of(remote_id))
            key = _key_in(entity, record)
        self._world.journal.record(
            NAME, call.store.hash, entity, operation, key, remote_id, None, "refused", str(status)
        )


def _key_in(entity: str, body: Any) -> str:
    names = _KEYS.get(entity, ())
    found = [body[name] for name in names if body.get(name) is not None] if isinstance(body, dict) else []
    return str(found[0]) if found else ""


def _refusal(mishap: Mishap) -> Refusal:
    status = whole_of(mishap.code or "400") or 400
    return errors.refused(status, str(mishap.detail or "The sandbox was told to refuse this."), mishap.message)
