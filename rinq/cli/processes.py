"""Commands on the processes of a queue."""

from __future__ import annotations

import json
import sys
import time
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
    show,
)
from rinq.config import Config
from rinq.errors import ConfigError
from rinq.fleet.fleet import Fleet
from rinq.fleet.logs import LogReader, log_path, tail, write_to_stderr
from rinq.fleet.main import serve, warnings
from rinq.fleet.pm2 import process_file
from rinq.fleet.processes import FleetProcess
from rinq.fleet.reset import GONE, plan_reset
from rinq.fleet.reset import reset as remove
from rinq.queue import Role
from rinq.queue.liveness import State

RoleName = Annotated[Role, typer.Argument(help="Which role.")]
Name = Annotated[str, typer.Argument(help="The process's name.")]
FOLLOW = 0.25  # real seconds between two reads of a log


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
    one_of(names, every)
    fleet = Fleet(Config.load(config))
    ends = fleet.stop_all() if every else {name: fleet.stop(name) for name in names or ()}
    print("\n".join(f"{name} {end}." for name, end in ends.items()) or "Nothing is running.")
    for name in (name for name, end in ends.items() if end is State.ELSEWHERE):
        print(f"It is another host or container that would have to end {name}. {GONE}")


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
def forget(name: Name, config: ConfigPath = None) -> None:
    """Take a process that has ended off the list; or one of a host that is gone."""
    Fleet(Config.load(config)).forget(name)
    print(f"{name} is off the list.")


@app.command()
def ps(as_json: AsJson = False, config: ConfigPath = None) -> None:
    """List the processes, with what became of those that ended."""
    loaded = Config.load(config)
    existing(loaded).close()
    rows = [
        {"name": it.name, "role": it.row.role, "state": it.state, "job": it.job}
        | {"pid": it.row.pid, "incarnation": it.row.incarnation}
        for it in Fleet(loaded).processes()
    ]
    show(rows, as_json, "No process has run yet.")


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
    print_lines(json.dumps(found) if as_json else "\n".join(found))
    while follow:
        time.sleep(FOLLOW)
        for _, line in (entry for entry in reader.read() if entry[0] == name):
            print_lines(json.dumps([line]) if as_json else line)


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigPath = None,
) -> None:
    """Stop all, and remove the queue with everything that rinq made; asks first."""
    loaded = Config.load(config)
    plan = plan_reset(loaded)
    if not plan:
        print("There is nothing to remove.")
        return
    print(f"This {plan}")
    if yes or typer.confirm("Go on?", abort=True):
        remove(loaded)
        print("Done.")


@app.command()
def pm2(config: ConfigPath = None) -> None:
    """Print a process file for pm2: save it as FILE.json, then pm2 start FILE.json."""
    print(json.dumps(process_file(Config.load(config)), indent=2))


@app.command()
def run(role: RoleName, name: Name, config: ConfigPath = None) -> None:
    """Be one process, in the foreground, for any process manager; ends at Ctrl-C or SIGTERM."""
    write_to_stderr(name)
    serve(Config.load(config), role, name)


def _say(process: FleetProcess, what: str, job: str) -> None:
    print(f"{process.name} {what}" + (f", {job} {process.job}." if process.job else "."))
