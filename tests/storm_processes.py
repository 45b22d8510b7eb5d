"""The processes of a storm: rinq's own, in a time that can be stepped, and of little patience.

python storm_processes.py own CONFIG NAME...
python storm_processes.py submit CONFIG ACKNOWLEDGED JOBS RATE
"""

from __future__ import annotations

import contextlib
import dataclasses
import mmap
import os
import random
import sys
import threading
import time
from pathlib import Path

from rinq import Fleet
from rinq.config import Config
from rinq.errors import NameUsed, RinqError, TransientError
from rinq.fleet import launch
from rinq.queue import PersistentQSQLite, open_queue, system
from rinq.roles.interface import draw_name
from rinq.roles.producer import compose

CLOCK = "RINQ_STORM_CLOCK"
"""Environment variable: a file of one double, the seconds that the wall clock is set ahead."""

WAIT = 2.0  # real seconds that each waits for a lock
_ROLE = "from storm_processes import enter; enter(); from rinq.fleet.main import main; main()"


def enter() -> None:
    """Let this process, and the roles that it starts, live in the time of the storm."""
    with open(os.environ[CLOCK], "rb") as file:
        memory = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    ahead = memoryview(memory).cast("d")

    def stepped():
        moment = system.moment()
        return dataclasses.replace(moment, real=moment.real + ahead[0])

    vars(PersistentQSQLite)["__init__"].__kwdefaults__.update(moment=stepped, wait=WAIT)
    vars(launch)["_MAIN"] = _ROLE


def own(config: Path, names: list[str]) -> None:
    """Own these roles, and start again whichever has ended, until standard input is closed."""
    closing = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), closing.set()), daemon=True).start()
    with Fleet(config) as fleet:
        while not closing.wait(0.2):
            for name in names:
                with contextlib.suppress(RinqError):  # it runs; or cannot be started just now
                    fleet.start(name.partition("-")[0], name)


def submit(config: Path, acknowledged: Path, jobs: int, rate: float) -> None:
    """Submit jobs, so many a second, until the file of acknowledged names has as many lines."""
    loaded = Config.load(config)
    with open_queue(loaded) as queue, open(acknowledged, "a+", encoding="ascii") as out:
        out.seek(0)
        left = jobs - len(out.readlines())
        begin = time.monotonic()
        for n in range(left):
            while n > (time.monotonic() - begin) * rate:
                time.sleep(0.01)
            out.write(f"{_submit_one(queue, loaded.primary_path)}\n")
            out.flush()


def _submit_one(queue, folder):
    rng = random.SystemRandom()
    while True:
        name = draw_name(rng)
        try:
            with open(folder / name, "x", encoding="utf-8") as file:
                file.write(compose(rng))
        except FileExistsError:
            continue
        except OSError:  # the folder is away, or the disk is full
            with contextlib.suppress(OSError):
                (folder / name).unlink()
            time.sleep(0.05)
            continue
        break
    with contextlib.suppress(NameUsed):  # an answer was lost, and the job is there
        while True:
            try:
                queue.submit(name, "storm", delay=rng.choice([0, 0, 20]))
                break
            except TransientError:
                time.sleep(0.05)
    return name


if __name__ == "__main__":
    enter()
    what, file, *rest = sys.argv[1:]
    if what == "own":
        own(Path(file), rest)
    else:
        submit(Path(file), Path(rest[0]), int(rest[1]), float(rest[2]))
