"""The audit: rows against history against files, three records of the same jobs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from rinq.errors import DatabaseError, FilesUnavailable, UnknownJob
from rinq.files import Files
from rinq.lab.audit.files import Entries, FileFinding, FilesByJob, FindingKind, compare
from rinq.lab.audit.job_histories import BEFORE_ALL, jobs_with_history
from rinq.lab.audit.poll_cycles import PollCycle, first_after, trusted_cycles
from rinq.lab.audit.replay import JobReplay, describe
from rinq.lab.audit.report import Audit, Note, Problem, Rule
from rinq.queue import Job, PersistentQ, Role, Status, Transition
from rinq.queue.model import is_job_name

HISTORY_GAP = "history gap"
"""The process event that a migration leaves where it numbered a history with gaps."""

BATCH = 200  # jobs whose files are compared again under one lock


def audit(
    queue: PersistentQ,
    files: Files | None = None,
    *,
    lease: float | None = None,
    most: int = 1000,
) -> Audit:
    """Judge all that happened in a queue. It may run at any time, also while a fleet works.

    The database is checked for damage first: of a damaged one nothing is judged. Rows, history
    and processes are read in one read transaction, and the result of each processed job is read
    and compared with the checksum in its history. What differs otherwise in the files
    counts only if it is seen again while nobody else can move the job: for that, the queue
    is locked for the time of one listing of the folder. File work that is half done is
    ``pending``, and a problem only once a poll cycle of the Cleaner has passed over it.

    The verdict is ``unknown`` if no rule was seen to be broken, but the database is damaged, it
    or the folder could not be read to the end, or no job was ever submitted. ``pending`` and
    ``strays`` do not change it.

    The history is read job by job, so that memory holds one page of it and the names in the
    folder (some 100 bytes each); a million transitions take about 10 s. Meanwhile others go
    on, but the write-ahead log cannot be emptied and grows.

    Args:
        files: the files of the same ``primary_path``; without them only rows and history
            are judged.
        lease: the least ``manager.timeout`` that any claim was given (queue seconds): claims
            that were taken back sooner are problems. The history alone does not say it.
        most: how many problems are listed; the others are only counted.

    >>> import sqlite3
    >>> import rinq
    >>> queue = rinq.PersistentQSQLite("audited.db")
    >>> job = queue.submit("abcdefghij")
    >>> print(rinq.audit(queue))
    valid: 1 jobs, 1 transitions (rows and history, no files); no rule is broken.

    Somebody changes the table by hand:

    >>> with sqlite3.connect("audited.db") as table:
    ...     changed = table.execute("UPDATE jobs SET status = 'processed'")
    >>> found = rinq.audit(queue)
    >>> found.verdict.value, found.problems[0].job, found.problems[0].rule.value
    ('invalid', 'abcdefghij', 'legal-move')
    >>> table.close()
    >>> queue.close()
    """
    auditor = _Auditor(queue, files, lease, most)
    try:
        auditor.read()
        if files is not None:
            auditor.judge_suspects(files)
            auditor.find_strays()
    except (DatabaseError, FilesUnavailable) as error:
        auditor.undecided.append(str(error))
    return auditor.result()


class _Auditor:
    def __init__(
        self, queue: PersistentQ, files: Files | None, lease: float | None, most: int
    ) -> None:
        self.queue, self.files, self.lease, self.most = queue, files, lease, most
        self.problems: list[Problem] = []
        self.unlisted = self.duplicates = self.refused = self.transitions = 0
        self.pending: list[Note] = []
        self.strays: list[Note] = []
        self.undecided: list[str] = []
        self.statuses: Counter[str] = Counter()
        self.managers: list[PollCycle] = []
        self.cleaners: list[PollCycle] = []
        self.files_by_job: FilesByJob | None = None
        self.suspects: list[str] = []
        self.last_id = BEFORE_ALL
        self.latest = math.inf

    def read(self) -> None:
        """Judge rows and history as of one moment, and note whose files seem to differ."""
        with self.queue.snapshot():
            self.queue.check_integrity()
            self.latest = self.queue.clock.latest()
            self.managers = trusted_cycles(self.queue, Role.MANAGER)
            self.cleaners = trusted_cycles(self.queue, Role.CLEANER)
            if self.files is not None:
                try:
                    self.files_by_job = FilesByJob(self.files.listing())
                except FilesUnavailable as error:
                    self.undecided.append(str(error))
            self._read_process_events()
            self._read_jobs()
        if not self.transitions and not self.statuses:
            self.undecided.append("no job was ever submitted, so there is nothing to judge")

    def judge_suspects(self, files: Files) -> None:
        """Compare the suspects' rows and files again, where nobody can move them."""
        for begin in range(0, len(self.suspects), BATCH):
            names = self.suspects[begin : begin + BATCH]
            if len(self.problems) >= self.most:
                left = len(self.suspects) - begin
                self.undecided.append(f"the files of {left:,} jobs were not compared again")
                return
            with self.queue.exclusive():
                files_by_job = FilesByJob(files.listing())
                found = [
                    (job, history, files_by_job.take(job.name))
                    for job, history in self._jobs_named(names)
                ]
            for job, history, entries in found:
                self._judge_files(job, history, entries)

    def find_strays(self) -> None:
        """Name the files that belong to no job, neither to one read before nor to a newer one."""
        if self.files_by_job is None:
            return
        left = list(self.files_by_job.left())
        since = {job.name for job in self.queue.jobs(after=self.last_id)} if left else set()
        since |= self.queue.archive.among(name for _, name in left)
        self.strays += [
            Note(file, f"{file if file.isprintable() else repr(file)} belongs to no job", None)
            for file, name in left
            if name not in since
        ]

    def result(self) -> Audit:
        return Audit(
            problems=tuple(self.problems),
            unlisted=self.unlisted,
            pending=tuple(self.pending),
            strays=tuple(self.strays),
            duplicates=self.duplicates,
            refused=self.refused,
            undecided=tuple(self.undecided),
            jobs=self.statuses.total(),
            transitions=self.transitions,
            with_files=self.files_by_job is not None,
            statuses={status: self.statuses[status] for status in Status},
        )

    def _read_jobs(self) -> None:
        for job_id, job, history in jobs_with_history(self.queue):
            name = job.name if job else None
            replay = JobReplay(job_id, name, self.lease, self.latest).read(history)
            self.transitions += len(history)
            self.duplicates += replay.duplicates
            self.refused += replay.refused
            if job is None:
                self._add_problems(replay.against_no_row())
            else:
                self._judge(job, replay)
        expected = self.queue.history.expected()
        if expected is not None and self.transitions < expected and not self.problems:
            missing = f"{expected - self.transitions:,} entries of the history are missing"
            sentence = f"{missing}, and the rows of their jobs."
            self._add_problems([Problem(Rule.WHOLE, sentence, None, 0)])

    def _read_process_events(self) -> None:
        for event in self.queue.registry.process_events():
            if event.event == HISTORY_GAP:
                sentence = f"Entries of the history are missing: {event.detail}."
                self._add_problems([Problem(Rule.WHOLE, sentence, None, 0)])

    def _judge(self, job: Job, replay: JobReplay) -> None:
        self.last_id = job.id
        self.statuses[job.status] += 1
        self._add_problems(replay.against(job))
        self._judge_lease(job, replay)
        if self.files is not None and self.files_by_job is not None and is_job_name(job.name):
            there = self.files_by_job.take(job.name)
            if next(compare(job, replay, there), None) is not None:
                self.suspects.append(job.name)
            self._judge_result(self.files, job, replay, there)

    def _judge_result(self, files: Files, job: Job, replay: JobReplay, there: Entries) -> None:
        """An accepted result never changes, so that it can be read while others work."""
        accepted = replay.accepted
        result = there.processed or there.results.get(f"{job.name}.{job.attempt}")
        if not result or accepted is None or accepted.checksum is None:
            return
        try:
            found = files.result_checksum(job)
        except FilesUnavailable as error:
            if len(self.undecided) < self.most:
                self.undecided.append(str(error))
            return
        if found not in (None, accepted.checksum):
            what = f"the checksum of its result is {found}, not {accepted.checksum} as accepted"
            what += f" with {describe(accepted)}"
            self._add_problems([replay.problem(Rule.FILES, what, accepted)])

    def _judge_lease(self, job: Job, replay: JobReplay) -> None:
        """A Manager whose poll cycle began after a lease was over takes that claim back in it.

        A cycle that began before the claim cannot have seen it, whatever the claim's lease.
        """
        claim = replay.claim
        if job.status is not Status.PROCESSING or claim is None:
            return
        until = claim.at if job.lease_until is None else job.lease_until
        cycle = first_after(self.managers, max(until, claim.at))
        if cycle is not None:
            what = f"{describe(claim)} had its lease until {until:.3f}, and outlived {cycle}"
            self._add_problems([replay.problem(Rule.LEASE_LAPSED, what, claim)])

    def _jobs_named(self, names: list[str]) -> Iterator[tuple[Job, list[Transition]]]:
        for name in names:
            try:
                yield self.queue.job(name), self.queue.history.of(name)
            except UnknownJob:  # deleted by hand just now
                continue

    def _judge_files(self, job: Job, history: list[Transition], entries: Entries) -> None:
        replay = JobReplay(job.id, job.name).read(history)
        for finding in compare(job, replay, entries):
            since, cycle = finding.since, None
            if finding.kind is FindingKind.HALF_DONE and since is not None:
                cycle = first_after(self.cleaners, since.at)
            if finding.kind is FindingKind.WRONG or cycle is not None:
                after = [describe(since) if since else "no move", *([str(cycle)] if cycle else [])]
                what = f"{finding.what}, after {' and '.join(after)}"
                self._add_problems([replay.problem(Rule.FILES, what, since)])
            else:
                self._note(job, finding)

    def _note(self, job: Job, finding: FileFinding) -> None:
        if finding.kind is FindingKind.STRAY:
            sentence = f"{finding.file} stays: {finding.what}"
            self.strays.append(Note(finding.file, sentence, job.name))
        else:
            sentence = f"Job {job.name}, attempt {job.attempt}: {finding.what}"
            self.pending.append(Note(finding.file, sentence, job.name))

    def _add_problems(self, problems: list[Problem]) -> None:
        room = max(0, self.most - len(self.problems))
        self.problems += problems[:room]
        self.unlisted += len(problems[room:])
