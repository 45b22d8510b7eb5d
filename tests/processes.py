"""Looking at the operating system's processes from outside."""

from __future__ import annotations

import psutil


def lives(pid):
    """Whether a process runs; one that has ended but was not waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
