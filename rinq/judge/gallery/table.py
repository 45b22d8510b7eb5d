"""Several queues, each with each property, as a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from rinq.judge.gallery.catalogue import GalleryEntry
from rinq.judge.judging import check
from rinq.judge.verdict import Outcome, Report

AT_ONCE = 2  # queues judged at a time: mostly the judge waits for leases
SIGNS = {
    Outcome.HOLDS: "✓",
    Outcome.BROKEN: "**✗**",
    Outcome.UNKNOWN: "?",
    Outcome.NOT_ATTEMPTED: "–",  # noqa: RUF001 (a dash is meant)
}

Row = Mapping[str, Outcome]  # by property


def check_all(
    targets: Iterable[str], *, only: Sequence[str] | None = None, quick: bool = False
) -> Iterator[Report]:
    """What the judge finds in each, in this order. Raises: CannotJudge."""

    def check_one(target: str) -> Report:
        return check(target, only=only, quick=quick)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield from threads.map(check_one, targets)


def markdown(heads: tuple[str, ...], rows: Mapping[tuple[str, ...], Row]) -> str:
    """A table of ``rows``, each under its texts for ``heads``.

    A property that no row attempts has no column.
    """
    attempted = [
        name
        for name in next(iter(rows.values()))
        if any(it[name] is not Outcome.NOT_ATTEMPTED for it in rows.values())
    ]
    lines = [(*heads, *attempted), tuple("---" for _ in (*heads, *attempted))]
    lines += [(*texts, *(SIGNS[it[name]] for name in attempted)) for texts, it in rows.items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def judge_and_print(
    entries: Iterable[GalleryEntry], to_table: Callable[[Mapping[GalleryEntry, Row]], str]
) -> int:
    """Judge them, ``--quick`` if the command line says so, and print the table.

    Returns the exit code: 1 where an outcome differs from its entry's; then prints that report.
    """
    entries = tuple(entries)
    reports = check_all([it.target for it in entries], quick="--quick" in sys.argv[1:])
    found = dict(zip(entries, reports, strict=True))
    sys.stdout.write(to_table({it: report.outcomes for it, report in found.items()}) + "\n")
    wrong = {it: report for it, report in found.items() if report.outcomes != it.outcomes}
    for it, report in wrong.items():
        sys.stdout.write(f"\n{it.name} differs from the catalogue:\n{report}\n")
    return int(bool(wrong))
