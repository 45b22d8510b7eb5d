"""persist-queue's SQLiteAckQueue: ``get``, ``ack`` and ``nack``."""

from __future__ import annotations

from pathlib import Path

from persistqueue import Empty, SQLiteAckQueue


class PersistQueuePeer:
    def __init__(self, path):
        where = Path(path)
        self.queue = SQLiteAckQueue(str(where.parent), db_file_name=where.name)

    def submit(self, name):
        self.queue.put(name)

    def claim(self, process, lease):
        try:
            return Claim(self.queue.get(block=False, raw=True))
        except Empty:
            return None

    def complete(self, claim):
        self.queue.ack(id=claim.id)

    def fail(self, claim, error, n_tries):
        self.queue.nack(id=claim.id)

    def reassign(self, process):
        """Its one rescue is ``auto_resume``: whoever opens the queue takes back every claim."""

    def close(self):
        self.queue.close()


class Claim:
    def __init__(self, raw):
        self.id = raw["pqid"]
        self.name = raw["data"]
