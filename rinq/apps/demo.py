"""``rinq demo``: a whole fleet at work, live in the terminal."""

from __future__ import annotations

import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rinq.charts import EVENT_WORDS
from rinq.config import Config
from rinq.display import printable
from rinq.fleet import Fleet, FleetProcess
from rinq.fleet.run import Run
from rinq.queue import SETTLED, START, PersistentQ, Status, Transition

FLEET = ("producer", "consumer", "consumer", "consumer", "manager", "cleaner")
DRAIN = 45.0  # real seconds for the jobs that are left when no more are made
REFRESH = 0.25
LINE_EVERY = 2.0  # real seconds, where there is no terminal
SHOWN = 10  # moves in the list of the last ones

STYLES = {
    "unprocessed": "cyan",
    "processing": "yellow",
    "processed": "green",
    "failed": "red",
    "cleaned": "magenta",
}


def run_demo(config: Config | None, *, seconds: float, seed: int | None) -> None:
    """Make jobs for ``seconds`` real seconds, let the fleet finish them, and print a summary.

    Without a config it runs in a temporary folder, with queue time ten times as fast as
    real time, and with faults.
    """
    console = Console(highlight=False)
    with _fleet(config, seed) as fleet, fleet.queue() as queue:
        moves = MoveFeed(queue)
        ends = time.monotonic() + seconds
        for role in FLEET:
            process = fleet.start(role)
            console.print(f"{process.name} is up, pid {process.row.pid}")
        with _live(console) as show:
            _watch(fleet, moves, show, ends, drain=False)
            for process in fleet.processes():
                if process.row.role == "producer" and process.alive:
                    fleet.stop(process.name)
            _watch(fleet, moves, show, time.monotonic() + DRAIN, drain=True)
        fleet.close()
        _print_summary(queue, moves, console)


@contextlib.contextmanager
def _fleet(config: Config | None, seed: int | None) -> Iterator[Fleet]:
    if config is not None:
        with Fleet(config, restart=True) as fleet:
            yield fleet
        return
    values: dict[str, dict[str, Any]] = {
        "general": {"speed": 10, "seed": seed},
        "consumer": {"interval": [2, 6], "work_time": [3, 8], "n_time": 30},
        "cleaner": {"interval": 20},
        "faults": {"error_rate": 0.25, "hang_rate": 0.04, "crash_rate": 0.04},
    }
    with Run(values, restart=True) as run:
        yield run.fleet


class MoveFeed:
    """The history as it grows: totals, and the last moves with their jobs' names."""

    def __init__(self, queue: PersistentQ) -> None:
        self.queue = queue
        self.totals: Counter[str] = Counter()
        self.last: deque[Transition] = deque(maxlen=SHOWN)
        self.names: dict[int, str] = {}
        self._read = START

    def read(self) -> None:
        for job in self.queue.jobs(after=max(self.names, default=0)):
            self.names[job.id] = job.name
        for move in self.queue.history.transitions(self._read):
            self._read = self.queue.history.cursor(move)
            self.totals[move.event] += 1
            self.last.appendleft(move)


@contextlib.contextmanager
def _live(console: Console) -> Iterator[Callable[[Group, str], None]]:
    """Shows a screen: in place on a terminal; elsewhere one line every few seconds."""
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            yield lambda screen, _: live.update(screen, refresh=True)
        return
    printed = 0.0

    def print_line(_: Group, line: str) -> None:
        nonlocal printed
        if time.monotonic() - printed > LINE_EVERY:
            printed = time.monotonic()
            console.print(line, soft_wrap=True)

    yield print_line


def _watch(
    fleet: Fleet, moves: MoveFeed, show: Callable[[Group, str], None], ends: float, *, drain: bool
) -> None:
    """Show the fleet until ``ends``; when draining, until nothing is left if that is sooner."""
    while time.monotonic() < ends:
        moves.read()
        counts = moves.queue.counts()
        left = sum(n for status, n in counts.items() if status not in SETTLED)
        doing = "finishing what is left" if drain else "jobs are being made"
        line = " · ".join(f"{n} {status}" for status, n in counts.items())
        screen = Group(
            Text(f"{doing}: {max(0, ends - time.monotonic()):.0f} s", style="bold"),
            _tiles(counts),
            _processes(fleet.processes()),
            _last_moves(moves),
        )
        show(screen, f"{doing}: {line}")
        if drain and not left and not counts[Status.FAILED]:
            return
        time.sleep(REFRESH)


def _tiles(counts: dict[Status, int]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    table.add_row(*(Text(f"{n:>4} {status}", style=STYLES[status]) for status, n in counts.items()))
    return table


def _processes(processes: list[FleetProcess]) -> Table:
    table = Table("process", "state", "started", "in hand", box=None, padding=(0, 3, 0, 0))
    for process in processes:
        times = f"{process.row.incarnation} times"
        table.add_row(process.name, process.state, times, process.job or "")
    return table


def _last_moves(moves: MoveFeed) -> Table:
    table = Table("job", "move", "attempt", "by", "why", box=None, padding=(0, 3, 0, 0))
    for move in moves.last:
        style = STYLES.get(move.to_status or "", "")
        word = Text(EVENT_WORDS[move.event], style=style)
        name = moves.names.get(move.job_id, "")
        by, why = (Text(printable(text or "")[:60]) for text in (move.actor, move.error))
        table.add_row(name, word, str(move.attempt), by, why)
    return table


def _print_summary(queue: PersistentQ, moves: MoveFeed, console: Console) -> None:
    """Print what happened meanwhile, and what became of every job."""
    moves.read()
    events = ("retry", "reassign", "refused", "clean")
    console.print("\n[bold]On the way[/]")
    for event in events:
        console.print(f"  {moves.totals[event]:>4} times {EVENT_WORDS[event]}")
    crashes = Counter(e.event for e in queue.registry.process_events())["crash"]
    console.print(f"  {crashes:>4} times a consumer crashed, and was started again")
    console.print("\n[bold]What became of every job[/]")
    table = Table("jobs", "ended", "attempts each", "for example", box=None, padding=(0, 3, 0, 2))
    jobs = queue.jobs()
    for status in Status:
        these = [job for job in jobs if job.status is status]
        if these:
            attempts = sorted({job.attempt for job in these})
            spread = f"{attempts[0]} to {attempts[-1]}" if len(attempts) > 1 else str(attempts[0])
            style = STYLES[status]
            example = these[-1].name
            table.add_row(str(len(these)), Text(status, style=style), spread, example)
    console.print(table)
    settled = sum(job.status in SETTLED for job in jobs)
    console.print(
        f"{len(jobs)} jobs submitted, {settled} settled, {len(jobs) - settled} left over."
    )
