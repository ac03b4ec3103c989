"""What every connector is built from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from invoice_sync.connectors.timing import Timing
from invoice_sync.model.errors import SettingsError
from invoice_sync.model.flow import Options
from invoice_sync.model.ports import Binding, CallLog, Clock, Quota, TokenStore


@dataclass(frozen=True, slots=True)
class Parts:
    """What a connector is built from: the connection's fields and the house's ports."""

    binding: Binding
    host: str
    user: str
    password: str = field(repr=False)
    extra: Mapping[str, object] = field(repr=False)
    timing: Timing
    options: Options
    clock: Clock
    call_log: CallLog
    tokens: TokenStore
    quota: Quota

    def setting(self, name: str, default: str | None = None) -> str:
        """An extra of the connection; one left empty in the form is one not given.

        Raises SettingsError when it is needed and missing.
        """
        given = self.extra.get(name)
        value = default if given in (None, "") else given
        if value in (None, ""):
            raise SettingsError(
                f"The {self.binding.vendor} connection of company {self.binding.company} lacks {name!r}.",
                cure=f"Add {name!r} to the extras of the connection.",
            )
        return str(value)
