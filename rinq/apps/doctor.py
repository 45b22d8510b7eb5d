"""``rinq doctor``: checks whether this installation can work, and says what to do."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from packaging.requirements import Requirement

from rinq.apps.web_page import PORT, port_problem
from rinq.config import Config
from rinq.errors import RinqError
from rinq.fleet.disk import network_warning
from rinq.queue import open_queue

LEAST_FREE = 200 * 2**20  # bytes
OLDEST_SQLITE = (3, 37)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was checked; ``advice`` is empty where all is well."""

    what: str
    found: str
    advice: str = ""


def examine(config: Config) -> list[Diagnosis]:
    """Check versions, the notebook's kernel, the folder, the database, and the port."""
    checks: tuple[Callable[[Config], Iterator[Diagnosis]], ...] = (
        _versions,
        _kernel,
        _folder,
        _database,
        _port,
    )
    return [finding for check in checks for finding in check(config)]


def _versions(_: Config) -> Iterator[Diagnosis]:
    yield Diagnosis("Python", sys.version.split()[0])
    old = sqlite3.sqlite_version_info < OLDEST_SQLITE
    yield Diagnosis(
        "SQLite", sqlite3.sqlite_version, "rinq needs 3.37 or newer: use a newer Python." * old
    )
    wrong = []
    for line in importlib.metadata.requires("rinq") or ():
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        if not requirement.specifier.contains(version):
            wrong.append(f"{requirement.name} {version} is not {requirement.specifier}")
    advice = "Install them again: pip install -r requirements.txt" if wrong else ""
    yield Diagnosis("packages", ", ".join(wrong) or "as required", advice)


def _kernel(_: Config) -> Iterator[Diagnosis]:
    try:
        command = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        command = ""
    # a name without a folder means the Python that starts Jupyter
    runs = sys.executable if command in ("python", "python3", "") else shutil.which(command)
    same = runs is not None and os.path.realpath(runs) == os.path.realpath(sys.executable)
    advice = "" if same else "Notebooks would use another Python: open them with 'rinq lab'."
    yield Diagnosis("kernel", command or "this Python's own", advice)


def _folder(config: Config) -> Iterator[Diagnosis]:
    path = config.primary_path
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        advice = f"{error.strerror}: set general.primary_path to a folder of yours."
        yield Diagnosis("folder", str(path), advice)
        return
    free = shutil.disk_usage(existing).free
    advice = "" if free >= LEAST_FREE else "Little space is left: make room."
    yield Diagnosis("folder", f"{path}, {free / 2**30:.1f} GiB free", advice)


def _database(config: Config) -> Iterator[Diagnosis]:
    path: Path = config.database
    network = network_warning(path) or ""
    if not path.exists():
        yield Diagnosis("database", f"{path}, made at the first start", network)
        return
    try:
        with open_queue(config) as queue:
            jobs = sum(queue.counts().values())
    except RinqError as error:
        yield Diagnosis("database", str(path), str(error))
    else:
        yield Diagnosis("database", f"{path}, {jobs:,} jobs", network)


def _port(_: Config) -> Iterator[Diagnosis]:
    problem = port_problem("127.0.0.1", PORT)
    advice = f"{problem}: 'rinq app --port {PORT + 1}' takes another." if problem else ""
    yield Diagnosis("port", str(PORT), advice)
