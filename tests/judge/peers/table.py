"""What the judge finds in queues that people use: ``python tests/judge/peers/table.py [--quick]``.

Ends with exit code 1 where that differs from what stands here.
"""

from __future__ import annotations

import sys
from importlib.metadata import version

from rinq.judge.gallery.catalogue import GalleryEntry
from rinq.judge.gallery.table import judge_and_print, markdown

LITEQUEUE = GalleryEntry(
    "peer_litequeue:LiteQueuePeer", ("retries-end", "stale-completion", "finished", "poison")
)
PERSIST_QUEUE = GalleryEntry(
    "peer_persistqueue:PersistQueuePeer",
    ("one-claim", "retries-end", "live-claim", "stale-completion", "finished", "poison", "cost"),
)
HUEY = GalleryEntry("peer_huey:HueyPeer", ("lapsed-claim",), ("stale-completion", "poison"))
PACKAGES = {LITEQUEUE: "litequeue", PERSIST_QUEUE: "persist-queue", HUEY: "huey"}


def peers_table(rows):
    packages = {it: PACKAGES[it] for it in rows}
    return markdown(
        ("queue", "version"), {(name, version(name)): rows[it] for it, name in packages.items()}
    )


if __name__ == "__main__":
    sys.exit(judge_and_print(PACKAGES, peers_table))
