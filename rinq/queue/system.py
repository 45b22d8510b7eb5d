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
_TIME_OFFSETS = Path("/proc/self/timens_offsets")


@functools.cache
def boot_id() -> str | None:
    """The id of this boot of the system; None where the system gives none (Linux does)."""
    with contextlib.suppress(OSError):
        return _BOOT_ID.read_text("ascii").strip() or None
    return None


@functools.cache
def boot_offset() -> float:
    """By how many seconds the time since boot is shifted in this container (Linux only).

    The offset of its time namespace; with it, queue time and the start times of processes
    would differ from those of processes outside.
    """
    with contextlib.suppress(OSError):
        for line in _TIME_OFFSETS.read_text("ascii").splitlines():
            clock, seconds, nanoseconds = line.split()
            if clock == "boottime":
                return int(seconds) + int(nanoseconds) / 1e9
    return 0.0


def moment() -> Moment:
    """What the system's clocks say now."""
    boot = boot_id()
    if boot is None or not hasattr(time, "CLOCK_BOOTTIME"):
        return Moment(time.time())
    since_boot = time.clock_gettime(time.CLOCK_BOOTTIME) - boot_offset()
    return Moment(time.time(), boot, since_boot)


@functools.cache
def host() -> str:
    """This host: its name, its boot, and the namespace of its pids, where there are such.

    Containers may share name and boot; a pid means something only in its own namespace.
    """
    namespace = ""
    with contextlib.suppress(OSError):
        namespace = str(_PID_NAMESPACE.readlink())
    return "/".join((socket.gethostname(), boot_id() or "", namespace))


def is_here(other: str) -> bool:
    """Whether ``other``, as from ``host``, is this host, also under another name."""
    _, boot, namespace = host().split("/", 2)
    return other == host() or bool(boot and namespace and other.endswith(f"/{boot}/{namespace}"))


def is_rebooted(other: str) -> bool:
    """Whether ``other``, as from ``host``, is this host before a reboot: its processes are gone."""
    name, boot, _ = host().split("/", 2)
    other_name, other_boot, *_ = [*other.split("/", 2), "", ""]
    return name == other_name and bool(boot and other_boot) and boot != other_boot
