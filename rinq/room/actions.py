"""What a person does in the control room; each action returns a sentence on what happened."""

from __future__ import annotations

from collections.abc import Callable

from rinq.charts import amounts
from rinq.errors import (
    AlreadyRunning,
    IllegalMove,
    NotRunning,
    RinqError,
    StartFailed,
    UnknownJob,
)
from rinq.files import Files
from rinq.fleet import Fleet, FleetProcess
from rinq.metrics.export import export as write
from rinq.queue import Cursor, Event, PersistentQ, Status
from rinq.queue.liveness import State
from rinq.roles import operator
from rinq.room.sliders import SliderSpec

EXPORTS = "exports"
DONE, REFUSED, ERROR = "✓", "⚠", "✕"
Answer = tuple[str, str]  # sign and sentence


def start(fleet: Fleet, role: str, name: str) -> Answer:
    try:
        started = fleet.start(role, name)
    except AlreadyRunning:
        return REFUSED, f"{name} is already running."
    except StartFailed as error:
        return ERROR, f"{name} did not start. {error.advice}"
    return DONE, f"{name} started (pid {started.row.pid})."


def stop(fleet: Fleet, name: str, role: str | None = None) -> Answer:
    with fleet.queue() as queue:
        after = queue.history.newest()
        try:
            end = fleet.stop(name)
        except NotRunning:
            running = [p.name for p in fleet.processes() if p.alive and p.row.role == role]
            more = f" Running: {', '.join(running)}." if running else ""
            return REFUSED, f"No {name} is running.{more}"
        how = "stopped" if end is State.STOPPED else "had to be forced"
        return DONE, f"{name} {how}{_handed_back(queue, name, after)}."


def stop_all(fleet: Fleet) -> Answer:
    ends = list(fleet.stop_all().values())
    if not ends:
        return REFUSED, "Nothing is running."
    forced = len(ends) - ends.count(State.STOPPED)
    return DONE, f"Stopped {len(ends)}{f'; {forced} had to be forced' if forced else ''}."


def kill(fleet: Fleet, name: str) -> Answer:
    try:
        held = fleet.kill(name).job
    except NotRunning:
        return REFUSED, f"No {name} is running."
    if held is None:
        return DONE, f"{name} killed. It held no job."
    if not any(p.state is State.RUNNING and p.row.role == "manager" for p in fleet.processes()):
        return DONE, f"{name} killed. No manager is running: {held} stays processing until one is."
    left = _left(fleet, held)
    why = f"Its job {held} stays processing until the manager takes it back in about {left}"
    return DONE, f"{name} killed. {why}."


def freeze(fleet: Fleet, name: str) -> Answer:
    try:
        held = fleet.freeze(name).job
    except NotRunning as error:
        return REFUSED, f"{name} was not frozen: {error.detail}."
    if held is None:
        return DONE, f"{name} frozen. It held no job."
    return DONE, f"{name} frozen holding {held}; lease over in {_left(fleet, held)}."


def thaw(fleet: Fleet, name: str) -> Answer:
    with fleet.queue() as queue:
        frozen = [
            event.detail
            for event in queue.registry.process_events()
            if (event.process, event.event) == (name, "freeze")
        ]
        try:
            now = fleet.thaw(name)
        except NotRunning:
            return REFUSED, f"No {name} is running."
    lost = frozen[-1] if frozen and frozen[-1] != now.job else None
    back = f" {lost} was taken back meanwhile; its late answer will be refused." if lost else ""
    return DONE, f"{name} resumed.{back}"


def forget(fleet: Fleet, name: str) -> Answer:
    try:
        fleet.forget(name)
    except AlreadyRunning:
        return REFUSED, f"{name} is running again."
    except NotRunning:
        return REFUSED, f"{name} is off the list already."
    return DONE, f"{name} is off the list."


