"""Every error that rinq raises on purpose, as one tree.

    RinqError
    ├── ConfigError             the config file, a setting or a name is wrong
    ├── QueueError
    │   ├── InvalidName         not a job name
    │   ├── NameUsed            a job of this name was submitted before
    │   ├── UnknownJob          no job of this name
    │   ├── IllegalMove         the job's status does not allow this
    │   ├── StaleClaim          the claim was taken back, or ended otherwise
    │   └── DatabaseError
    │       ├── ForeignDatabase     not a rinq database, or of another version
    │       ├── CorruptDatabase     SQLite cannot make sense of the file
    │       ├── UsedArchive         not an archive of this queue
    │       ├── DatabaseReplaced    the file was deleted, or another is in its place
    │       ├── DatabaseInUse       cannot be migrated while a process works on it
    │       ├── SchemaChanged       another version of rinq has migrated it
    │       └── Unavailable *       locked too long, disk full, read-only …
    ├── FilesError
    │   ├── UnreadableFile      a job's file cannot be worked on
    │   ├── FileInTheWay        a file is where a new one should be made
    │   └── FilesUnavailable *  the folder cannot be written just now
    ├── WorkError               one execution of a handler did not succeed
    │   ├── HandlerFailed       it raised, exited, was killed, returned no text
    │   └── OutOfTime           it took longer than ``n_time``
    ├── HandlerNotFound         the configured handler cannot be imported
    ├── ExperimentError         a run of an experiment failed, or is in the way
    ├── CannotJudge             this class cannot be loaded or opened as a queue
    └── FleetError
        ├── AlreadyRunning      a process of this name is running
        ├── NotRunning          no process of this name is running
        ├── StartFailed         the process ended before it was ready
        └── WorkerUnavailable *  no process for the handler can be started just now

Those marked * are also ``TransientError``: a role that meets one waits and tries the
same step again. The first line of each class's docstring is its fixed
sentence; ``str(error)`` adds the particulars and what to do next (``ConfigError``
and ``WorkError`` leave the fixed sentence out). A cause is always chained
(``raise … from``).
"""

from __future__ import annotations


class RinqError(Exception):
    """rinq could not do this."""

    advice = ""

    def __init__(self, detail: str = "", *, advice: str | None = None) -> None:
        self.detail = detail
        if advice is not None:
            self.advice = advice
        super().__init__(detail)

    def __str__(self) -> str:
        sentence = (type(self).__doc__ or type(self).__name__).partition("\n")[0]
        if self.detail:
            sentence = f"{sentence.rstrip('.')}: {self.detail.rstrip('.')}."
        return f"{sentence} {self.advice}".rstrip()


class TransientError(RinqError):
    """This may succeed when it is tried again."""


class ConfigError(RinqError):
    """The configuration is wrong."""

    def __str__(self) -> str:
        return f"{self.detail} {self.advice}".rstrip()


class QueueError(RinqError):
    """The queue refused this."""


class InvalidName(QueueError, ValueError):
    """This is not a job name."""

    advice = "A job name is exactly 10 characters of A-Z, a-z, 0-9, _ and -."


class NameUsed(QueueError):
    """A job of this name was submitted before."""

    advice = "A name is used once for ever: choose a fresh one."


class UnknownJob(QueueError, LookupError):
    """There is no job of this name."""

    advice = "List them with 'rinq jobs'."


class IllegalMove(QueueError):
    """The job's status does not allow this."""

    advice = "The refusal is kept in the job's history."


class StaleClaim(QueueError):
    """This claim no longer holds the job."""

    advice = "Drop the work: whoever holds the job now will finish it."


class DatabaseError(QueueError):
    """The database cannot be used."""


class ForeignDatabase(DatabaseError):
    """This file is not a rinq database of this version."""

    advice = "Nothing was changed in it. Name another file in general.database."


class CorruptDatabase(DatabaseError):
    """SQLite cannot read this file as a database."""

    advice = "Nothing was changed in it. Restore a copy, or name another file in general.database."


class UsedArchive(DatabaseError):
    """This file is not an archive of this queue."""

    advice = "Nothing was moved. Name another file."


class DatabaseReplaced(DatabaseError):
    """A file of the database was deleted or replaced while it was open here."""

    advice = "Start this program again; -wal and -shm belong to the database, never alone."


class DatabaseInUse(DatabaseError):
    """The database is of an older version and cannot be migrated now."""

    advice = "Stop that process, then try again. Nothing was changed."


class SchemaChanged(DatabaseError):
    """The database was migrated by another version of rinq while it was open here."""

    advice = "Start this program again, with the version of rinq that migrated it."


class Unavailable(DatabaseError, TransientError):
    """The database cannot be used just now."""

    advice = "Nothing was lost; try again when the cause is gone."


class FilesError(RinqError):
    """The files of primary_path do not allow this."""


class UnreadableFile(FilesError):
    """The job's file cannot be worked on."""


class FileInTheWay(FilesError):
    """A file of this name is there already."""

    advice = "It was left as it is."


class FilesUnavailable(FilesError, TransientError):
    """The folder cannot be used just now."""

    advice = "Nothing was lost; check free space and permissions."


class WorkError(RinqError):
    """The execution of the handler did not succeed."""

    def __str__(self) -> str:
        return self.detail


class HandlerFailed(WorkError):
    """The handler failed."""


class OutOfTime(WorkError):
    """The handler ran out of time."""


class HandlerNotFound(RinqError):
    """The handler cannot be used."""

    advice = (
        "Name it as module:function; the module must be a file beside config.yaml or installed, "
        "not a notebook cell (write it with %%writefile)."
    )


class ExperimentError(RinqError):
    """The experiment could not go on."""

    advice = "What was run is kept: run it again to go on."


class CannotJudge(RinqError):
    """This queue cannot be judged."""

    advice = "Mend that and try again."


class FleetError(RinqError):
    """The process could not be handled as asked."""


class AlreadyRunning(FleetError):
    """A process of this name is running."""

    advice = "Stop it first, or choose another name."


class NotRunning(FleetError):
    """No process of this name is running."""

    advice = "List them with 'rinq ps'."


class StartFailed(FleetError):
    """The process ended before it was ready."""


class WorkerUnavailable(FleetError, TransientError):
    """No process for the handler can be started just now."""

    advice = "Nothing was lost; free what ran out: file descriptors, processes, memory, disk space."
