"""Whose turn it is to write: two locks in files of their own beside the database."""

from __future__ import annotations

import contextlib
import os
import time

from rinq.regular import NOFOLLOW, PRIVATE

try:
    import fcntl
except ImportError:  # no such locks on this system
    fcntl = None  # type: ignore[assignment]

SUFFIXES = (".lock-next", ".lock-turn")
NEXT_PAUSE = 0.0005  # real seconds between two tries to be next …
TURN_PAUSE = 0.00002  # … and, once next, to have the turn
PATIENCE = 1.0  # real seconds that it may take
DISTRUST = 10.0  # real seconds without it, after it took longer


class FairLock:
    """Lets the processes of one database write in turn, so that none waits much longer.

    One lock is to be next, the other is the turn. It only makes SQLite's own lock fair and
    promises nothing: where somebody is stopped while holding one of them, the others soon do
    without. Never on the database file itself, since closing that drops SQLite's own locks.

    Args:
        path: of the database; nothing is locked without one, and where there is no ``flock``.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path if fcntl is not None else None
        self._files: list[int] = []
        self._distrusted_until = 0.0

    def acquire(self, *, alone: bool = False) -> None:
        """Wait for the turn; returns without it after ``PATIENCE``.

        Args:
            alone: nobody is next either, as long as it is held.
        """
        if self._path is None or time.monotonic() < self._distrusted_until or not self._open():
            return
        deadline = time.monotonic() + PATIENCE
        for file, pause in zip(self._files, (NEXT_PAUSE, TURN_PAUSE), strict=True):
            while not _try(file):
                if time.monotonic() > deadline:
                    self.release()
                    self._distrusted_until = time.monotonic() + DISTRUST
                    return
                time.sleep(pause)
        if not alone:
            fcntl.flock(self._files[0], fcntl.LOCK_UN)

    def release(self) -> None:
        for file in self._files:
            fcntl.flock(file, fcntl.LOCK_UN)

    def close(self) -> None:
        for file in self._files:
            os.close(file)
        self._files, self._path = [], None

    def _open(self) -> bool:
        if not self._files:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | NOFOLLOW
            with contextlib.suppress(OSError):
                for suffix in SUFFIXES:
                    self._files.append(os.open(f"{self._path}{suffix}", flags, PRIVATE))
            if len(self._files) < len(SUFFIXES):
                self.close()
        return bool(self._files)


def _try(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
