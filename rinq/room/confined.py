"""Which configs a room may open that is shown to others, on a web page."""

from __future__ import annotations

from pathlib import Path

from rinq.config import Config
from rinq.errors import ConfigError


def load_within(path: Path | str | None, folder: Path) -> Config:
    """The config at a path, where it and all that it names lie below a folder.

    Symbolic links and ``..`` are followed first; outside the folder nothing is read.

    Args:
        path: as in ``Config.load``.

    Raises:
        ConfigError.
    """
    _check("The config file", Path(path or "config.yaml"), folder)
    config = Config.load(path)
    _check("The config file's folder", config.folder, folder)
    _check("general.primary_path", config.primary_path, folder)
    _check("general.database", config.database, folder)
    return config


def _check(what: str, path: Path, folder: Path) -> None:
    try:
        below = path.expanduser().resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a loop of links, no such user, a null byte
        below = False
    if not below:
        raise ConfigError(
            f"{what} lies outside {folder}, and this page opens nothing else.",
            advice="Start 'rinq app' in a folder above it, or open it in JupyterLab.",
        )
