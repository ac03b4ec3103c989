"""The one door out: intent, arm, send, classify, verify, commit; and recovery of what stayed uncertain.

Nothing else in this package changes anything at a vendor. `Door.deliver` is the whole public face.
"""

from invoice_sync.delivery.door import Door
from invoice_sync.delivery.work import Tally

__all__ = ["Door", "Tally"]
