"""Commands on a queue: its jobs, its settings, its audit."""

from __future__ import annotations

import dataclasses
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from rinq.cli.common import (
    AsJson,
    ConfigPath,
    Every,
    Names,
    app,
    existing,
    one_of,
    print_lines,
    seconds,
    show,
)
from rinq.config import Config, parse_change
from rinq.display import cut
from rinq.errors import FilesUnavailable, RinqError
from rinq.files import Files
from rinq.queue import ARCHIVE, Job, PersistentQ, Status, open_queue
from rinq.roles import operator

NEWEST = 50  # jobs that are listed where no number is given
PART = 1000  # jobs that are read at once


@app.command()
def submit(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to copy in.")],
    delay: Annotated[
        float,
        typer.Option("--in", metavar="SECONDS", min=0, help="Queue seconds until it is due."),
    ] = 0.0,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Copy files in, each under a fresh name, and submit all of these names or none."""
    loaded = Config.load(config)
    with open_queue(loaded) as queue:
        files, rng = Files.of(loaded, queue), random.SystemRandom()
        names = operator.submit_files(queue, files, paths, rng, delay=delay)
    rows = [{"file": str(path), "job": name} for path, name in zip(paths, names, strict=True)]
    show(rows, as_json)


@app.command()
def status(as_json: AsJson = False, config: ConfigPath = None) -> None:
    """Count the jobs in each status, and show speed and live settings."""
    loaded = Config.load(config)
    with existing(loaded) as queue:
        counts, speed, settings = queue.counts(), queue.clock.speed, queue.settings.read()
    if as_json:
        print(json.dumps({"counts": counts, "speed": speed, "settings": settings}))
        return
    show([{"status": state, "jobs": n} for state, n in counts.items()], as_json)
    changed = "".join(f", {key} = {json.dumps(value)}" for key, value in settings.items())
    print_lines(f"speed {speed:g}{changed}; {cut(loaded.database)}")


@app.command()
def jobs(
    status: Annotated[Status | None, typer.Option(help="Only jobs of this status.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, max=10**9, help="How many of the newest.")
    ] = None,
    every: Every = False,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """List the newest jobs, the last one below: 50, or all as JSON."""
    if every and limit is not None:
        raise typer.BadParameter("Give --limit, or --all.")
    if limit is None and not (every or as_json):
        limit = NEWEST
    with existing(Config.load(config)) as queue:
        after = 0 if limit is None else queue.before_newest(limit, status)
        fields = [
            field.name for field in dataclasses.fields(Job)
        ]  # asdict takes three times as long
        rows = (
            {name: getattr(job, name) for name in fields} for job in _jobs(queue, status, after)
        )
        columns = ("name", "status", "attempt", "tries", "reassigns", "process", "error")
        show(rows, as_json, "No such jobs.", columns)
        if after and not as_json:
            counts = queue.counts()
            total = sum(counts.values()) if status is None else counts[status]
            note = f"The newest {limit:,} of {total:,}: --limit N lists more, --all all of them."
            print(note, file=sys.stderr)


def _jobs(queue: PersistentQ, status: Status | None, after: int) -> Iterator[Job]:
    """The jobs after an id, read in parts, so that a million take no more memory than a few."""
    while part := queue.jobs(status, after=after, limit=PART):
        yield from part
        after = part[-1].id


@app.command()
def history(
    job: Annotated[str, typer.Argument(help="The job's name.")],
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Print everything that happened to one job, in queue seconds since its submit."""
    with existing(Config.load(config)) as queue:
        moves = queue.history.of(job)
    rows = [
        dataclasses.asdict(move) | {"seconds": round(move.at - moves[0].at, 3)} for move in moves
    ]
    columns = ("seconds", "event", "to_status", "actor", "attempt", "error")
    show(rows, as_json, columns=columns)


@app.command()
def redrive(names: Names = None, every: Every = False, config: ConfigPath = None) -> None:
    """Redrive failed jobs: back to unprocessed, their tries from 0."""
    one_of(names, every)
    loaded = Config.load(config)
    with existing(loaded) as queue:
        chosen = [job.name for job in queue.jobs(Status.FAILED)] if every else names or []
        files = Files.of(loaded, queue)
        for name in chosen:
            _, problems = operator.redrive(queue, files, name)
            print_lines("; ".join([f"{name} is unprocessed again", *problems]) + ".")
    if not chosen:
        print("No failed jobs.")


@app.command()
def cancel(
    names: Annotated[list[str], typer.Argument(metavar="JOB...", help="Their names.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Kept with the job.")],
    config: ConfigPath = None,
) -> None:
    """Give up jobs that are not settled: they are failed, and whoever works on one drops it."""
    loaded = Config.load(config)
    with existing(loaded) as queue:
        for name in names:
            _, problems = operator.cancel(queue, Files.of(loaded, queue), name, why)
            end = "cancelled; until a Cleaner deletes its file, rinq redrive puts it back"
            print("; ".join([f"{name} is {end}", *problems]) + ".")


@app.command()
def prune(
    older_than: Annotated[
        str,
        typer.Option("--older-than", metavar="TIME", help="In queue time: 90s, 45m, 12h, 7d."),
    ],
    archive: Annotated[
        Path | None, typer.Option(help="The database they go to; else beside the queue's.")
    ] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Keep no archive: they are gone.")] = False,
    config: ConfigPath = None,
) -> None:
    """Take processed and cleaned jobs out, with their history, to an archive; files stay."""
    if drop and archive:
        raise typer.BadParameter("Give --archive or --drop, not both.")
    loaded = Config.load(config)
    target = None if drop else archive or loaded.database.with_name(loaded.database.name + ARCHIVE)
    with existing(loaded) as queue:
        steps = operator.prune(queue, Files.of(loaded, queue), seconds(older_than), target)
        taken = sum(steps)
    print(f"{taken:,} jobs {'dropped' if drop else f'moved to {target}'}.")


@app.command()
def audit(
    database: Annotated[
        Path | None,
        typer.Argument(metavar="[DATABASE]", help="Another one, such as an archive: no files."),
    ] = None,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Judge all that happened: exit code 0 if it is valid, 1 if invalid, 3 if unknown."""
    from rinq.lab.audit.auditor import audit as judge
    from rinq.lab.audit.report import Audit

    loaded = Config.load(config)
    try:
        if database is not None:
            loaded = loaded.overridden({"general.database": str(database.absolute())})
            with existing(loaded) as queue:
                found = judge(queue)
        elif not loaded.primary_path.is_dir():
            raise FilesUnavailable(f"there is no folder {cut(loaded.primary_path)}")
        else:
            with existing(loaded) as queue:
                found = judge(queue, Files.of(loaded, queue))
    except (RinqError, OSError) as error:
        found = Audit(undecided=(str(error),))
    print_lines(found.to_json() if as_json else str(found))
    sys.exit(found.exit_code)


@app.command("set")
def change(
    changes: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="What to set.")],
    config: ConfigPath = None,
) -> None:
    """Change parameters while processes run; KEY= goes back to the config file's value."""
    loaded = Config.load(config)
    parsed = dict(map(parse_change, changes))
    with open_queue(loaded) as queue:
        operator.change_settings(queue, loaded, parsed)
    for key, value in parsed.items():
        print(f"{key} = {json.dumps(value)}" if value is not None else f"{key} is as configured")
