"""The rows against the files, as ``Files.follow`` would leave them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from rinq.files import FAILED, PROCESSED, Listing
from rinq.files.store import RESULTS
from rinq.lab.audit.replay import JobReplay
from rinq.queue.model import Job, Status, Transition, is_job_name


class FindingKind(Enum):
    WRONG = "nothing will repair it"
    HALF_DONE = "a poll cycle of the Cleaner finishes it"
    STRAY = "it is left alone"


@dataclass(frozen=True, slots=True)
class FileFinding:
    """How one file differs from what its job's row asks for."""

    kind: FindingKind
    file: str
    what: str
    since: Transition | None = None  # the move that the file should follow, if it is known


@dataclass(slots=True)
class Entries:
    """The files of one job: None where there is none, else whether it is a regular file.

    ``empty``: the original is a regular file without content.
    """

    original: bool | None = None
    processed: bool | None = None
    failed: bool | None = None
    results: dict[str, bool] = field(default_factory=dict)
    empty: bool = False


class FilesByJob:
    """The files of a listing by job. Each is taken once, so what is left belongs to no job."""

    def __init__(self, listing: Listing) -> None:
        self._folder, self._empty = listing.folder, listing.empty
        self._results: dict[str, dict[str, bool]] = defaultdict(dict)
        for entry, regular in listing.results.items():
            self._results[entry.rpartition(".")[0]][entry] = regular

    def take(self, name: str) -> Entries:
        take = self._folder.pop
        return Entries(
            take(name, None),
            take(name + PROCESSED, None),
            take(name + FAILED, None),
            self._results.pop(name, {}),
            name in self._empty,
        )

    def left(self) -> Iterator[tuple[str, str]]:
        """(file, job name) of each file that is named as a job's and was not taken."""
        for entry, regular in self._folder.items():
            name = entry.removesuffix(PROCESSED).removesuffix(FAILED)
            if (regular and is_job_name(name)) or entry.endswith(FAILED):
                yield entry, name
        for name, results in self._results.items():
            yield from ((RESULTS + entry, name) for entry in results)


def compare(job: Job, replay: JobReplay, there: Entries) -> Iterator[FileFinding]:
    """Each way in which the files of a job differ from its row, as far as it matters."""
    yield from _compare_results(job, there)
    if there.processed and job.status is not Status.PROCESSED:
        what = f"it is {job.status}, yet {job.name}{PROCESSED} is there"
        yield FileFinding(FindingKind.WRONG, job.name + PROCESSED, what, replay.last)
    elif there.processed is False:
        yield _in_the_way(job.name + PROCESSED)
    if job.status is Status.PROCESSED:
        yield from _compare_processed(job, replay, there)
    elif job.status is Status.FAILED:
        yield from _compare_failed(job, replay, there)
    elif job.status is Status.CLEANED:
        yield from _compare_cleaned(job, replay, there)
    else:
        yield from _compare_open(job, replay, there)


def _compare_results(job: Job, there: Entries) -> Iterator[FileFinding]:
    may_be_accepted = job.status in (Status.PROCESSING, Status.PROCESSED)
    for entry, regular in there.results.items():
        if not regular:
            yield _in_the_way(RESULTS + entry)
        elif not (may_be_accepted and entry == f"{job.name}.{job.attempt}"):
            what = f"{RESULTS}{entry} can no longer be accepted and is not deleted yet"
            yield FileFinding(FindingKind.HALF_DONE, RESULTS + entry, what)


def _compare_processed(job: Job, replay: JobReplay, there: Entries) -> Iterator[FileFinding]:
    accepted = f"{job.name}.{job.attempt}"
    if there.results.get(accepted):
        if there.processed is not False:
            what = f"{RESULTS}{accepted} was accepted and is not published yet"
            yield FileFinding(FindingKind.HALF_DONE, RESULTS + accepted, what, replay.last)
    elif not there.processed:
        what = (
            f"it is processed, but there is neither {job.name}{PROCESSED} nor {RESULTS}{accepted}"
        )
        yield FileFinding(FindingKind.WRONG, job.name + PROCESSED, what, replay.last)
    if there.original is None:
        where = f"is named {job.name}{FAILED}" if there.failed else "is missing"
        what = f"it is processed, but its file {where}"
        yield FileFinding(FindingKind.WRONG, job.name, what, replay.last)
    elif there.original is False:
        yield _in_the_way(job.name)
    elif there.failed is not None:
        yield FileFinding(FindingKind.STRAY, job.name + FAILED, "the job is processed")


def _compare_failed(job: Job, replay: JobReplay, there: Entries) -> Iterator[FileFinding]:
    failed = job.name + FAILED
    if there.failed is not None:
        if there.failed is False:
            yield _in_the_way(failed)
        if there.original is not None:
            yield FileFinding(FindingKind.STRAY, job.name, f"{failed} is there as well")
    elif there.original:
        what = f"it failed, and its file is not renamed to {failed} yet"
        yield FileFinding(FindingKind.HALF_DONE, job.name, what, replay.last)
    elif there.original is False:
        yield _in_the_way(job.name)
    elif not replay.unusable:
        what = f"it failed, but {failed} is missing, and the history mentions no unusable file"
        yield FileFinding(FindingKind.WRONG, failed, what, replay.last)


def _compare_cleaned(job: Job, replay: JobReplay, there: Entries) -> Iterator[FileFinding]:
    for file, regular in ((job.name, there.original), (job.name + FAILED, there.failed)):
        if regular:
            what = f"it is cleaned, and {file} is not deleted yet"
            yield FileFinding(FindingKind.HALF_DONE, file, what, replay.last)
        elif regular is False:
            yield _in_the_way(file)


def _compare_open(job: Job, replay: JobReplay, there: Entries) -> Iterator[FileFinding]:
    """A file that cannot be used is no finding once a Consumer has recorded that."""
    failed = job.name + FAILED
    if there.failed and there.original is None:
        if replay.failed is None:
            what = f"it is {job.status} and never failed, but its file is named {failed}"
            yield FileFinding(FindingKind.WRONG, failed, what, replay.last)
        else:
            what = f"it is {job.status} again, and its file is still named {failed}"
            yield FileFinding(FindingKind.HALF_DONE, failed, what, replay.last)
        return
    if there.failed is not None:
        yield FileFinding(FindingKind.STRAY, failed, f"the job is {job.status}")
    if there.original and not there.empty:
        return
    if not replay.unusable:
        state = {None: "missing", False: "no regular file", True: "empty"}[there.original]
        what = f"it is {job.status}, but its file is {state}"
        yield FileFinding(FindingKind.WRONG, job.name, what, replay.last)
    elif there.original is False:
        yield _in_the_way(job.name)


def _in_the_way(file: str) -> FileFinding:
    return FileFinding(FindingKind.STRAY, file, "it is no regular file")
