"""Opening regular files and nothing else: no waiting for a pipe, no link followed unasked."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # so that opening a pipe returns at once
BINARY = getattr(os, "O_BINARY", 0)
PRIVATE = 0o600  # only its owner may read or write it


def open_regular(path: Path, flags: int, *, follow: bool = False) -> int:
    """A descriptor of the regular file at this path.

    Args:
        flags: of ``os.open``.
        follow: also where the last part of the path is a symbolic link.

    Raises:
        OSError: also where something else is there, which is left as it is, and for a path
            that no system takes.
    """
    link = 0 if follow else NOFOLLOW
    try:
        descriptor = os.open(path, flags | link | NONBLOCK | BINARY, PRIVATE)
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error)) from error
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is no regular file")


def read_regular(path: Path, most: int) -> bytes:
    """The content of the file that a person names, links followed.

    Args:
        most: bytes that it may have.

    Raises:
        OSError: it cannot be read, is no regular file, or has more bytes.
    """
    with open(open_regular(path, os.O_RDONLY, follow=True), "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has over {most:,} bytes")
    return content
