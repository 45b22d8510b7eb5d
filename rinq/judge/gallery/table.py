"""Several queues, each with each property, as a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from rinq.judge.check import check
from rinq.judge.gallery.catalogue import GalleryEntry
from rinq.judge.verdict import Outcome, Report

AT_ONCE = 2  # queues judged at a time: mostly the judge waits for leases
SIGNS = {
    Outcome.HOLDS: "✓",
    Outcome.BROKEN: "**✗**",
    Outcome.UNKNOWN: "?",
    Outcome.NOT_ATTEMPTED: "–",  # noqa: RUF001 (a dash is meant)
}

Row = Mapping[str, Outcome]  # by property


def judged(
    targets: Iterable[str], *, only: Sequence[str] | None = None, quick: bool = False
) -> Iterator[Report]:
    """What the judge says of each, in this order. Raises: CannotJudge."""

    def judge(target: str) -> Report:
        return check(target, only=only, quick=quick)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield from threads.map(judge, targets)


def outcomes(report: Report) -> Row:
    return {it.property: it.outcome for it in report}


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


def tell(entries: Iterable[GalleryEntry], draw: Callable[[Mapping[GalleryEntry, Row]], str]) -> int:
    """Judge them, ``--quick`` if the command says so, and print the table.

    Returns the exit code: 1 where a verdict is another than its entry's, which is printed too.
    """
    entries = tuple(entries)
    reports = judged([it.target for it in entries], quick="--quick" in sys.argv[1:])
    found = dict(zip(entries, reports, strict=True))
    sys.stdout.write(draw({it: outcomes(report) for it, report in found.items()}) + "\n")
    wrong = [it for it, report in found.items() if outcomes(report) != it.outcomes]
    for it in wrong:
        sys.stdout.write(f"\n{it.name} was to be otherwise:\n{found[it]}\n")
    return int(bool(wrong))
