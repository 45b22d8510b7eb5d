"""What the operating system says about itself: its name, its boot, its clocks."""

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
    """The id of this boot of the system; None where the system gives none (Linux does)."""
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
    """Whether ``other``, as from ``host``, is this host before a reboot: its processes are gone."""
    name, boot, _ = host().split("/", 2)
    other_name, other_boot, *_ = [*other.split("/", 2), "", ""]
    return name == other_name and bool(boot and other_boot) and boot != other_boot
