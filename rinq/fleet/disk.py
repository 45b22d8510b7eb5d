"""Whether a path lies on a disk of this machine, as SQLite's write-ahead log needs."""

from __future__ import annotations

from pathlib import Path

import psutil

NETWORK = frozenset(
    {"9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "lustre", "nfs", "nfs4"}
    | {"smb3", "smbfs", "drvfs"}
)


def network_warning(path: Path) -> str | None:
    """A warning, if this path lies on a network file system; else None."""
    lies_in = [path.absolute(), *path.absolute().parents]
    mounted = {Path(disk.mountpoint): disk.fstype for disk in psutil.disk_partitions(all=True)}
    kind = next((mounted[folder] for folder in lies_in if folder in mounted), "")
    if kind.lower() not in NETWORK:
        return None
    return (
        f"{path} lies on a network file system ({kind}), where SQLite's locks and log cannot be "
        "trusted: set general.database to a file on a local disk."
    )
