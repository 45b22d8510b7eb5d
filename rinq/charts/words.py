"""One word for each event of a job's history, the same in charts, tables and messages."""

from __future__ import annotations

from collections.abc import Mapping

from rinq.queue import Event

EVENT_WORDS: Mapping[str, str] = {
    Event.SUBMIT: "submitted",
    Event.CLAIM: "claimed",
    Event.COMPLETE: "completed",
    Event.RETRY: "retried",
    Event.FAIL: "failed",
    Event.REASSIGN: "taken back",
    Event.RELEASE: "handed back",
    Event.CANCEL: "cancelled",
    Event.CLEAN: "cleaned",
    Event.REDRIVE: "redriven",
    Event.REFUSED: "refused",
    Event.ILLEGAL: "changed by hand",
}
"""What the event did to the job."""
