"""Named places where a process may die, so that a test can make it die exactly there.

`INVOICE_SYNC_CRASH_AT=K8` kills the process with SIGKILL when it first gets to K8, `K8:3` at the third time;
`stop` instead of a kill (`K10:1:stop`) freezes it with SIGSTOP. Without the variable `reached` compares with None.

    K0   a page is read, nothing of it is stored            K8   inside the commit of an outcome
    K1   the plan is committed                              K9   everything is committed, the task has not said so
    K2   the lease is taken, nothing is armed               K10  armed; frozen and taken over rather than dead
    K3   a token answer is there, but not stored            K11  an older ledger is put back
    K4   armed, before the first byte                       K12  the remote document vanished
    K5   sent; the server has not begun                     K13  a batch is done there, its answer is lost
    K6   the server did it; the answer is on its way        K14  the cursor ahead of the inbox: cannot be
    K7   the answer is in memory

K5, K6, K11, K12 and K13 happen outside the process; K14 is an invariant. They have a name here and no call.
"""

from __future__ import annotations

import os
import signal
from typing import Final

VARIABLE: Final = "INVOICE_SYNC_CRASH_AT"


class _Trap:
    def __init__(self, order: str) -> None:
        point, _, rest = order.partition(":")
        times, _, how = rest.partition(":")
        self.point, self.left = point, int(times or 1)
        self.signal = signal.SIGSTOP if how == "stop" else signal.SIGKILL

    def spring(self, point: str) -> None:
        if point != self.point:
            return
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), self.signal)


_trap: Final = _Trap(os.environ[VARIABLE]) if VARIABLE in os.environ else None


def reached(point: str) -> None:
    """The process is at this point. Does nothing unless a test has set a trap here."""
    if _trap is not None:
        _trap.spring(point)
