"""Which failures are tried again, and when; by cause, not by number."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Context, RetryDecision, RetryPolicy

from invoice_sync.model.errors import LostLease, NeedsPerson, TryLater

LONGEST = 900.0


class ByCause(RetryPolicy):
    """Ends the tries where only a person helps; waits as long as the vendor asked where it did."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        if isinstance(exception, NeedsPerson):
            return RetryDecision.fail("a person is needed; the log says for what")
        if isinstance(exception, TryLater) and exception.wait:
            return RetryDecision.retry(timedelta(seconds=min(exception.wait, LONGEST)), "asked to wait")
        if isinstance(exception, LostLease):
            return RetryDecision.retry(timedelta(seconds=5), "another process took over")
        return RetryDecision.default()
