"""The main of a role's process, in the background or in the foreground."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from rinq.config import Config
from rinq.display import LONGEST_LINE, cut
from rinq.errors import ConfigError, FilesUnavailable, RinqError, TransientError
from rinq.files import Files
from rinq.fleet.disk import network_warning
from rinq.fleet.logs import bound, log_path, write_to_stderr
from rinq.queue import PersistentQ, open_queue
from rinq.queue.liveness import State, is_another_alive, is_running, this_process
from rinq.queue.model import check_process_name
from rinq.roles.cleaner import Cleaner
from rinq.roles.consumer import Consumer
from rinq.roles.interface import PersistentQInterface, generator
from rinq.roles.manager import Manager
from rinq.roles.process_tree import adopt_orphans, end_descendants, reap_orphans
from rinq.roles.producer import Producer

ROLES: dict[str, type[PersistentQInterface]] = {
    role.role: role for role in (Producer, Consumer, Cleaner, Manager)
}
OWNER_POLL = 0.5  # real seconds between two checks that the owner runs
GRACE = 5.0  # real seconds after the owner's end, before this process is forced to end


class StopSign:
    """Whether a role should stop: by signal, by the table, or because its owner ended."""

    def __init__(self, queue: PersistentQ, name: str, incarnation: int, log: Path | None) -> None:
        self.queue, self.name, self.incarnation, self.log = queue, name, incarnation, log
        self.asked = False

    def __call__(self) -> bool:
        reap_orphans()
        if not self.asked:
            with contextlib.suppress(TransientError):
                self.asked = self.queue.registry.stop_requested(self.name, self.incarnation)
        if self.log is not None:
            with contextlib.suppress(OSError, FilesUnavailable):
                bound(self.log)
        return self.asked

    def ask(self, *_: object) -> None:
        self.asked = True

    def watch(self, owner: str) -> None:
        """Wait for the owner's end, then stop.

        Args:
            owner: ``stdin``, whose other end it holds open, or its ``pid:start time``.
        """
        if owner == "stdin":
            while os.read(0, 4096):
                pass
        else:
            pid, _, started = owner.partition(":")
            while is_running(int(pid), float(started)):
                time.sleep(OWNER_POLL)
        self.asked = True
        time.sleep(GRACE)
        end_descendants()
        os._exit(1)


def serve(
    config: Config, role: str, name: str, *, owner: str | None = None, log: bool = False
) -> None:
    """Be the process ``name`` of a role until told to stop.

    Args:
        owner: end when this does: ``stdin``, or a process as ``pid:start time``.
        log: keep the size of this name's log file bounded.

    Raises:
        AlreadyRunning; ConfigError; HandlerNotFound; DatabaseError, FilesUnavailable.
    """
    if role not in ROLES:
        raise ConfigError(f"{role!r:.40} is not a role: {', '.join(ROLES)}.")
    check_process_name(name, role)
    vars(sys.modules["__main__"]).pop("__file__", None)  # a worker need not import it again
    adopt_orphans()
    pid, started, host = this_process()
    with open_queue(config, warm=True) as queue:
        incarnation = queue.registry.register(
            name,
            role,
            pid=pid,
            started=started,
            host=host,
            owned=owner is not None,
            alive=is_another_alive,
        )
        outcome = State.CRASHED
        stop = StopSign(queue, name, incarnation, log_path(config, name) if log else None)
        signal.signal(signal.SIGTERM, stop.ask)
        signal.signal(signal.SIGINT, stop.ask)
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            signal.signal(signal.SIGHUP, stop.ask)  # the terminal was closed, and no nohup
        if owner is not None:
            threading.Thread(target=stop.watch, args=(owner,), daemon=True).start()
        try:
            files = Files.of(config, queue)
            rng = generator(config.general.seed, role, name, incarnation)
            with ROLES[role](queue, files, config, name, rng=rng) as at_work:
                queue.registry.ready(name, incarnation)
                at_work.log.info("up, incarnation %d", incarnation)
                for warning in warnings(config, role):
                    at_work.log.warning("%s", warning)
                at_work.run(stop)
                at_work.log.info("stopped")
            outcome = State.STOPPED
        finally:
            end_descendants()
            queue.registry.ended(name, incarnation, outcome)


def warnings(config: Config, role: str) -> list[str]:
    """What a process of this role should say when it starts, a sentence each."""
    about_disk = network_warning(config.database)
    return [*(config.warnings if role == "consumer" else ()), *([about_disk] if about_disk else ())]


def main() -> None:
    """Serve as the arguments say; an error is one line on standard error, and exit code 1."""
    parser = argparse.ArgumentParser(prog="rinq.fleet.main")
    parser.add_argument("role")
    parser.add_argument("name")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--values", help="the config as JSON, where there is no file")
    parser.add_argument("--owner")
    given = parser.parse_args()
    write_to_stderr()
    try:
        values = json.loads(given.values) if given.values else None
        config = Config.load(given.config) if values is None else Config.parse(values)
        serve(config, given.role, given.name, owner=given.owner, log=True)
    except RinqError as error:
        sys.exit(cut(error, LONGEST_LINE))
