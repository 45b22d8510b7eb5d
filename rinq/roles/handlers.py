"""The work on a file. A handler takes the file's text and returns the new file's text.

One whose parameter is annotated ``bytes`` is given the raw bytes instead.
"""

from __future__ import annotations

import datetime as dt


def alternate_case(text: str) -> str:
    """Normal white space, aLtErNaTiNg case, and today's date on a line of its own."""
    letters = " ".join(text.split())
    alternating = "".join(
        letter.upper() if place % 2 else letter.lower() for place, letter in enumerate(letters)
    )
    today = dt.datetime.now().astimezone().date()
    return f"{alternating}\n{today.isoformat()}\n"
