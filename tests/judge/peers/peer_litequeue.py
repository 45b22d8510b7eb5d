"""litequeue: ``pop``, ``done``, ``retry`` and ``list_locked``."""

from __future__ import annotations

from litequeue import LiteQueue

LOCKED_FOR = 2  # seconds, whatever the lease: litequeue keeps no lease of a claim


class LiteQueuePeer:
    def __init__(self, path):
        self.queue = LiteQueue(path)

    def submit(self, name):
        self.queue.put(name)

    def claim(self, process, lease):
        message = self.queue.pop()
        return message and Claim(message)

    def complete(self, claim):
        self.queue.done(claim.message_id)

    def fail(self, claim, error, n_tries):
        self.queue.retry(claim.message_id)

    def reassign(self, process):
        for message in list(self.queue.list_locked(LOCKED_FOR)):
            self.queue.retry(message.message_id)

    def close(self):
        self.queue.close()


class Claim:
    def __init__(self, message):
        self.name = message.data
        self.message_id = message.message_id
