"""What the operating system tells of itself: its name, its boot, its clocks."""

from __future__ import annotations

import contextlib
import functools
import socket
import time
from pathlib import Path

from rinq.queue.clock import Moment

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PID_NAMESPACE = Path("/proc/self/ns/pid")


@functools.cache
def boot_id() -> str | None:
    """Which start of this system it is; None where it does not tell (it does on Linux)."""
    with contextlib.suppress(OSError):
        return _BOOT_ID.read_text("ascii").strip() or None
    return None


def moment() -> Moment:
    """What the system's clocks say now."""
    boot = boot_id()
    if boot is None or not hasattr(time, "CLOCK_BOOTTIME"):
        return Moment(time.time())
    return Moment(time.time(), boot, time.clock_gettime(time.CLOCK_BOOTTIME))


@functools.cache
def host() -> str:
    """This host: its name, its boot, and the namespace of its pids, where there are such.

    Containers may share name and boot; a pid means something only in its own namespace.
    """
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = str(_PID_NAMESPACE.readlink())
    return "/".join((socket.gethostname(), boot_id() or "", namespace))


def is_rebooted(other: str) -> bool:
    """Whether that was this host before it was started anew: nothing of then still runs."""
    name, boot, _ = host().split("/", 2)
    other_name, other_boot, *_ = [*other.split("/", 2), "", ""]
    return name == other_name and bool(boot and other_boot) and boot != other_boot
