"""The files of ``primary_path``; no other module touches them.

A job ``name`` has the file ``name`` (made by the Producer), ``name.processed`` (the
result) and ``name.failed`` (the file, once the job failed). A result is first
written to ``.rinq/results/name.attempt``, which only that attempt writes,
and becomes ``name.processed`` only when the row says that this attempt completed.

The row decides, the files follow: ``follow`` is called under the job's lock and
makes the files agree with the row. Only regular files are renamed or deleted, no
symbolic link is followed, and what is in the way is left alone and reported.
"""

from rinq.files.follow import FAILED, PROCESSED, Files, Listing
from rinq.files.store import MAX_BYTES, STATE_FOLDER

__all__ = ["FAILED", "MAX_BYTES", "PROCESSED", "STATE_FOLDER", "Files", "Listing"]
