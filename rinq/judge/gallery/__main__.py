"""``python -m rinq.judge.gallery [--quick]``: judge the gallery and print its table.

Ends with exit code 1 where a verdict differs from the catalogue's.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from rinq.judge.gallery.catalogue import GALLERY, GalleryEntry
from rinq.judge.gallery.table import Row, judge_and_print, markdown


def gallery_table(rows: Mapping[GalleryEntry, Row]) -> str:
    return markdown(
        ("queue", "met in"), {(f"`{it.name}`", it.met_in): row for it, row in rows.items()}
    )


if __name__ == "__main__":
    sys.exit(judge_and_print(GALLERY, gallery_table))
