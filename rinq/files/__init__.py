"""The files of ``primary_path``; no other module touches them.

A job ``name`` has the file ``name`` (made by the Producer), ``name.processed`` (the
result) and ``name.failed`` (the file, once the job failed). A result is first
written to ``.rinq/results/name.attempt``, which only that attempt writes,
and becomes ``name.processed`` only when the row says that this attempt completed.

The row decides, the files follow: ``follow`` is called under the job's lock and
makes the files agree with the row. Only regular files are renamed or deleted, no
symbolic link is followed, and what is in the way is left alone and reported.

A folder knows whose it is, by a mark in ``.rinq/queue``: where the disk is not mounted,
or the folder is another queue's, nothing is read, written or missed.
"""

from rinq.files.follow import Files, Listing
from rinq.files.store import FAILED, MAX_BYTES, PROCESSED, STATE_FOLDER

__all__ = ["FAILED", "MAX_BYTES", "PROCESSED", "STATE_FOLDER", "Files", "Listing"]
