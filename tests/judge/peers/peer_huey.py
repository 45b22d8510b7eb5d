"""huey on SQLite: a worker's ``dequeue``, and ``execute`` of a task that returns or raises."""

from __future__ import annotations

from huey import SqliteHuey

RETRIES = 2


class HueyPeer:
    def __init__(self, path):
        self.huey = SqliteHuey(filename=path)
        self.error = None

        @self.huey.task(retries=RETRIES)
        def work(name):
            if self.error is not None:
                raise RuntimeError(self.error)

        self.work = work

    def submit(self, name):
        self.work(name)

    def claim(self, process, lease):
        task = self.huey.dequeue()
        return task and Claim(task)

    def complete(self, claim):
        self.error = None
        self.huey.execute(claim.tasks.pop())

    def fail(self, claim, error, n_tries):
        self.error = error
        self.huey.execute(claim.tasks.pop())

    def reassign(self, process):
        """Nothing in huey does this: a task that was dequeued is stored nowhere."""

    def close(self):
        self.huey.storage.close()


class Claim:
    """A worker executes a task once: a second answer finds none, and is an error."""

    def __init__(self, task):
        self.tasks = [task]
        self.name = task.args[0]
