"""pm2 runs the roles from the file that ``rinq pm2`` prints."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rinq.config import Config
from rinq.fleet.fleet import Fleet
from rinq.fleet.pm2 import FLEET, process_file
from rinq.queue import Status
from rinq.queue.liveness import State

LOCAL = Path(sys.prefix) / "node_modules" / ".bin"  # where the checks install it
PM2 = shutil.which("pm2", path=os.pathsep.join([str(LOCAL), os.environ.get("PATH", "")]))


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("general: {primary_path: jobs, speed: 50}\n")
    return Config.load(file)


def test_every_application_runs_without_an_interpreter(config):
    apps: Any = process_file(config)["apps"]
    assert [(app["args"][-4], app["name"]) for app in apps] == [(str(r), n) for r, n in FLEET]
    assert {app["interpreter"] for app in apps} == {"none"}
    assert all(app["args"][-1] == str(config.file) for app in apps)


@pytest.mark.skipif(PM2 is None, reason="pm2 was not found: npm install --prefix .venv pm2")
def test_the_real_pm2_runs_a_fleet_and_stops_it(config, tmp_path, eventually):
    environment = os.environ | {"PM2_HOME": str(tmp_path / "pm2")}

    def pm2(*arguments):
        subprocess.run([PM2, *arguments], env=environment, check=True, capture_output=True)

    file = tmp_path / "fleet.json"
    file.write_text(json.dumps(process_file(config)))
    fleet = Fleet(config)
    try:
        pm2("start", str(file))
        with fleet.queue() as queue:
            eventually(lambda: queue.counts()[Status.PROCESSED] >= 3, timeout=60)
        running = {name: State.RUNNING for _, name in FLEET}  # the last may be starting
        eventually(lambda: {it.name: it.state for it in fleet.processes()} == running)
        pm2("stop", "all")
        assert {process.state for process in fleet.processes()} == {State.STOPPED}
    finally:
        pm2("kill")
