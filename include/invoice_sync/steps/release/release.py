"""release: posts the invoice; from now on it is carried to the store."""

from __future__ import annotations

from invoice_sync.connectors.fulfilment import RELEASE, REMOVE_HOLD
from invoice_sync.model.errors import StillUncertain
from invoice_sync.steps.context import Counts, StepContext
from invoice_sync.steps.release.advancing import advance


def release(context: StepContext) -> Counts:
    """What the door did. Raises as `Door.deliver`.

    With the option `remove_hold`, drafts are taken off hold first; where that is in doubt, the others go on.
    """
    doubt = None
    if context.flow.options.acumatica.remove_hold:
        try:
            advance(context, REMOVE_HOLD)
        except StillUncertain as error:
            doubt = error
    counts = advance(context, RELEASE)
    if doubt is not None:
        raise doubt
    return counts
