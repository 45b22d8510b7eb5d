"""The learner's own copy of the notebooks, and JupyterLab on it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
from jupyterlab.labapp import LabApp

from rinq.config import Config
from rinq.errors import ConfigError

SOURCE = Path(__file__).parents[2] / "notebooks"
COPY = "my-notebooks"
FIRST = "00_control_room.ipynb"
CONFIG_VARIABLE = "RINQ_CONFIG"


def copy_notebooks(folder: Path) -> Path:
    """Copy the notebooks, outputs cleared, to ``my-notebooks``; existing files stay as they are.

    Returns:
        The copy's folder.

    Raises:
        ConfigError: rinq was installed without its notebooks.
    """
    if not SOURCE.is_dir():
        raise ConfigError("The notebooks were not found: install rinq with 'pip install -e .'.")
    target = folder / COPY
    for path in sorted(SOURCE.rglob("*")):
        copy = target / path.relative_to(SOURCE)
        if not path.is_file() or copy.exists() or ".ipynb_checkpoints" in path.parts:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".ipynb":
            _copy_cleared(path, copy)
        else:
            shutil.copyfile(path, copy)
    return target


def open_lab(config: Config, *, browser: bool, port: int) -> None:
    """Be JupyterLab, on this machine only, until it ends: a signal to this process reaches it."""
    folder = copy_notebooks(config.folder)
    if config.file is not None:
        os.environ[CONFIG_VARIABLE] = str(config.file)
    arguments = [str(folder / FIRST), "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    arguments += [] if browser else ["--no-browser"]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        arguments.append("--allow-root")  # as in many containers; it answers this machine only
    LabApp.launch_instance(arguments)


def _copy_cleared(source: Path, target: Path) -> None:
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, target)
