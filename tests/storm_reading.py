"""A storm's own reading of what is left: the raw tables and files, without rinq's code."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

LEGAL = {
    ("submit", None, "unprocessed"),
    ("claim", "unprocessed", "processing"),
    ("complete", "processing", "processed"),
    ("retry", "processing", "unprocessed"),
    ("fail", "processing", "failed"),
    ("reassign", "processing", "unprocessed"),
    ("reassign", "processing", "failed"),
    ("release", "processing", "unprocessed"),
    ("cancel", "unprocessed", "failed"),
    ("cancel", "processing", "failed"),
    ("clean", "failed", "cleaned"),
}


@dataclass
class Reading:
    """What is there, and each contradiction in a sentence."""

    statuses: Counter = field(default_factory=Counter)
    events: Counter = field(default_factory=Counter)
    incarnations: int = 0
    strays: list[str] = field(default_factory=list)  # files that belong to no job
    problems: list[str] = field(default_factory=list)


def read(database: Path, folder: Path, acknowledged: Iterable[str]) -> Reading:
    """Judge a queue at rest: each job settled exactly once, its result right, nothing lost.

    Args:
        acknowledged: the names whose submit returned.
    """
    found = Reading()
    jobs, moves, processes = _tables(database)
    archive = database.with_name(f"{database.name}.archive")
    if archive.exists():
        archived, histories, _ = _tables(archive)
        here = {job for job, _, _, _ in jobs}  # copied there, but not yet taken out here
        jobs += [row for row in archived if row[0] not in here]
        moves = histories | moves
    found.events.update(move[1] for history in moves.values() for move in history)
    found.statuses.update(status for _, _, status, _ in jobs)
    found.incarnations = sum(incarnation for _, incarnation, _ in processes)
    say = found.problems.append
    for name, _, outcome in processes:
        if outcome != "stopped":
            say(f"{name} ended as {outcome}")
    for name in set(acknowledged) - {name for _, name, _, _ in jobs}:
        say(f"{name} was submitted and is missing")
    for job in moves.keys() - {job for job, _, _, _ in jobs}:
        say(f"job {job} has a history and no row")
    for job, name, status, attempt in jobs:
        found.problems += [f"{name}: {what}" for what in _replay(moves[job], status, attempt)]
    _read_files(folder, {name: status for _, name, status, _ in jobs}, found)
    return found


def _tables(database):
    """Jobs, moves by job, and processes."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        jobs = db.execute("SELECT id, name, status, attempt FROM jobs").fetchall()
        moves = defaultdict(list)
        for job, *move in db.execute(
            "SELECT job_id, number, event, from_status, to_status, attempt FROM transitions "
            "ORDER BY id"
        ):
            moves[job].append(move)
        return (
            jobs,
            moves,
            db.execute("SELECT name, incarnation, outcome FROM processes").fetchall(),
        )


def _replay(moves, status, attempt):
    """What contradicts that these moves lead to this row, by way of one settlement."""
    now, claims = None, 0
    for n, (number, event, before, after, of_attempt) in enumerate(moves, 1):
        if number != n:
            yield f"entry {n} has number {number}"
        if event == "refused":
            continue
        claims += event == "claim"
        if (event, before, after) not in LEGAL or before != now:
            yield f"{event} from {before} to {after}, though it was {now}"
        if of_attempt != claims:
            yield f"{event} of attempt {of_attempt} after {claims} claims"
        now = after
    if (now, claims) != (status, attempt):
        yield f"it is {status} at attempt {attempt}; its history says {now} at {claims}"
    ends = [
        event
        for _, event, _, after, _ in moves
        if after in ("processed", "cleaned") and event != "refused"
    ]
    if ends not in (["complete"], ["clean"]):
        yield f"it was settled by {ends}"


def _read_files(folder, statuses, found):
    there = set(os.listdir(folder)) - {".rinq"}
    say = found.problems.append
    for name, status in statuses.items():
        mine = {name, f"{name}.processed"} if status == "processed" else set()
        are = {
            entry for ending in ("", ".processed", ".failed") if (entry := name + ending) in there
        }
        there -= are
        if are != mine:
            say(f"{name} is {status}, and its files are {sorted(are)}")
        elif mine and not _is_right(folder / name, folder / f"{name}.processed"):
            say(f"{name}: the result is not that of its file")
    found.strays = sorted(there)
    if left := os.listdir(folder / ".rinq" / "results"):
        say(f"results are left: {left}")


def _is_right(file, result):
    letters = " ".join(file.read_text("utf-8").split())
    wanted = "".join(
        letter.upper() if place % 2 else letter.lower() for place, letter in enumerate(letters)
    )
    return result.read_text("utf-8").splitlines()[0] == wanted
