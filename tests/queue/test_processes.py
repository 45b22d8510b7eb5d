"""Many threads and processes at once, and what survives the end of one (rules 1 and 6)."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading

from rinq import audit
from rinq.queue import PersistentQSQLite, Status


def test_many_threads_may_use_one_queue(queue):
    names = [f"job{n:07}" for n in range(100)]
    queue.submit_many(names)
    taken = []

    def take():
        while claim := queue.claim("c1"):
            queue.complete(claim)
            taken.append(claim.name)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == names
    assert audit(queue)


CLAIMANT = """
import json, sys
from rinq.queue import PersistentQSQLite
path, name = sys.argv[1:]
taken = []
with PersistentQSQLite(path, durability="normal", wait=60) as queue:
    print("ready", flush=True)
    sys.stdin.readline()
    while claim := queue.claim(name):
        taken.append(claim.name)
        if len(taken) == 1:
            print("began", flush=True)
            sys.stdin.readline()
        if len(taken) % 3:
            queue.complete(claim)
        else:
            queue.fail(claim, "every third", 1)
print(json.dumps(taken))
"""


def _start(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_many_claimants_take_each_job_exactly_once(tmp_path):
    path = tmp_path / "rinq.db"
    names = [f"job{n:07}" for n in range(200)]
    with PersistentQSQLite(path) as queue:
        queue.submit_many(names)
        claimants = [_start(CLAIMANT, path, f"c{n}") for n in range(4)]
        for said in ("ready\n", "began\n"):  # all race to the first job, then all to the rest
            for claimant in claimants:
                assert claimant.stdout.readline() == said
            for claimant in claimants:
                claimant.stdin.write("go\n")
                claimant.stdin.flush()
        taken = [json.loads(claimant.communicate(timeout=60)[0]) for claimant in claimants]
        assert sorted(name for names in taken for name in names) == names
        assert all(job.attempt == 1 for job in queue.jobs())
        assert queue.counts()[Status.FAILED] == sum(len(names) // 3 for names in taken)
        assert audit(queue)


SUBMITTER = """
import os, signal, sys
from rinq.queue import PersistentQSQLite
queue = PersistentQSQLite(sys.argv[1])
for n in range(int(sys.argv[2])):
    queue.submit(f"job{n:07}")
    print(f"job{n:07}", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_submitted_job_survives_the_end_of_its_process(tmp_path):
    path = tmp_path / "rinq.db"
    child = _start(SUBMITTER, path, 1)
    said = child.communicate(timeout=60)[0].split()
    assert child.returncode == -9
    with PersistentQSQLite(path) as queue:
        assert [job.name for job in queue.jobs()] == said == ["job0000000"]
        assert audit(queue)


def test_every_job_whose_submit_returned_is_there_wherever_its_process_was_killed(tmp_path):
    path = tmp_path / "rinq.db"
    child = _start(SUBMITTER, path, 1_000_000)
    said = [child.stdout.readline().strip() for _ in range(random.Random(1).randint(20, 60))]
    child.kill()
    said += child.stdout.read().split()  # not communicate, which drops what was read ahead
    child.communicate()
    with PersistentQSQLite(path) as queue:
        names = [job.name for job in queue.jobs()]
        assert names[: len(said)] == said
        assert len(names) - len(said) in (0, 1)  # killed between the return and the word
        assert audit(queue)
