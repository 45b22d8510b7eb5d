"""The judge's reference queue with parts of it exchanged: right in another way, or wrong."""

from __future__ import annotations

from pathlib import Path

from rinq.judge.gallery import reference

SOURCE = Path(reference.__file__).read_text("utf-8")
SUBMIT = "    def submit(self, name: str) -> None:\n"
CLAIM = "    def claim(self, process: str, lease: float) -> Claim | None:\n"
OPEN = "    def __init__(self, path: str) -> None:\n"


def changed(*changes, source=SOURCE):
    """The source of the reference, with each (old, new) exchanged once."""
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new, 1)
    return source


def begun(method, *lines):
    """The reference, with these lines at the beginning of a method."""
    return changed((method, method + "".join(f"        {line}\n" for line in lines)))


def body(method):
    """The lines of a method of the reference, without its first."""
    rest = SOURCE.partition(f"    def {method}(")[2].partition("\n")[2]
    return rest.partition("\n    def ")[0] + "\n"


SELECT_THEN_UPDATE = """\
        {begin}
        rows = self.change(
            "SELECT id, name, attempt + 1 FROM jobs WHERE status = 'waiting' ORDER BY id LIMIT 1")
        if rows:
            self.change("UPDATE jobs SET status = 'claimed', attempt = attempt + 1, "
                        "lease_until = ? WHERE id = ?", time.time() + lease, rows[0][0])
        {end}
        return Claim(*rows[0]) if rows else None
"""


def select_then_update(begin="pass", end="pass"):
    """The reference with a claim that reads which job is next, and then takes it."""
    return changed((body("claim"), SELECT_THEN_UPDATE.format(begin=begin, end=end)))
