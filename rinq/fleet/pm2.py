"""A process file for pm2, which then starts, watches and restarts the roles itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rinq.config import Config
from rinq.queue.model import Role

FLEET = (
    (Role.PRODUCER, "producer-1"),
    (Role.CONSUMER, "consumer-1"),
    (Role.CONSUMER, "consumer-2"),
    (Role.CONSUMER, "consumer-3"),
    (Role.MANAGER, "manager-1"),
    (Role.CLEANER, "cleaner-1"),
)
KILL_TIMEOUT = 10_000  # ms that pm2 waits after SIGINT


def process_file(
    config: Config, fleet: Sequence[tuple[str, str]] = FLEET
) -> dict[str, list[dict[str, object]]]:
    """What ``pm2 start FILE.json`` takes: one application per role and name.

    ``interpreter: none`` matters: without it pm2 runs Python's files with node.
    """
    options = ["--config", str(config.file)] if config.file else []
    command = ["-P", "-c", "from rinq.cli import main; main()", "run"]
    return {
        "apps": [
            {
                "name": name,
                "script": sys.executable,
                "args": [*command, role, name, *options],
                "interpreter": "none",
                "cwd": str(config.folder),
                "kill_timeout": KILL_TIMEOUT,
            }
            for role, name in fleet
        ]
    }
