"""The command line: parse, call, print."""

from __future__ import annotations

import dataclasses
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from rinq.config import Config, parse_change
from rinq.errors import ConfigError, DatabaseError, FilesUnavailable, RinqError
from rinq.files import Files
from rinq.fleet.fleet import Fleet, FleetProcess
from rinq.fleet.logs import LogReader, log_path, tail, write_to_stderr
from rinq.fleet.main import serve, warnings
from rinq.fleet.pm2 import process_file
from rinq.queue import PersistentQSQLite, Role, Status, open_queue
from rinq.roles import operator

app = typer.Typer(
    help="A durable job queue and its four roles. 'rinq lab' opens the control room.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
ConfigPath = Annotated[
    Path | None,
    typer.Option("--config", help="Config file; else config.yaml here, if there is one."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Every = Annotated[bool, typer.Option("--all", help="All of them.")]
RoleName = Annotated[Role, typer.Argument(help="Which role.")]
FOLLOW = 0.25  # real seconds between two looks at a log
Name = Annotated[str, typer.Argument(help="The process's name.")]
Names = Annotated[list[str] | None, typer.Argument(help="Their names.")]


@app.command()
def lab(
    config: ConfigPath = None,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    port: Annotated[int, typer.Option(help="JupyterLab's port, or the next free one.")] = 8888,
) -> None:
    """Open JupyterLab with the control room, on your own copy of the notebooks."""
    from rinq.view.notebooks import open_lab

    sys.exit(open_lab(Config.load(config), browser=browser, port=port))


@app.command("app")
def web_page(
    config: ConfigPath = None,
    port: Annotated[int, typer.Option(help="Port of the page.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to serve at.")] = "127.0.0.1",
    token: Annotated[str, typer.Option(help="Secret that others must give.")] = "",
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Serve the control room as a web page at localhost:8000."""
    from rinq.view.app import serve_page

    serve_page(Config.load(config), port=port, browser=browser, host=host, token=token)


@app.command()
def demo(
    config: ConfigPath = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long jobs are made.")] = 30,
    seed: Annotated[int | None, typer.Option(help="Makes names and faults repeatable.")] = None,
) -> None:
    """Watch a whole fleet in the terminal: faults on, crashed processes started again."""
    from rinq.view.demo import run_demo

    run_demo(Config.load(config) if config else None, seconds=seconds, seed=seed)


@app.command()
def start(
    role: RoleName,
    name: Annotated[str | None, typer.Argument(help="Else the next free one.")] = None,
    config: ConfigPath = None,
) -> None:
    """Start a role in the background; it outlives this terminal."""
    loaded = Config.load(config)
    for warning in warnings(loaded, role):
        print(f"warning: {warning}", file=sys.stderr)
    process = Fleet(loaded, keep=True).start(role, name)
    print(f"{process.name} started (pid {process.row.pid}).")


@app.command()
def stop(names: Names = None, every: Every = False, config: ConfigPath = None) -> None:
    """Let processes hand back their jobs and end."""
    _one_of(names, every)
    fleet = Fleet(Config.load(config))
    ends = fleet.stop_all() if every else {name: fleet.stop(name) for name in names or ()}
    print("\n".join(f"{name} {end}." for name, end in ends.items()) or "Nothing is running.")


@app.command()
def kill(name: Name, config: ConfigPath = None) -> None:
    """End a process at once (kill -9); its job waits for a manager."""
    _say(Fleet(Config.load(config)).kill(name), "killed", "held")


@app.command()
def freeze(name: Name, config: ConfigPath = None) -> None:
    """Stop a process where it stands; past its lease its job is taken back."""
    _say(Fleet(Config.load(config)).freeze(name), "frozen", "holding")


@app.command()
def thaw(name: Name, config: ConfigPath = None) -> None:
    """Let a frozen process go on."""
    _say(Fleet(Config.load(config)).thaw(name), "goes on", "holding")


@app.command()
def ps(as_json: AsJson = False, config: ConfigPath = None) -> None:
    """List the processes, with what became of those that ended."""
    loaded = Config.load(config)
    _existing(loaded).close()
    rows = [
        {"name": it.name, "role": it.row.role, "state": it.state, "job": it.job}
        | {"pid": it.row.pid, "incarnation": it.row.incarnation}
        for it in Fleet(loaded).processes()
    ]
    _show(rows, as_json, "No process has run yet.")


@app.command()
def logs(
    name: Name,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it grows.")] = False,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Print the last lines of a process's log."""
    path = log_path(Config.load(config), name)
    if not path.exists():
        raise ConfigError(f"{name} has no log: it was never started in the background.")
    reader = LogReader(path.parent)
    found = tail(path, lines)
    print(json.dumps(found) if as_json else "\n".join(found), flush=True)
    while follow:
        time.sleep(FOLLOW)
        for _, line in (entry for entry in reader.read() if entry[0] == name):
            print(json.dumps([line]) if as_json else line, flush=True)


@app.command()
def pm2(config: ConfigPath = None) -> None:
    """Print a process file for pm2: save it as FILE.json, then pm2 start FILE.json."""
    print(json.dumps(process_file(Config.load(config)), indent=2))


@app.command()
def doctor(as_json: AsJson = False, config: ConfigPath = None) -> None:
    """Look whether this installation can work, and say what to do."""
    from rinq.view.doctor import examine

    findings = examine(Config.load(config))
    _show([dataclasses.asdict(finding) for finding in findings], as_json)
    sys.exit(any(finding.advice for finding in findings))


@app.command()
def run(role: RoleName, name: Name, config: ConfigPath = None) -> None:
    """Be one process, in the foreground, for any process manager; ends at Ctrl-C or SIGTERM."""
    write_to_stderr(name)
    serve(Config.load(config), role, name)


@app.command()
def submit(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to copy in.")],
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Copy files in, each under a fresh name, and submit those names."""
    loaded = Config.load(config)
    rows = []
    with open_queue(loaded) as queue:
        files = Files.of(loaded)
        for path in paths:
            job = operator.submit_file(queue, files, path, random.SystemRandom())
            rows.append({"file": str(path), "job": job.name})
    _show(rows, as_json)


@app.command()
def status(as_json: AsJson = False, config: ConfigPath = None) -> None:
    """Count the jobs in each status, and tell speed and live settings."""
    loaded = Config.load(config)
    with _existing(loaded) as queue:
        counts, speed, settings = queue.counts(), queue.speed, queue.settings()
    if as_json:
        print(json.dumps({"counts": counts, "speed": speed, "settings": settings}))
        return
    _show([{"status": state, "jobs": n} for state, n in counts.items()], as_json)
    changed = "".join(f", {key} = {json.dumps(value)}" for key, value in settings.items())
    print(f"speed {speed:g}{changed}; {loaded.database}")


@app.command()
def jobs(
    status: Annotated[Status | None, typer.Option(help="Only jobs of this status.")] = None,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """List the jobs."""
    with _existing(Config.load(config)) as queue:
        rows = [dataclasses.asdict(job) for job in queue.jobs(status)]
    columns = ("name", "status", "attempt", "tries", "reassigns", "process", "error")
    _show(rows, as_json, "No such jobs.", columns)


@app.command()
def history(
    job: Annotated[str, typer.Argument(help="The job's name.")],
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Print everything that happened to one job, in queue seconds since its submit."""
    with _existing(Config.load(config)) as queue:
        moves = queue.history(job)
    rows = [
        dataclasses.asdict(move) | {"seconds": round(move.at - moves[0].at, 3)} for move in moves
    ]
    columns = ("seconds", "event", "to_status", "actor", "attempt", "error")
    _show(rows, as_json, columns=columns)


@app.command()
def audit(as_json: AsJson = False, config: ConfigPath = None) -> None:
    """Judge all that happened: exit code 0 if it is valid, 1 if invalid, 3 if unknown."""
    from rinq.lab.audit import audit as judge
    from rinq.lab.verdict import Audit

    loaded = Config.load(config)
    try:
        if not loaded.primary_path.is_dir():
            raise FilesUnavailable(f"there is no folder {loaded.primary_path}")
        with _existing(loaded) as queue:
            found = judge(queue, Files.of(loaded))
    except RinqError as error:
        found = Audit(undecided=(str(error),))
    print(found.to_json() if as_json else found)
    sys.exit(found.exit_code)


@app.command()
def simulate(  # noqa: PLR0917 (Typer passes them by name)
    scenario: Annotated[Path | None, typer.Argument(help="YAML; else the seed's fleet.")] = None,
    hours: Annotated[float | None, typer.Option(help="Virtual hours; else the scenario's.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed, the same history.")] = 1,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="KEY=VALUE, such as consumers=3.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Write the queue to a new file.")] = None,
    as_json: AsJson = False,
    config: ConfigPath = None,
) -> None:
    """Run a fleet in virtual time: a day in seconds. Exit code 1 if a rule was broken."""
    from rinq.lab.scenario import Scenario, parse_changes
    from rinq.lab.simulate import simulate
    from rinq.lab.verdict import Verdict

    described = (Scenario.load(scenario) if scenario else Scenario()).over(Config.load(config))
    changed = described.varied(parse_changes(change or ()))
    with simulate(changed, seed=seed, hours=hours) as run:
        summary = run.summary()
        if save is not None:
            run.save(save)
    if as_json:
        print(json.dumps(summary, indent=2))
    else:
        for name, value in {**summary["counts"], **summary["measures"]}.items():
            print(f"{name:18} {'-' if value is None else f'{value:,.6g}'}")
        print(f"{'verdict':18} {summary['verdict']}")
    if summary["verdict"] == Verdict.INVALID:
        raise typer.Exit(1)


@app.command()
def redrive(names: Names = None, every: Every = False, config: ConfigPath = None) -> None:
    """Give failed jobs a new life: back to unprocessed, their tries from 0."""
    _one_of(names, every)
    loaded = Config.load(config)
    with _existing(loaded) as queue:
        chosen = [job.name for job in queue.jobs(Status.FAILED)] if every else names or []
        for name in chosen:
            _, problems = operator.redrive(queue, Files.of(loaded), name)
            print("; ".join([f"{name} is unprocessed again", *problems]) + ".")
    if not chosen:
        print("No failed jobs.")


@app.command()
def check(
    queue: Annotated[str, typer.Argument(metavar="MODULE:CLASS", help="Your queue.")],
    only: Annotated[list[str] | None, typer.Option(help="Try this one, such as one-claim.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer trials.")] = False,
    as_json: AsJson = False,
) -> None:
    """Judge a queue that you wrote, in real processes: exit code 1 if a property is broken."""
    from rinq.lab.judge.check import check as judge

    report = judge(queue, only=only, quick=quick)
    print(report.to_json() if as_json else report)
    sys.exit(bool(report.broken))


@app.command("new-queue")
def new_queue(file: Annotated[Path, typer.Argument(metavar="FILE", help="To be made.")]) -> None:
    """Write a small queue to begin with: it runs, and breaks several rules."""
    from rinq.lab.judge.protocol import new_queue as write

    write(file)
    print(f"{file} written. In its folder: rinq check {file.stem}:MyQueue")


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


def main() -> None:
    """Run a command. Exit codes: 0; 1 for a refusal or a failure, in one line; 2 for usage."""
    try:
        app()
    except RinqError as error:
        sys.exit(f"rinq: {error}")


def _existing(config: Config) -> PersistentQSQLite:
    """The queue, for commands that only look: they make none."""
    if not config.database.exists():
        raise DatabaseError(
            f"there is none yet at {config.database}",
            advice="Start a role or submit a file first.",
        )
    return open_queue(config)


def _one_of(names: list[str] | None, every: bool) -> None:
    if bool(names) == every:
        raise typer.BadParameter("Give names, or --all.")


def _say(process: FleetProcess, what: str, job: str) -> None:
    print(f"{process.name} {what}" + (f", {job} {process.job}." if process.job else "."))


def _show(
    rows: list[dict[str, Any]], as_json: bool, empty: str = "", columns: Sequence[str] = ()
) -> None:
    """All rows as JSON, or these columns of them as a table."""
    if as_json or not rows:
        print(json.dumps(rows) if as_json else empty)
        return
    columns = columns or list(rows[0])
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        number = isinstance(rows[0][column], int | float)
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    Console(soft_wrap=True, highlight=False, markup=False).print(table)
