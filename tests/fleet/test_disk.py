"""A database on a network file system is warned about."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from rinq.fleet.disk import network_warning


@pytest.fixture
def mounts(monkeypatch):
    disks = [("/", "ext4"), ("/home", "nfs4"), ("/home/me/local", "xfs")]
    found = [SimpleNamespace(mountpoint=point, fstype=kind) for point, kind in disks]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: found)


@pytest.mark.parametrize("path", ["/rinq.db", "/homestead/rinq.db", "/home/me/local/a/rinq.db"])
def test_a_local_disk_is_not_warned_about(mounts, path):
    assert network_warning(Path(path)) is None


def test_a_network_file_system_is_named_with_what_to_do(mounts):
    warning = network_warning(Path("/home/me/rinq.db"))
    assert "(nfs4)" in warning
    assert "set general.database" in warning