def start_again(fleet: Fleet, name: str) -> Answer:
    role = next((p.row.role for p in fleet.processes() if p.name == name), None)
    return start(fleet, role, name) if role else (REFUSED, f"{name} was forgotten meanwhile.")


OF_A_PROCESS: dict[str, tuple[str, Callable[[Fleet, str], Answer]]] = {
    "Stop": ("Stopping…", stop),
    "Kill": ("Killing…", kill),
    "Freeze": ("Freezing…", freeze),
    "Thaw": ("Thawing…", thaw),
    "Start again": ("Starting…", start_again),
    "Forget": ("Forgetting…", forget),
}
"""The buttons of a process: what each says while its action is under way, and the action."""


def change(fleet: Fleet, spec: SliderSpec, value: float) -> Answer:
    with fleet.queue() as queue:
        operator.change_settings(queue, fleet.config, {spec.key: value})
    return DONE, f"{spec.text(value)}: {_followers(fleet.processes())}."


def pause(fleet: Fleet, *, on: bool) -> Answer:
    with fleet.queue() as queue:
        operator.change_settings(queue, fleet.config, {"paused": True if on else None})
        held = queue.counts()[Status.PROCESSING]
    idle = "" if any(p.alive for p in fleet.processes()) else " Nothing is running."
    jobs = f"{held} job{'s' if held != 1 else ''} in hand will finish."
    return DONE, f"Paused. {jobs}{idle}" if on else f"The queue resumed.{idle}"


def redrive(fleet: Fleet) -> Answer:
    back = gone = 0
    problems: list[str] = []
    with fleet.queue() as queue:
        files = Files.of(fleet.config, queue)
        for job in queue.jobs(Status.FAILED):
            try:
                _, found = operator.redrive(queue, files, job.name)
            except (IllegalMove, UnknownJob):
                gone += 1
            else:
                back, problems = back + 1, problems + found
    if not back + gone:
        return REFUSED, "No failed jobs."
    meanwhile = f"; {gone} {'was' if gone == 1 else 'were'} cleaned meanwhile" if gone else ""
    more = f" {problems[0]}." if problems else ""
    return DONE, f"{back} job{'s' if back != 1 else ''} put back{meanwhile}.{more}"


def export(fleet: Fleet) -> Answer:
    """Write every frame as CSV beside the config file."""
    longest = fleet.config.consumer.interval.most
    with fleet.queue() as queue:
        rows = write(queue, fleet.config.folder / EXPORTS, interval=longest)
    made = f"{rows['transitions']:,} rows to {EXPORTS}/transitions.csv"
    return DONE, f"Wrote {made}, and {len(rows) - 1} more files beside it."


def error_text(error: Exception) -> str:
    """An error as a sentence on one line."""
    text = str(error) if isinstance(error, RinqError) else f"{type(error).__name__}: {error}."
    return " ".join(text.split())


def _followers(processes: list[FleetProcess]) -> str:
    living = [process for process in processes if process.alive]
    frozen = [process.name for process in living if process.state is State.FROZEN]
    if not living:
        return "nothing is running; it holds for what is started"
    able, word = len(living) - len(frozen), "process" if len(living) == 1 else "processes"
    but = f"; frozen: {', '.join(frozen)}" if frozen else ""
    return f"taken over by {able} of {len(living)} {word} within a second{but}"


def _left(fleet: Fleet, job: str) -> str:
    """The queue time until the job may be taken back."""
    with fleet.queue() as queue:
        return amounts.measured(max(0.0, (queue.job(job).lease_until or 0) - queue.clock.now()))


def _handed_back(queue: PersistentQ, name: str, after: Cursor) -> str:
    """Which jobs a process released since then, as part of a sentence."""
    moves = [
        t for t in queue.history.transitions(after) if (t.event, t.actor) == (Event.RELEASE, name)
    ]
    names = [queue.job_by_id(move.job_id).name for move in moves]
    return "".join(f"; its job {name} was handed back" for name in names)
