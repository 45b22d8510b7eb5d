"""``python -m rinq.judge.gallery [--quick]``: the table of gallery and properties, made anew.

Ends with 1 where the judge says something else than the catalogue.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from rinq.judge.gallery.catalogue import GALLERY, GalleryEntry
from rinq.judge.gallery.table import Row, markdown, tell


def drawn(rows: Mapping[GalleryEntry, Row]) -> str:
    return markdown(
        ("queue", "met in"), {(f"`{it.name}`", it.met_in): row for it, row in rows.items()}
    )


if __name__ == "__main__":
    sys.exit(tell(GALLERY, drawn))
